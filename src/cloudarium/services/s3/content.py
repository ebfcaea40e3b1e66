"""The content of objects: taken in while it is hashed, read back in chunks, copied without a copy where possible."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

from cloudarium.gateway.call import BodyStream, Call
from cloudarium.services.s3 import errors, sealing
from cloudarium.services.s3.records import uploads
from cloudarium.services.s3.records.objects import Object
from cloudarium.services.s3.rules import checksums
from cloudarium.services.s3.rules.checksums import Algorithm
from cloudarium.services.s3.rules.ranges import Range
from cloudarium.store import Store
from cloudarium.store.blobs import SMALL

_OPEN_AHEAD = 64  # parts opened before the first byte, so that a delete meanwhile does not cut the reader off


class Content(NamedTuple):
    """Content that was taken in: its blob (not kept yet), size, ETag, and base64 checksums by algorithm.

    The ETag is the MD5 in hex of what lies on disk: of the content itself, unless it is sealed under a `key`.
    """

    blob: str
    size: int
    etag: str
    checksums: dict[str, str]


def _check_length(body: Any) -> None:
    if isinstance(body, BodyStream):
        if body.length is None:
            raise errors.MissingContentLength()
        if body.length > errors.MAX_PUT:
            raise errors.EntityTooLarge(body.length)


def at_hand(call: Call) -> bytes | None:
    """The body when all of it is here already, else None. Raises what is wrong with its length."""
    body = call.input.get("Body", b"")
    _check_length(body)
    if isinstance(body, BodyStream):
        return body.data
    return bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else None


def take(
    call: Call, data: bytes, wanted: checksums.Wanted | None, algorithms: Sequence[Algorithm], key: bytes = b""
) -> Content:
    """As take_in, for a body that is at hand."""
    expected = checksums.content_md5(call.input.get("ContentMD5"))
    needed = _needed(wanted, algorithms)
    if not key:
        taken = _take_bytes(call.store, data, needed)
        _check_taken(call, taken, wanted, expected, taken.etag)
        return taken
    taken = _take_bytes(call.store, data, needed, key)
    _check_taken(call, taken, wanted, expected, hashlib.md5(data, usedforsecurity=False).hexdigest())
    return taken


async def take_in(
    call: Call, wanted: checksums.Wanted | None, algorithms: Sequence[Algorithm], key: bytes = b""
) -> Content:
    """Read the call's body into a blob while it is hashed, and compare with what the client says of it.

    Nothing is kept: an error leaves nothing behind. `algorithms` are computed beside the wanted one.
    """
    body = call.input.get("Body", b"")
    _check_length(body)
    expected = checksums.content_md5(call.input.get("ContentMD5"))
    needed = _needed(wanted, algorithms)
    plain = hashlib.md5(usedforsecurity=False) if key and expected is not None else None
    taken = await _take(call.store, body, needed, key, plain)
    _check_taken(call, taken, wanted, expected, plain.hexdigest() if plain is not None else taken.etag)
    return taken


def _needed(wanted: checksums.Wanted | None, algorithms: Sequence[Algorithm]) -> Sequence[Algorithm]:
    if wanted is None or wanted.algorithm in algorithms:
        return algorithms
    return [*algorithms, wanted.algorithm]


def _check_taken(call: Call, taken: Content, wanted: checksums.Wanted | None, expected: str | None, md5: str) -> None:
    try:
        checksums.check_md5(expected, call.input.get("ContentMD5"), md5)
        if wanted is not None:
            checksums.check(wanted, taken.checksums[wanted.algorithm.name], call.trailers)
    except BaseException:
        call.store.blobs.discard(taken.blob)
        raise


async def _take(
    store: Store, body: Any, algorithms: Sequence[Algorithm], key: bytes = b"", plain: Any = None
) -> Content:
    """The body as a blob; `plain` is one more hasher of what is not sealed yet."""
    if isinstance(body, BodyStream) and (body.length or 0) <= SMALL:
        body = body.data if body.data is not None else b"".join([chunk async for chunk in body])
    if isinstance(body, (bytes, bytearray, memoryview)):
        if plain is not None:
            plain.update(body)
        return _take_bytes(store, bytes(body), algorithms, key)
    hashers = {algorithm.name: algorithm.make() for algorithm in algorithms}
    chunks = _hashed(body, [*hashers.values(), *([plain] if plain is not None else [])])
    blob = await store.blobs.write(_sealed(chunks, key) if key else chunks)
    sums = {name: base64.b64encode(hasher.digest()).decode() for name, hasher in hashers.items()}
    return Content(blob.id, blob.size - (sealing.START if key else 0), blob.md5_hex, sums)


def _take_bytes(store: Store, data: bytes, algorithms: Sequence[Algorithm], key: bytes = b"") -> Content:
    sums = {algorithm.name: checksums.of(algorithm, data) for algorithm in algorithms}
    if not key:
        blob = store.blobs.write_bytes(data)
        return Content(blob.id, blob.size, blob.md5_hex, sums)
    start = sealing.new_start()
    blob = store.blobs.write_bytes(start + sealing.cipher(key, start).update(data))
    return Content(blob.id, len(data), blob.md5_hex, sums)


async def _sealed(chunks: AsyncIterator[bytes], key: bytes) -> AsyncIterator[bytes]:
    start = sealing.new_start()
    cipher = sealing.cipher(key, start)
    yield start
    async for chunk in chunks:
        yield cipher.update(chunk)


async def _hashed(body: AsyncIterator[bytes], hashers: Sequence[Any]) -> AsyncIterator[bytes]:
    async for chunk in body:
        for hasher in hashers:
            hasher.update(chunk)
        yield chunk


# ---- Reading --------------------------------------------------------------------------------------------------------


def read(store: Store, source: Object, range: Range | None, key: bytes = b"") -> bytes | AsyncIterator[bytes]:
    """The content of an object or of a range of it, under the key that opens it; bytes when it is small."""
    start, end = range if range is not None else (0, source.size)
    if source.blob is not None and key:
        return _unsealed(store, [(source.blob, start, end)], key, source.size)
    if source.blob is not None:
        small = store.blobs.small(source.blob) if source.size <= SMALL else None
        return small[start:end] if small is not None else store.blobs.read(source.blob, start, end)
    if source.upload is None or start >= end:
        return b""
    pieces = _pieces(store, source.upload, start, end)
    return _unsealed(store, pieces, key, source.size) if key else _read_parts(store, pieces)


def _pieces(store: Store, upload: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """(blob, start, end) of the parts of a multipart object that hold these bytes."""
    pieces, offset = [], 0
    for part in uploads.parts(store, upload):
        if offset + part.size > start and offset < end:
            pieces.append((part.blob, max(start - offset, 0), min(end - offset, part.size)))
        offset += part.size
    return pieces


def _read_parts(store: Store, pieces: list[tuple[str, int, int]]) -> AsyncIterator[bytes]:
    opened = [store.blobs.read(*piece) for piece in pieces[:_OPEN_AHEAD]]

    async def chunks() -> AsyncIterator[bytes]:
        for stream in opened:
            async for chunk in stream:
                yield chunk
        for piece in pieces[_OPEN_AHEAD:]:
            async for chunk in store.blobs.read(*piece):
                yield chunk

    return chunks()


def _unsealed(store: Store, pieces: list[tuple[str, int, int]], key: bytes, size: int) -> bytes | AsyncIterator[bytes]:
    """The opened content of pieces of blobs, each of which begins with where its counter does."""
    skip = sealing.START
    ciphers = [sealing.cipher(key, store.blobs.head(blob, skip), start) for blob, start, _ in pieces[:_OPEN_AHEAD]]
    if len(pieces) == 1 and size <= SMALL and (small := store.blobs.small(pieces[0][0])) is not None:
        _, start, end = pieces[0]
        return ciphers[0].update(small[start + skip : end + skip])
    opened = [store.blobs.read(blob, start + skip, end + skip) for blob, start, end in pieces[:_OPEN_AHEAD]]

    async def chunks() -> AsyncIterator[bytes]:
        for cipher, stream in zip(ciphers, opened, strict=True):
            async for chunk in stream:
                yield cipher.update(chunk)
        for blob, start, end in pieces[_OPEN_AHEAD:]:
            cipher = sealing.cipher(key, store.blobs.head(blob, skip), start)
            async for chunk in store.blobs.read(blob, start + skip, end + skip):
                yield cipher.update(chunk)

    return chunks()


# ---- Copying --------------------------------------------------------------------------------------------------------


class Copy(NamedTuple):
    """A copy's content: a new blob that is to be kept, or an old one that gets one more user."""

    blob: str
    is_shared: bool
    size: int
    etag: str
    checksums: dict[str, str]

    def keep(self, store: Store) -> None:
        """Make the content part of the present transaction."""
        if self.is_shared:
            try:
                store.blobs.size(self.blob)
            except KeyError:  # the source went while it was read
                raise errors.OperationAborted() from None
            store.blobs.share(self.blob)
        else:
            store.blobs.keep(self.blob)

    def discard(self, store: Store) -> None:
        """Forget content that nobody will keep."""
        if not self.is_shared:
            store.blobs.discard(self.blob)


