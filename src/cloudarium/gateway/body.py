"""Bodies that arrive in chunks: bounded reading, the payload's hash, and S3's aws-chunked encoding.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator

from cloudarium.gateway import sigv4
from cloudarium.gateway.call import BodyStream, Call
from cloudarium.shared.auth_errors import BodyMismatch, SignatureMismatch
from cloudarium.shared.errors import AwsError

_MOST_HEADER = 16 * 1024  # of a chunk's first line or of all trailers
_STREAMING = "STREAMING-"


class IncompleteBody(AwsError):
    """The body ended before it was whole, or its chunks are not as announced."""

    code = "IncompleteBody"
    status = 400

    def __init__(self, message: str = "The request body terminated unexpectedly") -> None:
        super().__init__(message)


class ChunkTooSmall(AwsError):
    """A chunk that is not the last one is smaller than S3 takes."""

    code = "InvalidChunkSizeError"
    status = 400

    def __init__(self, number: int, size: int) -> None:
        super().__init__(
            f"Only the last chunk is allowed to have a size less than {_LEAST_CHUNK} bytes",
            Chunk=str(number),
            BadChunkSize=str(size),
        )


class MalformedTrailer(AwsError):
    """What follows the last chunk is no trailer, or one that should be signed is not."""

    code = "MalformedTrailerError"
    status = 400

    def __init__(self) -> None:
        super().__init__(
            "The request contained trailing data that was not well-formed or did not conform to our published schema."
        )


async def read_whole(stream: AsyncIterator[bytes], limit: int) -> bytes | None:
    """All of a stream, or None as soon as it is longer than `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > limit:
            return None
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def is_chunked(call: Call) -> bool:
    """Whether the body is aws-chunked, by the payload hash that was signed for it."""
    assert call.request is not None
    return call.request.headers.get("x-amz-content-sha256", "").startswith(_STREAMING)


def body_stream(call: Call, key: bytes | None) -> BodyStream:
    """The body of a streaming operation, decoded, its hash or chunk signatures proved as it passes.

    `key` is the signing key, None for an anonymous call. The stream raises when the proof fails, so whoever consumes
    it must not have made anything visible before its end.
    """
    request = call.request
    assert request is not None
    if is_chunked(call):
        length = _number(request.headers.get("x-amz-decoded-content-length"))
        source = request.stream if request.stream is not None else BodyStream.whole(request.body).__aiter__()
        return BodyStream(_decode_chunks(call, source, key, length), length)
    if request.stream is None:  # at hand, and its hash was proved with the signature
        return BodyStream.whole(request.body)
    length = _number(request.headers.get("content-length"))
    claimed = request.headers.get("x-amz-content-sha256", sigv4.UNSIGNED)
    if call.claim is None or call.claim.expires is not None or claimed == sigv4.UNSIGNED:
        return BodyStream(_counted(request.stream, length), length)
    return BodyStream(_proved(_counted(request.stream, length), claimed), length)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None


async def _counted(stream: AsyncIterator[bytes], length: int | None) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if chunk:
            yield chunk
    if length is not None and size != length:
        raise IncompleteBody("You did not provide the number of bytes specified by the Content-Length HTTP header")


async def _proved(stream: AsyncIterator[bytes], claimed: str) -> AsyncIterator[bytes]:
    digest = hashlib.sha256()
    async for chunk in stream:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != claimed.lower():
        computed = digest.hexdigest()
        raise BodyMismatch(ClientComputedContentSHA256=claimed, S3ComputedContentSHA256=computed)


class _Buffer:
    """Reads lines and exact lengths from a stream of chunks."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream.__aiter__()
        self._data = bytearray()

    async def _more(self) -> bool:
        chunk = await anext(self._stream, None)
        if chunk is None:
            return False
        self._data += chunk
        return True

    async def line(self) -> bytes:
        while (end := self._data.find(b"\n")) < 0:
            if len(self._data) > _MOST_HEADER or not await self._more():
                raise IncompleteBody()
        line = bytes(self._data[:end])
        del self._data[: end + 1]
        return line.rstrip(b"\r")

    async def some(self, most: int) -> bytes:
        if not self._data and not await self._more():
            raise IncompleteBody()
        data = bytes(self._data[:most])
        del self._data[:most]
        return data

    async def ended(self) -> bool:
        return not self._data and not await self._more()


async def _decode_chunks(
    call: Call, stream: AsyncIterator[bytes], key: bytes | None, length: int | None
) -> AsyncIterator[bytes]:
    request = call.request
    assert request is not None
    kind = request.headers["x-amz-content-sha256"]
    signed = kind.startswith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") and key is not None
    previous = call.claim.signature if call.claim is not None else ""
    buffer, total, number, before = _Buffer(stream), 0, 0, _LEAST_CHUNK
    while True:
        size, signature = _chunk_head(await buffer.line())
        number += 1
        if size and before < _LEAST_CHUNK:
            raise ChunkTooSmall(number, before)
        before = size
        parts: list[bytes] = []
        left = size
        while left:
            part = await buffer.some(left)
            left -= len(part)
            if signed:
                parts.append(part)  # a chunk is believed only when its signature is proved
            else:
                yield part
        if signed:
            previous = _prove_chunk(call, key, previous, b"".join(parts), signature)
            for part in parts:
                yield part
        total += size
        if size == 0:
            break
        if await buffer.line():
            raise IncompleteBody()
    if kind.endswith("-TRAILER"):
        await _read_trailers(call, buffer, key if signed else None, previous)
    if length is not None and total != length:
        raise IncompleteBody(
            "You did not provide the number of bytes specified by the x-amz-decoded-content-length header"
        )


_LEAST_CHUNK = 8192  # bytes of every chunk but the last
_MOST_SIGNED_CHUNK = 128 * 1024 * 1024


def _chunk_head(line: bytes) -> tuple[int, str]:
    text, _, rest = line.partition(b";")
    name, _, signature = rest.partition(b"=")
    if not text or len(text) > 10 or text.strip(b"0123456789abcdefABCDEF"):
        raise IncompleteBody()
    size = int(text, 16)
    if name == b"chunk-signature" and size > _MOST_SIGNED_CHUNK:
        raise IncompleteBody(f"A signed chunk is larger than {_MOST_SIGNED_CHUNK} bytes")
    return size, signature.decode("ascii", "replace")


def _prove_chunk(call: Call, key: bytes | None, previous: str, chunk: bytes, claimed: str) -> str:
    assert key is not None
    expected = sigv4.chunk_signature(key, call.claim, previous, chunk)
    if not hmac.compare_digest(expected.encode(), claimed.encode()):
        raise SignatureMismatch()
    return expected


async def _read_trailers(call: Call, buffer: _Buffer, key: bytes | None, previous: str) -> None:
    signed, size, proof = b"", 0, None
    while not await buffer.ended():
        line = await buffer.line()
        size += len(line)
        if size > _MOST_HEADER:
            raise IncompleteBody()
        if not line:
            break
        name, colon, value = line.partition(b":")
        if not colon or proof is not None:
            raise MalformedTrailer()
        text = value.strip().decode("latin-1")
        if name.lower() == b"x-amz-trailer-signature":
            proof = text
            continue
        signed += name.strip().lower() + b":" + value.strip() + b"\n"
        call.trailers[name.strip().lower().decode("latin-1")] = text
    if key is None:
        return
    if proof is None:
        raise MalformedTrailer()
    if not hmac.compare_digest(sigv4.trailer_signature(key, call.claim, previous, signed).encode(), proof.encode()):
        raise SignatureMismatch()
