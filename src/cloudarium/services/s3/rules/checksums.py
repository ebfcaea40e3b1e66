"""The checksums of objects and parts: which one a request asks for, how it is computed, how parts make a whole.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cloudarium.gateway.body import MalformedTrailer
from cloudarium.services.s3 import errors
from cloudarium.services.s3.rules import crc
from cloudarium.shared.errors import NotBuilt

FULL_OBJECT, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
DEFAULT = "CRC64NVME"


class Hasher:
    """A CRC that grows with its content, in hashlib's manner."""

    __slots__ = ("_function", "_size", "_value")

    def __init__(self, kind: crc.Kind) -> None:
        self._function = crc.function(kind)
        self._size = kind[2] // 8
        self._value = 0

    def update(self, data: bytes) -> None:
        """Add content."""
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        """The value so far, highest byte first."""
        return self._value.to_bytes(self._size, "big")


def _xxhash(name: str) -> Callable[[], Any]:
    def make() -> Any:
        try:
            import xxhash
        except ImportError:
            raise NotBuilt(f"s3 {name} checksums without the xxhash package") from None
        return getattr(xxhash, name)()

    return make


class Algorithm(NamedTuple):
    """One checksum algorithm: its name, its member of inputs and outputs, its digest's size, its multipart types."""

    name: str
    member: str
    size: int
    make: Callable[[], Any]
    types: tuple[str, ...]  # the first is the default
    kind: crc.Kind | None = None

    @property
    def header(self) -> str:
        """The header, such as x-amz-checksum-crc32."""
        return "x-amz-checksum-" + self.name.lower()


_BOTH, _FULL, _PARTS = (COMPOSITE, FULL_OBJECT), (FULL_OBJECT,), (COMPOSITE,)
ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("CRC32", "ChecksumCRC32", 4, lambda: Hasher(crc.CRC32), _BOTH, crc.CRC32),
        Algorithm("CRC32C", "ChecksumCRC32C", 4, lambda: Hasher(crc.CRC32C), _BOTH, crc.CRC32C),
        Algorithm("CRC64NVME", "ChecksumCRC64NVME", 8, lambda: Hasher(crc.CRC64NVME), _FULL, crc.CRC64NVME),
        Algorithm("SHA1", "ChecksumSHA1", 20, lambda: hashlib.sha1(usedforsecurity=False), _PARTS),
        Algorithm("SHA256", "ChecksumSHA256", 32, hashlib.sha256, _PARTS),
        Algorithm("SHA512", "ChecksumSHA512", 64, hashlib.sha512, _PARTS),
        Algorithm("MD5", "ChecksumMD5", 16, lambda: hashlib.md5(usedforsecurity=False), _PARTS),
        Algorithm("XXHASH64", "ChecksumXXHASH64", 8, _xxhash("xxh64"), _PARTS),
        Algorithm("XXHASH3", "ChecksumXXHASH3", 8, _xxhash("xxh3_64"), _PARTS),
        Algorithm("XXHASH128", "ChecksumXXHASH128", 16, _xxhash("xxh3_128"), _PARTS),
    )
}
MEMBERS: dict[str, Algorithm] = {algorithm.member: algorithm for algorithm in ALGORITHMS.values()}
_HEADERS = {algorithm.header: algorithm for algorithm in ALGORITHMS.values()}


class Wanted(NamedTuple):
    """What a request says about the checksum of its content.

    `value` is the base64 value to compare with: None when S3 computes it alone, or when it comes as a trailer.
    """

    algorithm: Algorithm
    value: str | None
    trailer: bool = False


def named(name: str) -> Algorithm:
    """The algorithm of this name. Raises InvalidRequest."""
    try:
        return ALGORITHMS[name.upper()]
    except KeyError:
        raise errors.InvalidRequest(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(ALGORITHMS)}]"
        ) from None


