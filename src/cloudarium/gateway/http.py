"""The HTTP request and response as the gateway sees them: plain data, no web framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cloudarium.shared.passage import Passage


class Client(Protocol):
    """Whoever made a request: `gone` once he hung up."""

    gone: bool


@dataclass(slots=True)
class HttpRequest:
    """One HTTP request, its head read and its body either whole or still a stream.

    `path` is the raw percent-encoded path as it was sent (never decoded, no query); `query` the raw query string
    without `?`. `headers` has lower-case names; repeated headers are joined by `,`. `body` is the whole body for
    every operation but those with a streaming input, whose chunks come from `stream` (then `body` is empty).
    `sent_path` keeps the path that was signed when `path` was made path-style. `query_headers` names the headers that
    a presigned URL brought as parameters. `tls` is the version that an https request came by, such as 1.3. `digest` is
    the SHA-256 of a large body in hex, computed while it arrived.
    `client` is who waits for the answer, where that is known; `passage` how the request came out of a VPC.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: AsyncIterator[bytes] | None = None
    sent_path: str = ""
    peer: str = "127.0.0.1"
    scheme: str = "http"
    query_headers: frozenset[str] = frozenset()
    tls: str = ""
    digest: str = ""
    client: Client | None = None
    passage: Passage | None = None

    @property
    def host(self) -> str:
        """The Host header in lower case, port included; empty when there is none."""
        return self.headers.get("host", "").lower()


@dataclass(slots=True)
class HttpResponse:
    """One HTTP response: `body` is whole bytes or an asynchronous stream of chunks.

    Each of `cookies` goes out as a set-cookie header of its own: the one header that may not be joined by commas.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | AsyncIterator[bytes] = b""
    cookies: Sequence[str] = ()
