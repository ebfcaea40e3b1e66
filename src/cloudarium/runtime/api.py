"""The Lambda Runtime API: the small HTTP server that a function's process asks for events.

One `RuntimeApi` serves one execution environment on a port of its own, since the only thing a runtime is told is a
host and a port. The HTTP here is what the official runtime clients, curl and HTTP libraries send: keep-alive, bodies by
length or in chunks, `Expect: 100-continue`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from cloudarium.runtime.spec import Invocation
from cloudarium.runtime.streams import ResponseStream
from cloudarium.traces import otlp

RESPONSE_LIMIT = 6 * 1024 * 1024 + 100  # AWS's 6 MB, as its error text spells it: 6291556 bytes
BODY_LIMIT = 64 * 1024 * 1024
HEAD_LIMIT = 65536
PREFIX = "/2018-06-01/runtime/"


@dataclass(slots=True)
class Answer:
    """What the runtime sent for an invocation or for its initialisation."""

    kind: str  # "response" | "error" | "init-error" | "too-large"
    body: bytes = b""
    error_type: str = ""


@dataclass(slots=True)
class _Request:
    """A request while it is read."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    trailers: dict[str, str] = field(default_factory=dict)
    stream: ResponseStream | None = None  # where its body goes as it comes
    too_large: bool = False


