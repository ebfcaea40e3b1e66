"""The X-Ray daemon for programs on this machine; functions have one of their own (see lambda_/tracing.py).

It sends as whoever runs it, on AWS by its own credentials: here as the root of the account that exists at start, in the
default region. Segments come by UDP. What SDKs ask by HTTP, unsigned, is passed on in the same name, and so are spans
that exporters of OpenTelemetry send to /v1/traces, as to a collector.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httptools
import orjson

from cloudarium import model
from cloudarium.cloud import Cloud
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.protocols import codec
from cloudarium.policy.principal import Principal
from cloudarium.runtime.daemon import Daemon
from cloudarium.services.xray import doors
from cloudarium.shared.errors import AwsError
from cloudarium.traces import otlp

_LONGEST = 1024 * 1024  # bytes of a request
_TOGETHER = 50  # documents that are put at once
_MOST_WAITING = 16 * 1024 * 1024  # characters of documents
_PAUSE = 0.05  # seconds that a document waits for company
_PORT = re.compile(r":\d+$")
_OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]", "")


def xray_daemon_datagrams(cloud: Cloud) -> asyncio.DatagramProtocol:
    """Takes segments."""
    return Daemon(_Buffer(cloud).add)


def xray_daemon(cloud: Cloud) -> asyncio.Protocol:
    """Answers one client of the daemon's HTTP side."""
    return _Proxy(cloud)


async def _send(cloud: Cloud, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    parent = Call(cloud, None)
    parent.service, parent.operation_name = "xray", "Daemon"
    return await parent.send("xray", operation, given, as_=Principal.root(cloud.home.account))


class _Buffer:
    """Segments on their way; what comes faster than it can be put is lost, as with the daemon."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._texts: list[str] = []
        self._size = 0
        self._task: asyncio.Task[None] | None = None

    def add(self, text: str) -> None:
        """Take a document."""
        if self._size + len(text) <= _MOST_WAITING:
            self._texts.append(text)
            self._size += len(text)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._put(), name="xray daemon")

    async def _put(self) -> None:
        try:
            await asyncio.sleep(_PAUSE)
            while self._texts:
                some, self._texts = self._texts[:_TOGETHER], self._texts[_TOGETHER:]
                self._size -= sum(map(len, some))
                await _send(self._cloud, "PutTraceSegments", {"TraceSegmentDocuments": some})
        except AwsError:
            self._texts.clear()  # the journal has it
            self._size = 0
        finally:
            self._task = None


class _Proxy(asyncio.Protocol):
    """One client: requests as SDKs make them, one after the other."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._transport: asyncio.Transport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._parser = httptools.HttpRequestParser(self)
        self._begin()

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._target, self._body = b"", bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Read on."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._answer(400, {"message": "Bad request"}, last=True)

    def on_url(self, url: bytes) -> None:
        """The target has come, or a part of it."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header has come."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """A part of the body has come."""
        self._body += body
        if len(self._body) > _LONGEST:
            self._answer(413, {"message": "The request is too large"}, last=True)
            self._body.clear()

    def on_message_complete(self) -> None:
        """The request is whole."""
        method = self._parser.get_method().decode("latin-1")
        request = HttpRequest(method, self._target.decode("latin-1"), "", self._headers, bytes(self._body))
        self._begin()
        task = asyncio.get_running_loop().create_task(self._serve(request), name="xray daemon request")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, request: HttpRequest) -> None:
        if _PORT.sub("", request.host) not in _OWN_HOSTS or "origin" in request.headers:
            return self._answer(403, {"message": "Pages of the web are not served here"}, last=True)
        if request.method == "POST" and request.path == otlp.PATH:
            return await self._take_spans(request)
        service = model.service("xray")
        name = codec("rest-json").identify(service, request)
        try:
            given = orjson.loads(request.body or b"{}")
        except orjson.JSONDecodeError:
            given = None
        if name is None or not isinstance(given, dict):
            return self._answer(400, {"message": "No such request"})
        known = service.operations[name].input_members
        try:
            found = await _send(self._cloud, name, {key: value for key, value in given.items() if key in known})
        except AwsError as error:
            return self._answer(error.status or 400, {"message": error.message}, kind=error.code)
        return self._answer(200, found)

    async def _take_spans(self, request: HttpRequest) -> None:
        try:
            taken, refused = doors.read(request)
            texts = [one.text for one in taken]
            for at in range(0, len(texts), _TOGETHER):
                await _send(self._cloud, "PutTraceSegments", {"TraceSegmentDocuments": texts[at : at + _TOGETHER]})
        except AwsError as error:
            return self._answer(error.status or 400, {"message": error.message}, kind=error.code)
        kind, body = otlp.answer(request.headers, refused)
        self._write(200, body, {"content-type": kind})

    def _answer(self, status: int, value: dict[str, Any], kind: str = "", last: bool = False) -> None:
        headers = {"content-type": "application/json", **({"x-amzn-errortype": kind} if kind else {})}
        self._write(status, orjson.dumps(value), headers, last)

    def _write(self, status: int, body: bytes, headers: dict[str, str], last: bool = False) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        head = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
        head.append(f"content-length: {len(body)}")
        self._transport.write("\r\n".join([*head, "", ""]).encode() + body)
        if last:
            self._transport.close()
