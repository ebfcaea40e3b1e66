"""Bodies that a client compressed (`Content-Encoding: gzip`), as SDKs do with large PutMetricData requests."""

from __future__ import annotations

import zlib

from cloudarium.gateway.http import HttpRequest
from cloudarium.shared.auth_errors import Malformed

LIMIT = 16 << 20  # the unpacked size; a small body must not fill the memory
_GZIP = 16 + zlib.MAX_WBITS


def plain_body(request: HttpRequest) -> bytes:
    """The body without its content encoding; refuses broken data and what unpacks beyond the limit."""
    if request.headers.get("content-encoding", "").strip().lower() != "gzip":
        return request.body
    unpacker = zlib.decompressobj(_GZIP)
    try:
        body = unpacker.decompress(request.body, LIMIT)
    except zlib.error:
        raise Malformed() from None
    if not unpacker.eof:
        raise Malformed()
    return body