class RuntimeApi:
    """The server side of one environment. `on_ready` fires at each `next`, `on_answer` at each response or error.

    `on_segment` takes what becomes of spans that exporters of OpenTelemetry send.
    """

    def __init__(
        self, on_ready: Callable[[], None], on_answer: Callable[[Answer], None], on_segment: Callable[[str], None]
    ) -> None:
        self.on_ready = on_ready
        self.on_answer = on_answer
        self.on_segment = on_segment
        self.address = ""
        self._server: asyncio.Server | None = None
        self._waiting: _Connection | None = None
        self._connections: set[_Connection] = set()
        self._request_id = ""
        self._stream: ResponseStream | None = None

    async def start(self, listener: socket.socket | None = None) -> None:
        """Listen on a free port of the loopback interface, or on the socket that is given."""
        loop = asyncio.get_running_loop()
        if listener is None:
            self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        else:
            listener.setblocking(False)
            self._server = await loop.create_server(lambda: _Connection(self), sock=listener)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.abort()

    def give(self, invocation: Invocation, deadline: float) -> None:
        """Hand an event to the runtime, which must be waiting in `next`; `deadline` is real epoch seconds."""
        assert self._waiting is not None
        connection, self._waiting = self._waiting, None
        self._request_id = invocation.request_id
        self._stream = invocation.stream
        head = [
            "HTTP/1.1 200 OK",
            "Content-Type: application/json",
            f"Lambda-Runtime-Aws-Request-Id: {invocation.request_id}",
            f"Lambda-Runtime-Deadline-Ms: {int(deadline * 1000)}",
            f"Lambda-Runtime-Invoked-Function-Arn: {invocation.invoked_arn}",
        ]
        for name, value in (
            ("Trace-Id", invocation.trace_id),
            ("Client-Context", invocation.client_context),
            ("Cognito-Identity", invocation.cognito_identity),
        ):
            if value:
                head.append(f"Lambda-Runtime-{name}: {_one_line(value)}")
        head.append(f"Content-Length: {len(invocation.payload)}\r\n\r\n")
        connection.send("\r\n".join(head).encode("latin-1", "replace") + invocation.payload)

    @property
    def waiting(self) -> bool:
        """Is the runtime asking for an event?"""
        return self._waiting is not None

    def _serve(self, connection: _Connection, request: _Request, body: bytes) -> None:
        if request.path == otlp.PATH and request.method == "POST":
            return self._take_spans(connection, request, body)
        if not request.path.startswith(PREFIX):
            return connection.answer(404, {"errorMessage": "No such path.", "errorType": "InvalidPath"})
        path = request.path[len(PREFIX) :]
        if request.method == "GET" and path == "invocation/next":
            return self._next(connection)
        if request.method != "POST":
            return connection.answer(405, {"errorMessage": "Method not allowed.", "errorType": "MethodNotAllowed"})
        error_type = request.headers.get("lambda-runtime-function-error-type", "")
        if path == "init/error":
            if self._request_id or self._waiting is not None:
                text = "State transition is not allowed: the initialisation is over."
                return connection.answer(403, {"errorMessage": text, "errorType": "InvalidStateTransition"})
            connection.answer(202, {"status": "OK"})
            return self.on_answer(Answer("init-error", body, error_type))
        parts = path.split("/")
        error_type = request.trailers.get("lambda-runtime-function-error-type", error_type)
        if len(parts) != 3 or parts[0] != "invocation" or parts[2] not in ("response", "error"):
            return connection.answer(404, {"errorMessage": "No such path.", "errorType": "InvalidPath"})
        answer = Answer(parts[2], body, error_type)
        if request.too_large:
            answer = Answer("too-large", b"")
        elif request.trailers and error_type:  # the function failed while it streamed
            answer = Answer("error", _decoded(request), error_type)
        return self._finish(connection, parts[1], answer, request.stream is not None)

    def _take_spans(self, connection: _Connection, request: _Request, body: bytes) -> None:
        try:
            taken, refused = otlp.read(request.headers, body)
        except otlp.NoExport as error:
            return connection.answer(400, {"message": str(error)})
        for one in taken:
            self.on_segment(one.text)
        return connection.write(200, *otlp.answer(request.headers, refused))

    def _stream_of(self, request: _Request) -> ResponseStream | None:
        """Where a streamed response goes: to whoever invoked the function to have it so."""
        streaming = request.headers.get("lambda-runtime-function-response-mode", "").lower() == "streaming"
        if not streaming or request.path != f"{PREFIX}invocation/{self._request_id}/response" or self._stream is None:
            return None
        self._stream.begin(request.headers.get("content-type") or "application/octet-stream")
        return self._stream

    def _next(self, connection: _Connection) -> None:
        if self._waiting is not None and self._waiting is not connection:
            return connection.answer(403, {"errorMessage": "Already waiting.", "errorType": "InvalidStateTransition"})
        self._waiting = connection
        return self.on_ready()

    def _finish(self, connection: _Connection, request_id: str, answer: Answer, streamed: bool) -> None:
        if request_id != self._request_id:
            return connection.answer(400, {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"})
        self._request_id, self._stream = "", None
        if answer.kind == "too-large" or (len(answer.body) > RESPONSE_LIMIT and not streamed):
            text = f"Exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            connection.answer(413, {"errorMessage": text, "errorType": "RequestEntityTooLarge"})
            answer = Answer("too-large", str(len(answer.body)).encode())
        else:
            connection.answer(202, {"status": "OK"})
        return self.on_answer(answer)

    def _lost(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        if self._waiting is connection:
            self._waiting = None


def _decoded(request: _Request) -> bytes:
    """The error's JSON in a trailer, which comes in Base64."""
    try:
        return base64.b64decode(request.trailers.get("lambda-runtime-function-error-body", ""), validate=True)
    except ValueError:
        return b""


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


class _Connection(asyncio.Protocol):
    """One TCP connection of a runtime: reads requests, one after the other."""

    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        self.transport: asyncio.Transport | None = None
        self.data = bytearray()
        self.body = bytearray()  # what has come of a chunked body
        self.request: _Request | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.api._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.api._lost(self)

    def abort(self) -> None:
        """Drop the connection."""
        if self.transport is not None:
            self.transport.abort()

    def send(self, data: bytes) -> None:
        """Write raw bytes."""
        if self.transport is not None:
            self.transport.write(data)

    def answer(self, status: int, value: dict[str, str]) -> None:
        """Answer a request with JSON."""
        self.write(status, "application/json", json.dumps(value).encode())

    def write(self, status: int, kind: str, body: bytes) -> None:
        """Answer a request."""
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.send(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        self.data += data
        try:
            while self._advance():
                pass
        except ValueError:
            self.answer(400, {"errorMessage": "Bad request.", "errorType": "InvalidRequest"})
            if self.transport is not None:
                self.transport.close()

    def _advance(self) -> bool:
        """Take one step with what has come: a head or a whole body. False when more bytes are needed."""
        if self.request is None:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                if len(self.data) > HEAD_LIMIT:
                    raise ValueError("head too long")
                return False
            self.request = _parse_head(bytes(self.data[:end]))
            del self.data[: end + 4]
            self.request.stream = self.api._stream_of(self.request)
            if self.request.headers.get("expect", "").lower() == "100-continue":
                self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._body(self.request)
        if body is None:
            return False
        request, self.request = self.request, None
        self.api._serve(self, request, body)
        return bool(self.data)

    def _body(self, request: _Request) -> bytes | None:
        if "chunked" in request.headers.get("transfer-encoding", "").lower():
            return self._chunked(request)
        length = _length(request.headers.get("content-length") or "0")
        if len(self.data) < length:
            return None
        body = bytes(self.data[:length])
        del self.data[:length]
        if request.stream is not None:
            request.too_large = not request.stream.put(body)
            self._hold_back(request.stream)
            return b""
        return body

    def _chunked(self, request: _Request) -> bytes | None:
        """Take in the chunks that have come whole, each once; the body when its last chunk and trailers are here."""
        at = 0
        while (end := self.data.find(b"\r\n", at)) >= 0:
            size, start = _chunk_size(bytes(self.data[at:end])), end + 2
            if size == 0:
                rest = self._after_trailers(start)
                if rest is None:
                    break
                body, self.body = bytes(self.body), bytearray()
                request.trailers = _parse_lines(bytes(self.data[start:rest]).split(b"\r\n"))
                del self.data[:rest]
                return body
            if len(self.data) < start + size + 2:
                break
            if request.stream is not None:
                request.too_large |= not request.stream.put(bytes(self.data[start : start + size]))
                self._hold_back(request.stream)
            else:
                self.body += self.data[start : start + size]
            if len(self.body) > BODY_LIMIT:
                raise ValueError("body too long")
            at = start + size + 2
        del self.data[:at]
        if len(self.data) > BODY_LIMIT:
            raise ValueError("body too long")
        return None

    def _hold_back(self, stream: ResponseStream) -> None:
        """Have the runtime wait while whoever invoked does not keep up."""
        if stream.full and stream.on_room is None and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
            stream.on_room = self._go_on

    def _go_on(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _after_trailers(self, at: int) -> int | None:
        """Where the empty line after the trailers ends; None while it has not come."""
        first = at
        while (end := self.data.find(b"\r\n", at)) >= 0:
            if end == at:
                return end + 2
            at = end + 2
        if len(self.data) - first > HEAD_LIMIT:
            raise ValueError("trailers too long")
        return None


def _length(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 12 or int(text) > BODY_LIMIT:
        raise ValueError("no length, or too long")
    return int(text)


def _chunk_size(line: bytes) -> int:
    """The size in a chunk's first line; it must not lead backwards, as a negative one would."""
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 8 or digits.strip(b"0123456789abcdefABCDEF"):
        raise ValueError("no size of a chunk")
    return int(digits, 16)


def _parse_head(head: bytes) -> _Request:
    lines = head.split(b"\r\n")
    method, _, rest = lines[0].decode("latin-1").partition(" ")
    path = rest.partition(" ")[0].partition("?")[0]
    return _Request(method, path, _parse_lines(lines[1:]))


def _parse_lines(lines: list[bytes]) -> dict[str, str]:
    """Headers or trailers, by their names in lower case."""
    found = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            found[name.lower()] = value.strip()
    return found
