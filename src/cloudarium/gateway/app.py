"""The socket: our ASGI application, from bytes to a call and back."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from contextlib import aclosing
from typing import Any

from cloudarium.cloud import Cloud
from cloudarium.gateway import control, pipeline
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.ports import Ports
from cloudarium.shared.errors import AwsError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger("cloudarium")


class ClientGone(AwsError):
    """The client hung up amid its request, so that nobody but the journal reads an answer, or amid the answer."""

    code = "IncompleteBody"
    status = 400

    def __init__(self) -> None:
        super().__init__("The request body terminated unexpectedly")


class App:
    """One cloud as an ASGI application (https://asgi.readthedocs.io/en/latest/specs/www.html)."""

    def __init__(self, cloud: Cloud, ports: Ports | None = None) -> None:
        self.cloud = cloud
        self.ports = ports

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one connection's request, or go along with the server's start and stop."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    def answer(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Answer a request, for the cloud itself or a call on its way: at once, or once there is nothing to wait for.

        The awaitable raises ClientGone when the request's body breaks off.
        """
        if control.is_own(request):
            return control.answer(self.cloud, request)
        call = Call(self.cloud, request)
        waiting = pipeline.answer(call)
        if waiting is not None:
            return _answered(call, waiting)
        assert call.response is not None
        return call.response

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            kind = (await receive())["type"]
            if kind == "lifespan.startup":
                await self.cloud.start()
                if self.ports is not None:
                    await self.ports.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                if self.ports is not None:
                    await self.ports.close()
                await self.cloud.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        request = _request(scope)
        try:
            await _take_small_body(request, receive)
            answer = self.answer(request)
            response = answer if isinstance(answer, HttpResponse) else await answer
        except ClientGone:
            return
        await _respond(send, response, request.method)


async def _answered(call: Call, waiting: Awaitable[None]) -> HttpResponse:
    await waiting
    assert call.response is not None
    return call.response


def _request(scope: MutableMapping[str, Any]) -> HttpRequest:
    sent = scope["headers"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent}
    if len(headers) < len(sent):
        headers = _joined(sent)
    client = scope.get("client")
    return HttpRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        peer=client[0] if client else "",
        scheme=scope["scheme"],
    )


def _joined(sent: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers of which some were sent several times."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in sent:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


SMALL_BODY = 64 * 1024  # bytes of a body that is taken in before the call begins


async def _take_small_body(request: HttpRequest, receive: Receive) -> None:
    """A small body is nearly always here with its head: taking it at once spares every call a stream."""
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or len(length) > 5 or int(length) > SMALL_BODY:
        request.stream = _chunks(receive)
        return
    parts = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    request.body = parts[0] if len(parts) == 1 else b"".join(parts)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body = message.get("body", b"")
        if body:
            yield body
        if not message.get("more_body"):
            return


async def _respond(send: Send, response: HttpResponse, method: str) -> None:
    headers = [(name.encode("latin-1"), header_value(value)) for name, value in response.headers.items()]
    headers += [(b"set-cookie", header_value(cookie)) for cookie in response.cookies]
    body = response.body
    if isinstance(body, bytes):
        if "content-length" not in {name.lower() for name in response.headers} and response.status not in (204, 304):
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
        return
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    async with aclosing(body) as chunks:  # type: ignore[type-var]
        if method != "HEAD":
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def header_value(value: str) -> bytes:
    """A header's value as it goes over the wire; line ends cannot start another header."""
    if value.isascii() and value.isprintable():
        return value.encode()
    # A header must not be able to start another one; what is not latin-1 goes out as UTF-8, as S3 sends metadata.
    clean = value.replace("\r", "").replace("\n", " ")
    try:
        return clean.encode("latin-1")
    except UnicodeEncodeError:
        return clean.encode("utf-8", "replace")
