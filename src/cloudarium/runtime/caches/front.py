"""What clients of a cache connect to: tokens are looked into, and bytes go on to the server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple, cast

from cloudarium.runtime.caches.resp import Broken, Splitter, encode


class Pass(NamedTuple):
    """What a server takes for a client's password, and when the client's connection ends unless it shows a new one."""

    password: bytes
    until: float | None = None


Gate = Callable[[bytes, bytes], Awaitable[Pass | None]]  # user, password → what it is let in by; None: wrong
Stranger = Callable[[tuple[str, int], tuple[str, int]], bool]  # peer, own address → is it to be left without an answer
Backend = Callable[[], Awaitable[str]]
Secure = Callable[[Callable[[], asyncio.Protocol]], asyncio.BaseProtocol]
_TRIES, _PAUSE = 40, 0.05  # seconds
BROKEN = b"-ERR Protocol error\r\n"
NOBODY = encode([b"AUTH", b"\0nobody", b"\0"])  # what the server refuses in its own words


@dataclass(slots=True)
class Traffic:
    """What went through a front since it was made."""

    connections: int = 0
    opened: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    refused: int = 0  # authentications with a token or a user that the gate did not know
    ended: int = 0  # connections that showed no new token in time


class Front:
    """Takes connections for one server; `backend` gives its Unix socket, once it runs, or raises OSError.

    `secure` wraps what speaks with a client, so that TLS ends there. `gate` is asked about each AUTH and HELLO, so
    that credentials
    which the server itself cannot judge (IAM's tokens) become ones that it can. `stranger` says of a connection over
    the machine's loopback that it would not have come about; it is never answered.
    """

    def __init__(
        self, backend: Backend, secure: Secure | None = None, gate: Gate | None = None,
        stranger: Stranger | None = None,
    ) -> None:  # fmt: skip
        self.backend = backend
        self.secure = secure
        self.gate = gate
        self.stranger = stranger
        self.traffic = Traffic()
        self.asleep = False  # is the next command to be told to `wake`?
        self.wake: Callable[[], None] = lambda: None
        self.clients: set[_Client] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, address: str, port: int) -> tuple[str, int]:
        """Serve on an address of this machine's; where it listens. Raises OSError when it cannot."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self._speaker(on_loopback=True), address, port)
        where = self._server.sockets[0].getsockname()
        return where[0], where[1]

    def protocol(self) -> asyncio.BaseProtocol:
        """The server's side of one connection that the network has let through."""
        return self._speaker(on_loopback=False)

    def _speaker(self, on_loopback: bool) -> asyncio.BaseProtocol:
        if self.secure is None:
            return _Client(self, on_loopback)
        return self.secure(lambda: _Client(self, on_loopback))

    def ends(self) -> list[float]:
        """When connections end that came with a pass for a time."""
        return [client.until for client in self.clients if client.until is not None]

    def end(self, now: float) -> None:
        """End the connections whose time is over."""
        for client in list(self.clients):
            if client.until is not None and client.until <= now:
                self.traffic.ended += 1
                client.close()

    def drop(self) -> None:
        """End every connection; clients may connect anew."""
        for client in list(self.clients):
            client.close()

    def close(self) -> None:
        """Listen no more and end every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop()

    def spawn(self, work: Awaitable[None]) -> None:
        """Do something for a connection beside its reading."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class _Client(asyncio.Protocol):
    """A client's connection, joined with one to the server.

    What comes before they are joined, or while an authentication is looked into, is held back, so that all reaches the
    server in its order.
    """

    def __init__(self, front: Front, on_loopback: bool) -> None:
        self.front = front
        self.on_loopback = on_loopback
        self.transport: asyncio.Transport | None = None
        self.engine: _Engine | None = None
        self.splitter = Splitter() if front.gate is not None else None
        self.waits = True
        self.held = b""
        self.gone = False
        self.joined = False
        self.until: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connects."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are not of its class
        self.front.clients.add(self)
        if self.on_loopback and self.front.stranger is not None:
            peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
            if self.front.stranger(peer[:2], own[:2]):
                return
        self.joined = True
        self.front.traffic.opened += 1
        self.front.traffic.connections += 1
        self.front.spawn(self._join())

    async def _join(self) -> None:
        """Connect to the server; one that has just died is noticed, and then another is there."""
        loop = asyncio.get_running_loop()
        for _ in range(_TRIES):
            try:
                where = await self.front.backend()
            except OSError:
                break
            try:
                await loop.create_unix_connection(lambda: _Engine(self), where)
                return
            except OSError:
                await asyncio.sleep(_PAUSE)
        self.close()

    def go_on(self) -> None:
        """Pass on what was held back, and what comes from now on."""
        self.waits = False
        held, self.held = self.held, b""
        if held:
            self.data_received(held)
        if not self.waits:
            self.read(True)

    def data_received(self, data: bytes) -> None:
        """Commands."""
        engine = self.engine
        if self.waits or engine is None or engine.transport is None:
            self.held += data if self.joined else b""
            self.read(False)
            return
        self.front.traffic.bytes_in += len(data)
        if self.front.asleep:
            self.front.asleep = False
            self.front.wake()
        if self.splitter is None:
            engine.transport.write(data)
            return
        try:
            pieces = list(self.splitter.feed(data))
        except Broken:
            self.send(BROKEN)
            self.close()
            return
        if len(pieces) == 1 and isinstance(pieces[0], bytes):
            engine.transport.write(pieces[0])
        elif pieces:
            self.waits = True
            self.read(False)
            self.front.spawn(self._pass_on(engine, pieces))

    def read(self, on: bool) -> None:
        """Take bytes from the client, or leave them where they are."""
        if self.transport is not None and not self.gone:
            with contextlib.suppress(RuntimeError):  # it is closing
                self.transport.resume_reading() if on else self.transport.pause_reading()

    async def _pass_on(self, engine: _Engine, pieces: list[bytes | list[bytes]]) -> None:
        """Pass on what was read, in its order, with each authentication looked into."""
        for piece in pieces:
            raw = piece if isinstance(piece, bytes) else await self._judged(piece)
            if self.gone or engine.transport is None:
                return
            if raw is None:  # the server says so itself, since its answers to what came before must come first
                self.front.traffic.refused += 1
                raw = NOBODY
            engine.transport.write(raw)
        self.go_on()

    async def _judged(self, words: list[bytes]) -> bytes | None:
        """An AUTH or HELLO as the server is to see it; None when it must fail."""
        at = _credentials(words)
        if at is None or self.front.gate is None:
            return encode(words)
        user, password = (words[at], words[at + 1]) if len(words) > at + 1 else (b"default", words[at])
        found = await self.front.gate(user, password)
        if found is None:
            return None
        self.until = found.until
        return encode([*words[:at], user, found.password, *words[at + 2 :]])

    def send(self, data: bytes) -> None:
        """Bytes for the client."""
        if self.transport is not None and not self.gone:
            self.front.traffic.bytes_out += len(data)
            self.transport.write(data)

    def pause_writing(self) -> None:
        """The client reads slower than the server answers."""
        if self.engine is not None and self.engine.transport is not None:
            self.engine.transport.pause_reading()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self.engine is not None and self.engine.transport is not None:
            self.engine.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone."""
        if self.gone:
            return
        self.gone = True
        self.front.clients.discard(self)
        if self.joined:
            self.front.traffic.connections -= 1
        if self.engine is not None and self.engine.transport is not None:
            self.engine.transport.close()

    def close(self) -> None:
        """End the connection."""
        if self.transport is not None:
            self.transport.close()


class _Engine(asyncio.Protocol):
    """The connection to the server on behalf of a client."""

    def __init__(self, client: _Client) -> None:
        self.client = client
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The server has taken it."""
        self.transport = cast(asyncio.Transport, transport)
        self.client.engine = self
        if self.client.gone:
            self.transport.close()
        else:
            self.client.go_on()

    def data_received(self, data: bytes) -> None:
        """Answers."""
        self.client.send(data)

    def pause_writing(self) -> None:
        """The server reads slower than the client sends."""
        self.client.read(False)

    def resume_writing(self) -> None:
        """It has caught up."""
        if not self.client.waits:
            self.client.read(True)

    def connection_lost(self, error: Exception | None) -> None:
        """The server has closed it."""
        self.transport = None
        self.client.close()


def _credentials(words: list[bytes]) -> int | None:
    """Where the user (or, in an AUTH of one word, the password) stands; None when there is none."""
    if words[0].upper() == b"AUTH":
        return 1 if len(words) in (2, 3) else None
    for number, word in enumerate(words[2:], 2):
        if word.upper() == b"AUTH" and len(words) > number + 2:
            return number + 1
    return None
