"""HTTP backends: requests that leave the cloud, guarded against addresses that nobody may reach through it.

Link-local addresses are never connected to: under them machines in data centres find their own credentials. The name
is resolved here and the resolved address is the one that is connected to, so no second answer of a name server counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import ipaddress
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from cloudarium.services.apigatewayv2.rules.responses import Outgoing
from cloudarium.services.apigatewayv2.serving.functions import fill
from cloudarium.services.apigatewayv2.serving.visit import Refused, Visit

_LARGEST = 10 * 1024 * 1024
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding")
    + ("upgrade", "host", "content-length")
)
_METADATA = (ipaddress.ip_network("fd00:ec2::/32"), ipaddress.ip_network("169.254.0.0/16"))
_threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="http-backend")


class Forbidden(OSError):
    """The name leads to an address that is never connected to."""


class Answer(NamedTuple):
    """What a backend answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


async def proxy(visit: Visit, integration: dict[str, Any]) -> Outgoing:
    """Send the request on to the integration's URL; its answer as a response. Raises Refused."""
    uri = fill(integration["IntegrationUri"], visit.place.stage.variables)
    for name, value in visit.match.variables.items():
        filled = quote(value, safe="/~:@!$&'()*+,;=")
        uri = uri.replace(f"{{{name}}}", filled).replace(f"{{{name}+}}", filled)
    method = integration["IntegrationMethod"]
    assert visit.call.request is not None
    if visit.query:
        uri += ("&" if "?" in uri else "?") + visit.query
    seconds = integration["TimeoutInMillis"] / 1000
    try:
        answer = await fetch(
            visit.method if method == "ANY" else method, uri, _headers(visit), visit.call.request.body, seconds
        )
    except TimeoutError as error:
        raise Refused(503, "Endpoint request timed out") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Refused(503 if not isinstance(error, Forbidden) else 500, f"Network error: {error}") from error
    visit.log["integration.status"] = answer.status
    response = Outgoing(answer.status, {}, answer.body)
    for name, value in answer.headers:
        name = name.lower()
        if name == "set-cookie":
            response.cookies.append(value)
        elif name not in _HOP_BY_HOP:
            response.headers[name] = f"{response.headers[name]},{value}" if name in response.headers else value
    return response


def _headers(visit: Visit) -> dict[str, str]:
    assert visit.call.request is not None
    headers = {name: value for name, value in visit.headers.items() if name not in _HOP_BY_HOP}
    for name in ("x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"):
        headers.pop(name, None)
    host = visit.headers.get("host", "")
    headers["forwarded"] = f"by=127.0.0.1;for={visit.call.request.peer};host={host};proto={visit.call.request.scheme}"
    headers["via"] = "HTTP/1.1 AmazonAPIGateway"
    return headers


async def fetch(method: str, url: str, headers: dict[str, str], body: bytes, seconds: float) -> Answer:
    """One HTTP request in a thread. Raises OSError (TimeoutError after `seconds`), HTTPException or ValueError."""
    loop = asyncio.get_running_loop()
    opened: list[socket.socket] = []
    work = loop.run_in_executor(_threads, _fetch, method, url, headers, body, seconds, opened)
    try:
        return await asyncio.wait_for(work, seconds)
    finally:
        for connection in opened:  # a backend that drips its answer must not keep the thread
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _fetch(
    method: str, url: str, headers: dict[str, str], body: bytes, seconds: float, opened: list[socket.socket]
) -> Answer:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an HTTP URL: {url}")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname, parts.port or 443, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=seconds)
    connection._create_connection = _connect  # type: ignore[attr-defined]
    path = quote(parts.path or "/", safe="/%~:@!$&'()*+,;=-._")
    try:
        connection.connect()
        opened.append(connection.sock)
        connection.request(method, f"{path}?{parts.query}" if parts.query else path, body or None, headers)
        response = connection.getresponse()
        content = response.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError("the backend's answer is larger than 10 MB")
        return Answer(response.status, response.getheaders(), content)
    finally:
        connection.close()


def _connect(address: tuple[str, int], timeout: float, source: Any = None) -> socket.socket:
    """A connection to the first address of the name that takes one, if no address of it is forbidden."""
    with contextlib.suppress(ValueError):  # a name, no address
        _check(str(ipaddress.ip_address(address[0])))
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    for *_, target in found:
        _check(str(target[0]))
    failure: OSError = OSError(f"{address[0]} has no address")
    for family, kind, protocol, _, target in found:
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(timeout)
        try:
            connection.connect(target)
            return connection
        except OSError as error:
            connection.close()
            failure = error
    raise failure


def _check(text: str) -> None:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    inside = any(address.version == network.version and address in network for network in _METADATA)
    if inside or address.is_link_local or address.is_multicast or address.is_unspecified:
        raise Forbidden(f"{address} is not reachable through an API")
