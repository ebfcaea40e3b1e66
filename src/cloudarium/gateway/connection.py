"""One HTTP/1.1 connection, for uvicorn's server: from its bytes straight to the application and back.

ASGI's message dictionaries and the tasks around them cost as much as a small call itself. This speaks to the same
application (app.py), which still answers by ASGI for any other server. Parsing is httptools' (Node's own parser).
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Coroutine, Mapping
from contextlib import aclosing
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import httptools

from cloudarium.gateway.app import SMALL_BODY, App, ClientGone, header_value
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.shared.web import BODILESS

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState

log = logging.getLogger("cloudarium")

_MOST_HEAD = 64 * 1024  # bytes of a request's line and headers
_READ_AHEAD = 256 * 1024  # bytes of a body that wait for their reader before the client has to
_MOST_WAITING = 16  # requests that a client may send ahead of their answers
_IDLE = 75.0  # seconds without a byte after which a connection is closed
_PATIENCE = 5.0  # seconds that a client has to read an answer to a request that it is still sending
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in http.HTTPStatus}


class Exchange:
    """One request on a connection and what is known of its body so far."""

    __slots__ = ("complete", "expects", "keep_alive", "parts", "request", "size", "wake")

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.parts: deque[bytes] = deque()
        self.size = 0  # of what waits in parts
        self.complete = False
        self.keep_alive = True
        self.expects = False  # the client waits for "100 Continue" before it sends the body
        self.wake: asyncio.Event | None = None  # of the reader of a streamed body


class Connection(asyncio.Protocol):
    """Reads requests, has them answered one after the other, and writes each answer in as few pieces as it can."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        assert isinstance(config.app, App)
        self.app = config.app
        self.loop = _loop or asyncio.get_event_loop()
        self.server = server_state
        self.parser = httptools.HttpRequestParser(self)
        self.waiting: deque[Exchange] = deque()  # complete heads whose turn has not come
        self.answering: Exchange | None = None
        self.arriving: Exchange | None = None
        self.closing = False  # no further request is taken
        self.gone = False
        self.paused = False  # whether the client has to wait before it sends more
        self.drained: asyncio.Event | None = None  # set while the transport takes more
        self.head_size = 0
        self.last_byte = self.loop.time()
        self.url = b""
        self.headers: dict[str, str] = {}
        self.looked_at: object = None  # the headers of the request that was there when idleness was last looked for

    # ---- The transport's side ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if isinstance(peer, tuple) else ""
        self.scheme = "https" if transport.get_extra_info("sslcontext") is not None else "http"
        secured = transport.get_extra_info("ssl_object")
        self.tls = str(secured.version()).removeprefix("TLSv") if secured is not None else ""
        self.server.connections.add(self)  # type: ignore[arg-type]
        self.idle = self.loop.call_later(_IDLE, self._close_when_idle)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone: whoever reads its body or writes to it learns so."""
        self.gone = True
        self.idle.cancel()
        self.waiting.clear()
        self.server.connections.discard(self)
        for exchange in (self.answering, self.arriving):
            if exchange is not None and exchange.wake is not None:
                exchange.wake.set()
        if self.drained is not None:
            self.drained.set()

    def data_received(self, data: bytes) -> None:
        """Bytes of one or more requests."""
        self.last_byte = self.loop.time()
        if self.closing:
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.closing = True  # nothing here speaks another protocol; the request itself is answered
        except httptools.HttpParserError:
            self._refuse(400)

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        self.drained = asyncio.Event()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self.drained is not None:
            self.drained.set()
            self.drained = None

    def shutdown(self) -> None:
        """The server stops: what is being answered is finished, no further request is taken."""
        self.closing = True
        self.app.cloud.bells.stop()
        if self.answering is None:
            self.transport.close()

    def _close_when_idle(self) -> None:
        """Close when nothing came for long, or when all that came belongs to one request that does not end."""
        rest = self.last_byte + _IDLE - self.loop.time()
        is_same, self.looked_at = self.looked_at is self.headers, self.headers
        exchange = self.answering
        if exchange is None:
            if rest <= 0 or is_same:
                self.transport.close()
                return
        elif not exchange.complete and not self.paused and rest <= 0:  # its body stopped coming
            self.transport.abort()
            return
        self.idle = self.loop.call_later(rest if rest > 0 else _IDLE, self._close_when_idle)

    def _refuse(self, status: int) -> None:
        """Answer what is no request and close; while another is answered, its answer is the last."""
        self.closing = True
        if self.answering is None:
            line = _STATUS_LINES[status]
            self.transport.write(line + b"content-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    # ---- The parser's side ------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        self.url, self.headers, self.head_size = b"", {}, 0

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self.url += url
        self.head_size += len(url)
        if self.head_size > _MOST_HEAD:
            self._refuse_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that is sent again is joined to the first."""
        key = _NAMES.get(name) or _name_of(name)
        headers = self.headers
        if key in headers:
            headers[key] = f"{headers[key]},{value.decode('latin-1')}"
        else:
            headers[key] = value.decode("latin-1")
        self.head_size += len(name) + len(value)
        if self.head_size > _MOST_HEAD:
            self._refuse_head()

    def _refuse_head(self) -> None:
        if not self.closing:
            self._refuse(431)

    def on_headers_complete(self) -> None:
        """The head is whole: a small body is waited for, a larger one is streamed to whoever answers."""
        if self.closing:
            return
        path, _, query = self.url.decode("latin-1").partition("?")
        if not path.startswith("/"):
            path = _path_of(path)
        headers, parser = self.headers, self.parser
        method = parser.get_method().decode("latin-1")
        request = HttpRequest(method, path, query, headers, peer=self.peer, scheme=self.scheme, client=self)
        if self.tls:
            request.tls = self.tls
        exchange = self.arriving = Exchange(request)
        exchange.keep_alive = parser.should_keep_alive() and parser.get_http_version() == "1.1"
        exchange.expects = "expect" in headers and headers["expect"].lower() == "100-continue"
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or len(length) > 5 or int(length) > SMALL_BODY:
            request.stream = self._stream(exchange)
            self._next(exchange)
        elif exchange.expects and self.answering is None:
            self._continue(exchange)

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        exchange = self.arriving
        if exchange is None:
            return
        exchange.parts.append(data)
        exchange.size += len(data)
        if exchange.wake is not None:
            exchange.wake.set()
        if exchange.request.stream is not None and exchange.size > _READ_AHEAD:
            self._pause_reading()

    def on_message_complete(self) -> None:
        """The request is whole."""
        exchange, self.arriving = self.arriving, None
        if exchange is None:
            return
        exchange.complete = True
        if exchange.request.stream is None:
            parts = exchange.parts
            exchange.request.body = parts[0] if len(parts) == 1 else b"".join(parts)
            self._next(exchange)
        elif exchange.wake is not None:
            exchange.wake.set()

    # ---- One answer after the other ---------------------------------------------------------------------------------

    def _pause_reading(self) -> None:
        if not self.paused:
            self.paused = True
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        if self.paused and not self.gone:
            self.paused = False
            self.transport.resume_reading()

    def _next(self, exchange: Exchange) -> None:
        if self.answering is not None or self.waiting:
            self.waiting.append(exchange)
            if len(self.waiting) >= _MOST_WAITING:
                self._pause_reading()
            return
        self._begin(exchange)

    def _begin(self, exchange: Exchange) -> None:
        self.answering = exchange
        self.server.total_requests += 1
        if exchange.complete:
            self._answer_at_once(exchange)
        else:
            self._wait_for(self._answer(exchange, self._ask(exchange)))

    def _wait_for(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self.server.tasks.add(task)
        task.add_done_callback(self.server.tasks.discard)

    def _answer_at_once(self, exchange: Exchange) -> None:
        """Most calls wait for nothing, so they need no task."""
        try:
            answer = self.app.answer(exchange.request)
            if not isinstance(answer, HttpResponse):
                self._wait_for(self._answer(exchange, answer))
                return
            if not isinstance(answer.body, bytes):
                self._wait_for(self._answer(exchange, _already(answer)))
                return
            self._write_whole(exchange, answer, answer.body)
        except Exception:
            self._cut_off(exchange)
        self._done(exchange)

    async def _ask(self, exchange: Exchange) -> HttpResponse:
        answer = self.app.answer(exchange.request)
        return answer if isinstance(answer, HttpResponse) else await answer

    async def _answer(self, exchange: Exchange, answer: Awaitable[HttpResponse]) -> None:
        try:
            await self._write(exchange, await answer)
        except ClientGone:
            pass
        except Exception:
            self._cut_off(exchange)
        self._done(exchange)

    def _cut_off(self, exchange: Exchange) -> None:
        """After the head of an answer there is no other way to tell."""
        log.exception("the answer to %s %s was cut off", exchange.request.method, exchange.request.path)
        self.transport.abort()

    def _done(self, exchange: Exchange) -> None:
        self.answering = None
        if self.gone:
            return
        if not exchange.complete:
            self._leave_politely()
        elif self.closing or not exchange.keep_alive:
            self.closing = True  # what came along behind it is not taken
            self.transport.close()
        else:
            self._resume_reading()  # the last piece of a body may have paused it
            if self.waiting:
                self.loop.call_soon(self._next_in_line)  # one may have sent thousands ahead: others have their turn

    def _next_in_line(self) -> None:
        if self.waiting and self.answering is None:
            self._begin(self.waiting.popleft())

    def _leave_politely(self) -> None:
        """The client still sends a body that nobody wants: closing now would reset it before it has read the answer."""
        self.closing = True  # what still comes is thrown away
        self._resume_reading()
        with contextlib.suppress(OSError):  # it may have gone in this very moment
            if self.transport.can_write_eof():
                self.transport.write_eof()
        self.loop.call_later(_PATIENCE, self.transport.close)

    def _continue(self, exchange: Exchange) -> None:
        exchange.expects = False
        self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _stream(self, exchange: Exchange) -> AsyncIterator[bytes]:
        if exchange.expects and not exchange.complete:
            self._continue(exchange)
        exchange.wake = asyncio.Event()
        while True:
            while exchange.parts:
                part = exchange.parts.popleft()
                exchange.size -= len(part)
                if exchange.size <= _READ_AHEAD:
                    self._resume_reading()
                yield part
            if exchange.complete:
                return
            if self.gone:
                raise ClientGone
            exchange.wake.clear()
            await exchange.wake.wait()

    async def _write(self, exchange: Exchange, response: HttpResponse) -> None:
        body = response.body
        if isinstance(body, bytes):
            self._write_whole(exchange, response, body)
            return
        bodiless = exchange.request.method == "HEAD" or response.status in BODILESS
        head = self._head(response, None, self._closes_after(exchange))
        chunked = b"\r\ntransfer-encoding: chunked\r\n" in head
        async with aclosing(body) as chunks:  # type: ignore[type-var]
            if not self.transport.is_closing():  # else the first chunk tells who makes them, which has to end
                self.transport.write(head)
            if not bodiless:
                async for chunk in chunks:
                    await self._write_chunk(chunk, chunked)
        if chunked and not bodiless:
            self._still_there()
            self.transport.write(b"0\r\n\r\n")

    def _write_whole(self, exchange: Exchange, response: HttpResponse, body: bytes) -> None:
        head = self._head(response, len(body), self._closes_after(exchange))
        bodiless = exchange.request.method == "HEAD" or response.status in BODILESS
        self.transport.write(head if bodiless else head + body)

    def _closes_after(self, exchange: Exchange) -> bool:
        return self.closing or not exchange.keep_alive or not exchange.complete

    def _still_there(self) -> None:
        """Raise ClientGone when nobody reads on; the transport knows it before it calls connection_lost."""
        if self.gone or self.transport.is_closing():
            raise ClientGone

    async def _write_chunk(self, chunk: bytes, chunked: bool) -> None:
        if not chunk:
            return
        self._still_there()
        self.transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)
        if self.drained is not None:
            await self.drained.wait()
        if self.gone:
            raise ClientGone

    def _head(self, response: HttpResponse, length: int | None, close: bool) -> bytes:
        headers, status = response.headers, response.status
        lines = [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"set-cookie: {cookie}" for cookie in response.cookies]
        text = "".join(lines)
        if status not in BODILESS and not _tells_length(headers):
            lines.append("transfer-encoding: chunked" if length is None else f"content-length: {length}")
        if close:
            lines.append("connection: close")
        if text.isascii() and "\r" not in text and "\n" not in text:
            told = "\r\n".join(lines).encode()
        else:
            told = b"\r\n".join(map(header_value, lines))
        first = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\n".encode()
        return b"%b%b%b\r\n\r\n" % (first, _date(int(self.app.cloud.clock.machine_now())), told)


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return b"date: %b\r\n" % formatdate(second, usegmt=True).encode()


_NAMES: dict[bytes, str] = {}  # a client sends the same names again and again
_MOST_NAMES = 1024


def _name_of(name: bytes) -> str:
    known = name.decode("latin-1").lower()
    if len(_NAMES) < _MOST_NAMES and len(name) <= 64:
        _NAMES[name] = known
    return known


def _tells_length(headers: Mapping[str, str]) -> bool:
    if "content-length" in headers or "Content-Length" in headers:
        return True
    return any([len(name) == 14 and name.lower() == "content-length" for name in headers])


async def _already(response: HttpResponse) -> HttpResponse:
    return response


def _path_of(target: str) -> str:
    """The path of a request in absolute form (http://host/path); `/` where there is none, as for OPTIONS *."""
    _, scheme, rest = target.partition("://")
    slash = rest.find("/")
    return rest[slash:] if scheme and slash >= 0 else "/"