async def copy(
    store: Store,
    source: Object,
    range: Range,
    algorithms: Sequence[Algorithm],
    key: bytes = b"",
    new_key: bytes = b"",
) -> Copy:
    """The content of a range of `source`, which `key` opens, for a new object or part, which `new_key` is to open.

    A whole blob without keys is shared, and only read when a checksum is asked for that the source does not have.
    """
    if source.blob is not None and range == Range(0, source.size) and not key and not new_key:
        known = {source.algorithm: source.checksum}
        missing = [algorithm for algorithm in algorithms if algorithm.name not in known]
        if missing:
            known |= await _sums(read(store, source, None), missing)
        return Copy(source.blob, True, source.size, source.etag, known)
    stream = read(store, source, range, key)
    taken = await _take(store, stream if isinstance(stream, bytes) else _gently(stream), algorithms, new_key)
    return Copy(taken.blob, False, taken.size, taken.etag, taken.checksums)


async def _gently(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    # A file's chunks never wait, so a large copy would hold up every other call.
    async for chunk in stream:
        yield chunk
        await asyncio.sleep(0)


async def _sums(stream: bytes | AsyncIterator[bytes], algorithms: Sequence[Algorithm]) -> dict[str, str]:
    if isinstance(stream, bytes):
        return {algorithm.name: checksums.of(algorithm, stream) for algorithm in algorithms}
    hashers = {algorithm.name: algorithm.make() for algorithm in algorithms}
    async for chunk in _gently(stream):
        for hasher in hashers.values():
            hasher.update(chunk)
    return {name: base64.b64encode(hasher.digest()).decode() for name, hasher in hashers.items()}