def wanted(input: Mapping[str, Any], headers: Mapping[str, str]) -> Wanted | None:
    """The checksum that a request with content brings, None when it brings none.

    Raises InvalidRequest when there are several, when the value is no base64 of the right size, or when one was
    announced and is missing.
    """
    found = [(MEMBERS[name], value) for name, value in input.items() if name in MEMBERS and value is not None]
    trailer = headers.get("x-amz-trailer", "").strip().lower()
    if trailer and trailer not in _HEADERS:
        raise errors.InvalidRequest("The value specified in the x-amz-trailer header is not supported")
    if len(found) + bool(trailer) > 1:
        raise errors.InvalidRequest(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    asked = input.get("ChecksumAlgorithm")
    if not found and not trailer:
        if asked is not None and headers:
            raise errors.InvalidRequest(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers"
                " were found."
            )
        return None
    wanted = Wanted(_HEADERS[trailer], None, True) if trailer else Wanted(found[0][0], found[0][1])
    if asked is not None and asked.upper() != wanted.algorithm.name:
        raise errors.InvalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
    if wanted.value is not None:
        check_value(wanted.algorithm, wanted.value)
    return wanted


def check_value(algorithm: Algorithm, value: str) -> None:
    """Raise InvalidRequest when `value` is no base64 of the algorithm's size."""
    try:
        fits = len(base64.b64decode(value, validate=True)) == algorithm.size
    except (binascii.Error, ValueError):
        fits = False
    if not fits:
        raise errors.InvalidRequest(f"Value for {algorithm.header} header is invalid.")


def check(wanted: Wanted, computed: str, trailers: Mapping[str, str]) -> None:
    """Raise BadDigest when the computed base64 value is not what the header or the trailer says."""
    expected = trailers.get(wanted.algorithm.header) if wanted.trailer else wanted.value
    if wanted.trailer:
        if expected is None:
            raise MalformedTrailer()
        check_value(wanted.algorithm, expected)
    if expected is not None and expected != computed:
        raise errors.BadDigest(f"The {wanted.algorithm.name} you specified did not match the calculated checksum.")


def content_md5(value: str | None) -> str | None:
    """Content-MD5 in hex. Raises InvalidDigest."""
    if value is None:
        return None
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise errors.InvalidDigest(value)
    return digest.hex()


def check_md5(expected: str | None, header: str | None, computed: str) -> None:
    """Raise BadDigest when the content's MD5 (hex) is not the one of Content-MD5."""
    if expected is not None and expected != computed:
        calculated = base64.b64encode(bytes.fromhex(computed)).decode()
        raise errors.BadDigest(ExpectedDigest=header, CalculatedDigest=calculated)


def of(algorithm: Algorithm, content: bytes) -> str:
    """The base64 checksum of content that is at hand."""
    hasher = algorithm.make()
    hasher.update(content)
    return base64.b64encode(hasher.digest()).decode()


def multipart_type(algorithm: Algorithm, asked: str | None) -> str:
    """The checksum type of a multipart upload. Raises InvalidRequest when the algorithm does not have it."""
    if asked is None:
        return algorithm.types[0]
    if asked not in (FULL_OBJECT, COMPOSITE):
        raise errors.InvalidRequest("Value for x-amz-checksum-type header is invalid.")
    if asked not in algorithm.types:
        raise errors.InvalidRequest(
            f"The {asked} checksum type cannot be used with the {algorithm.name.lower()} checksum algorithm."
        )
    return asked


def of_parts(algorithm: Algorithm, type: str, parts: Sequence[tuple[str, int]]) -> str:
    """The checksum of a multipart object from its parts' base64 checksums and sizes.

    COMPOSITE is the checksum of the parts' checksums with -N appended; FULL_OBJECT is the checksum of the content.
    """
    digests = [base64.b64decode(value) for value, _ in parts]
    if type == COMPOSITE:
        return f"{of(algorithm, b''.join(digests))}-{len(parts)}"
    assert algorithm.kind is not None
    whole = int.from_bytes(digests[0], "big")
    for digest, (_, size) in zip(digests[1:], parts[1:], strict=True):
        whole = crc.combine(algorithm.kind, whole, int.from_bytes(digest, "big"), size)
    return base64.b64encode(whole.to_bytes(algorithm.size, "big")).decode()
