"""HTTP requests that leave the cloud, guarded against addresses that nobody may reach through it.

Link-local addresses are never connected to: under them machines in data centres find their own credentials. The name
is resolved here and the resolved address is the one that is connected to, so no second answer of a name server counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

_LARGEST = 10 * 1024 * 1024
_METADATA = (ipaddress.ip_network("fd00:ec2::/32"), ipaddress.ip_network("169.254.0.0/16"))
_threads = ThreadPoolExecutor(max_workers=192, thread_name_prefix="http-backend")


class Forbidden(OSError):
    """The name leads to an address that is never connected to."""


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


async def fetch(
    method: str, url: str, headers: dict[str, str], body: bytes, seconds: float, thumbprints: Sequence[str] = ()
) -> Answer:
    """One HTTP request in a thread. Raises OSError (TimeoutError after `seconds`), HTTPException or ValueError.

    A server whose certificate has one of the `thumbprints` (SHA-1, hexadecimal) is trusted whoever signed it.
    """
    loop = asyncio.get_running_loop()
    opened: list[socket.socket] = []
    work = loop.run_in_executor(_threads, _fetch, method, url, headers, body, seconds, opened, thumbprints)
    try:
        return await asyncio.wait_for(work, seconds)
    finally:
        for connection in opened:  # a backend that drips its answer must not keep the thread
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _fetch(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    seconds: float,
    opened: list[socket.socket],
    thumbprints: Sequence[str],
) -> Answer:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an HTTP URL: {url}")
    path = quote(parts.path or "/", safe="/%~:@!$&'()*+,;=-._")
    connection = _opened(parts.scheme, parts.hostname, parts.port, seconds, thumbprints)
    try:
        opened.append(connection.sock)
        connection.request(method, f"{path}?{parts.query}" if parts.query else path, body or None, headers)
        response = connection.getresponse()
        content = response.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError("the backend's answer is larger than 10 MB")
        return Answer(response.status, response.getheaders(), content)
    finally:
        connection.close()


def _opened(
    scheme: str, host: str, port: int | None, seconds: float, thumbprints: Sequence[str]
) -> http.client.HTTPConnection:
    """A connection; over https to a server that an authority vouches for, or else one that a thumbprint names."""
    if scheme == "http":
        return _connected(http.client.HTTPConnection(host, port or 80, timeout=seconds))
    context = ssl.create_default_context()
    try:
        return _connected(http.client.HTTPSConnection(host, port or 443, timeout=seconds, context=context))
    except ssl.SSLCertVerificationError:
        if not thumbprints:
            raise
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = _connected(http.client.HTTPSConnection(host, port or 443, timeout=seconds, context=context))
    secured: Any = connection.sock
    own = hashlib.sha1(secured.getpeercert(True) or b"", usedforsecurity=False).hexdigest()
    if own not in {each.lower() for each in thumbprints}:
        connection.close()
        raise ssl.SSLCertVerificationError("no authority and no thumbprint vouches for the server's certificate")
    return connection


def _connected(connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
    connection._create_connection = _connect  # type: ignore[attr-defined]
    try:
        connection.connect()
    except BaseException:
        connection.close()
        raise
    return connection


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
