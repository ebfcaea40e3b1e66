"""The wire of one SMTP client: lines in, replies out, the data of a message, and the step to TLS; all bounded."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("cloudarium")

LONGEST_LINE = 2048  # bytes of a command; RFC 5321 wants 512, and AUTH's answers are longer
_FULL = 256 * 1024  # bytes that wait to be read before the client is held
_PATIENCE = 300.0  # seconds without a byte, by the machine's time: it is the machine's socket
_HANDSHAKE = 10.0
_END = b"\r\n.\r\n"


class Gone(Exception):
    """The client is not there any more."""


class TooLong(Exception):
    """A line is longer than any command."""


class Wire(asyncio.Protocol):
    """One connection; `converse` is what is done with it, and the connection ends when it returns.

    `secured` makes TLS to stand between the socket and what it is given a maker of: that one's `connection_made` is
    called when the handshake is done. A wire that begins with TLS is made so from the start.
    """

    def __init__(
        self,
        converse: Callable[[Wire], Awaitable[None]],
        secured: Callable[[Callable[[], Wire]], asyncio.Protocol],
    ) -> None:
        self._converse = converse
        self._secured = secured
        self._handshake: asyncio.Future[None] | None = None
        self._buffer = bytearray()
        self._news = asyncio.Event()
        self._ended = False
        self._paused = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.secure = False
        self.peer = ""

    # ---- The socket's side ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there, or the connection with it is secured now."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.secure = transport.get_extra_info("sslcontext") is not None
        if self._handshake is not None:
            self._handshake.set_result(None)
            return
        self.peer = (transport.get_extra_info("peername") or ("",))[0]
        self._task = asyncio.create_task(self._run(), name="smtp")

    def data_received(self, data: bytes) -> None:
        """Bytes arrive."""
        self._buffer += data
        if len(self._buffer) > _FULL and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        """The client says no more; it is answered what it has asked."""
        self._ended = True
        self._news.set()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone."""
        self._ended = True
        self._news.set()
        self._writable.set()

    def pause_writing(self) -> None:
        """The client does not read what it is told."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It reads again."""
        self._writable.set()

    # ---- The session's side -----------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            await self._converse(self)
        except (Gone, ConnectionError):
            pass
        except TimeoutError:
            with contextlib.suppress(Exception):
                self._transport.write(b"451 Timeout waiting for data from client.\r\n")
        except Exception:
            log.exception("an SMTP session failed")
            with contextlib.suppress(Exception):
                self._transport.write(b"451 Temporary service failure.\r\n")
        finally:
            self._transport.close()

    async def _more(self) -> None:
        """Wait for bytes. Raises Gone when none will come, TimeoutError when none have come for long."""
        if self._ended:
            raise Gone
        self._news.clear()
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        await asyncio.wait_for(self._news.wait(), _PATIENCE)

    async def line(self) -> bytes:
        """The next line without its end. Raises TooLong."""
        while True:
            end = self._buffer.find(b"\n")
            if end > LONGEST_LINE or (end < 0 and len(self._buffer) > LONGEST_LINE):
                raise TooLong
            if end >= 0:
                found = bytes(self._buffer[: end + 1]).rstrip(b"\r\n")
                del self._buffer[: end + 1]
                return found
            await self._more()

    async def data(self, limit: int) -> bytes | None:
        """The data up to the line with a dot alone, without the dots that were stuffed; None for more than `limit`.

        Only CRLF ends that line: whoever takes less can be made to see two messages in one.
        """
        parts: list[bytes] = []
        held, size = b"\r\n", 0  # the end of the command's own line, behind which a dot may stand
        while True:
            window = held + bytes(self._buffer)
            self._buffer.clear()
            end = window.find(_END)
            if end >= 0:
                self._buffer += window[end + len(_END) :]
                parts.append(window[: end + 2])
                return None if size + end > limit else _unstuffed(parts)
            held, done = window[-(len(_END) - 1) :], window[: -(len(_END) - 1)]
            size += len(done)
            if size <= limit:
                parts.append(done)
            else:
                parts.clear()
                if size > 4 * limit:
                    raise Gone
            await self._more()

    async def say(self, *lines: str) -> None:
        """Answer; each of several lines but the last has its - already."""
        if self._transport.is_closing():
            raise Gone
        self._transport.write("".join(f"{line}\r\n" for line in lines).encode("ascii", "replace"))
        if not self._writable.is_set():
            await asyncio.wait_for(self._writable.wait(), _PATIENCE)

    async def start_tls(self) -> None:
        """Secure the connection. What came in the clear behind the command is dropped: anybody may have sent it."""
        self._buffer.clear()
        plain, self._handshake = self._transport, asyncio.get_running_loop().create_future()
        secured = self._secured(lambda: self)
        plain.set_protocol(secured)
        secured.connection_made(plain)
        await asyncio.wait_for(self._handshake, _HANDSHAKE)


def _unstuffed(parts: list[bytes]) -> bytes:
    return b"".join(parts).replace(b"\r\n.", b"\r\n")[2:]
