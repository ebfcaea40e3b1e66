"""TLS on the port that also speaks plain HTTP: the first byte of a connection tells which.

The handshake and the records are OpenSSL's, over memory; the connection on top is the same as without TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState

    from cloudarium.gateway.connection import Connection

_HANDSHAKE = 0x16  # the first byte of a TLS connection, and of no HTTP request
_FIRST_BYTE = 75.0  # seconds that a client has until it says anything, as between two requests
_PATIENCE = 10.0  # seconds that a client has for its whole handshake
_PIECE = 256 * 1024


class Front(asyncio.Protocol):
    """Waits for the first byte of a connection, then hands it to plain HTTP or to TLS."""

    def __init__(self, make: Callable[[], Connection], server: ServerState, context: ssl.SSLContext) -> None:
        self.make = make
        self.server = server
        self.context = context

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there and has said nothing."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.server.connections.add(self)  # type: ignore[arg-type]
        self.idle = asyncio.get_running_loop().call_later(_FIRST_BYTE, self.transport.close)

    def data_received(self, data: bytes) -> None:
        """The first bytes: they go to whoever speaks so, and so do all that follow."""
        self._leave()
        speaker: asyncio.Protocol
        speaker = Secured(self.make, self.server, self.context) if data[0] == _HANDSHAKE else self.make()
        self.transport.set_protocol(speaker)
        speaker.connection_made(self.transport)
        speaker.data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        """The client left before it said anything."""
        self._leave()

    def shutdown(self) -> None:
        """The server stops."""
        self.transport.close()

    def _leave(self) -> None:
        self.idle.cancel()
        self.server.connections.discard(self)


class Secured(asyncio.Transport, asyncio.Protocol):
    """TLS between a socket's transport, whose protocol it is, and what is spoken inside, whose transport it is."""

    def __init__(self, make: Callable[[], asyncio.Protocol], server: ServerState, context: ssl.SSLContext) -> None:
        super().__init__()
        self.make = make
        self.server = server
        self.context = context
        self.arrived, self.leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.arrived, self.leaving, server_side=True)
        self.connection: asyncio.Protocol | None = None  # there is none before the handshake is done
        self.closed = False

    # ---- The socket's side ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client begins a handshake."""
        self.socket: asyncio.Transport = transport  # type: ignore[assignment]
        self.server.connections.add(self)  # type: ignore[arg-type]
        self.patience = asyncio.get_running_loop().call_later(_PATIENCE, self.abort)

    def data_received(self, data: bytes) -> None:
        """Bytes of the handshake or of records."""
        if self.closed:
            return
        self.arrived.write(data)
        try:
            if self.connection is None:
                self.tls.do_handshake()
                self._begin()
            self._read()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:  # no TLS, a name that is not ours, a client that does not trust us; OpenSSL tells it which
            self._flush()
            self.closed = True
            self.socket.close()

    def _begin(self) -> None:
        self._end_handshake()
        self._flush()
        self.connection = self.make()
        self.connection.connection_made(self)

    def _read(self) -> None:
        assert self.connection is not None
        while not self.closed:
            data = self.tls.read(_PIECE)
            if not data:  # the client says that it sends no more
                self.close()
                return
            self.connection.data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        """The socket is gone."""
        self.closed = True
        self._end_handshake()
        if self.connection is not None:
            self.connection.connection_lost(error)

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        if self.connection is not None:
            self.connection.pause_writing()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self.connection is not None:
            self.connection.resume_writing()

    def shutdown(self) -> None:
        """The server stops before the handshake is done."""
        self.abort()

    def _end_handshake(self) -> None:
        self.patience.cancel()
        self.server.connections.discard(self)

    def _flush(self) -> None:
        if self.leaving.pending:
            self.socket.write(self.leaving.read())

    # ---- The connection's side --------------------------------------------------------------------------------------

    def write(self, data: Any) -> None:
        """Send bytes as records."""
        if self.closed or not data:
            return
        view = memoryview(data)
        while view:
            view = view[self.tls.write(view) :]
        self._flush()

    def close(self) -> None:
        """Say goodbye, and close once all that was written is sent."""
        if self.closed:
            return
        self.closed = True
        with contextlib.suppress(ssl.SSLError):  # it waits for the client's goodbye, which we do not need
            self.tls.unwrap()
        self._flush()
        self.socket.close()

    def abort(self) -> None:
        """Close at once."""
        self.closed = True
        self.socket.abort()

    def is_closing(self) -> bool:
        """Whether no more is sent."""
        return self.closed or self.socket.is_closing()

    def pause_reading(self) -> None:
        """Take no more bytes from the socket."""
        self.socket.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes again."""
        self.socket.resume_reading()

    def can_write_eof(self) -> bool:
        """TLS ends both directions at once."""
        return False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection: `sslcontext` says that it is secured, the rest is the socket's."""
        own = {"sslcontext": self.context, "ssl_object": self.tls}
        return own[name] if name in own else self.socket.get_extra_info(name, default)


def front_of(context: ssl.SSLContext, connection: type[Connection]) -> Callable[..., Front]:
    """What uvicorn shall make for each client in place of a Connection, for a port that speaks both."""

    def make(
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> Front:
        return Front(lambda: connection(config, server_state, app_state, _loop), server_state, context)

    return make
