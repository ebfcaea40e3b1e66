"""Streaming bodies: the payload's hash, aws-chunked with and without signatures, trailers, and what is refused."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.gateway import body, sigv4
from cloudarium.gateway.body import IncompleteBody, body_stream, read_whole
from cloudarium.gateway.http import HttpRequest
from cloudarium.shared.auth_errors import BodyMismatch, SignatureMismatch

CLAIM = sigv4.Claim("AK", "20260101", "us-east-1", "s3", "aws4_request", "host", "5" * 64, "20260101T000000Z", "", None)
KEY = sigv4.signing_key("secret", "20260101", "us-east-1", "s3")


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(body, "_LEAST_CHUNK", 0)
        yield


async def pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def decoded(sent: bytes, size: int = 7, key: bytes | None = KEY, **headers: str) -> tuple[bytes, dict[str, str]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = HttpRequest("PUT", "/b/k", headers=named, stream=pieces(sent, size))
    call = SimpleNamespace(request=request, claim=CLAIM, trailers={})
    stream = body_stream(call, key)  # type: ignore[arg-type]
    return asyncio.run(stream.read(1 << 20)), call.trailers


def signed_chunks(content: bytes, size: int, trailers: bytes | None = None) -> bytes:
    previous, out = CLAIM.signature, b""
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    for part in [*parts, b""]:
        previous = sigv4.chunk_signature(KEY, CLAIM, previous, part)
        out += b"%x;chunk-signature=%s\r\n" % (len(part), previous.encode()) + part + (b"\r\n" if part else b"")
    if trailers is None:
        return out + b"\r\n"
    proof = sigv4.trailer_signature(KEY, CLAIM, previous, trailers)
    return out + trailers.replace(b"\n", b"\r\n") + b"x-amz-trailer-signature:" + proof.encode() + b"\r\n\r\n"


SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


@given(content=st.binary(max_size=300), size=st.integers(1, 100), piece=st.integers(1, 50))
def test_signed_chunks_are_proved_and_joined(content: bytes, size: int, piece: int) -> None:
    sent = signed_chunks(content, size)
    headers = {"x_amz_content_sha256": SIGNED, "x_amz_decoded_content_length": str(len(content))}
    assert decoded(sent, piece, **headers)[0] == content


@given(st.data())
def test_a_changed_byte_in_a_signed_chunk_is_refused(data: st.DataObject) -> None:
    sent = bytearray(signed_chunks(b"hello world, hello chunks", 10))
    place = sent.index(b"hello") + data.draw(st.integers(0, 9))
    sent[place] ^= 1
    with pytest.raises(SignatureMismatch):
        decoded(bytes(sent), x_amz_content_sha256=SIGNED)


def test_a_signature_of_any_characters_is_refused() -> None:
    sent = b"5;chunk-signature=\xc3\xa9\r\nhello\r\n0;chunk-signature=\xff\r\n\r\n"
    with pytest.raises(SignatureMismatch):
        decoded(sent, x_amz_content_sha256=SIGNED)
    trailers = signed_chunks(b"hello", 5, b"x-amz-checksum-crc32:AAAAAA==\n")
    bent = trailers[: trailers.index(b"x-amz-trailer-signature:")] + b"x-amz-trailer-signature:\xc3\xa9\r\n\r\n"
    with pytest.raises(SignatureMismatch):
        decoded(bent, x_amz_content_sha256=f"{SIGNED}-TRAILER")


def test_signed_trailers_are_proved_and_kept() -> None:
    sent = signed_chunks(b"content", 4, b"x-amz-checksum-crc32:AAAA\n")
    content, trailers = decoded(sent, x_amz_content_sha256=SIGNED + "-TRAILER")
    assert (content, trailers) == (b"content", {"x-amz-checksum-crc32": "AAAA"})
    with pytest.raises(SignatureMismatch):
        decoded(sent.replace(b"AAAA", b"AAAB"), x_amz_content_sha256=SIGNED + "-TRAILER")


def test_unsigned_chunks_with_a_trailer() -> None:
    sent = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"
    content, trailers = decoded(sent, x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert (content, trailers) == (b"hello", {"x-amz-checksum-crc32": "AAAA"})


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"5\r\nhel",
        b"zz\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"-5\r\nhello",
        b"fffffffffff\r\n",
        b"5" * 20_000,
        b"\r\n\r\n",
    ],
)
def test_broken_chunks_are_incomplete(sent: bytes) -> None:
    with pytest.raises(IncompleteBody):
        decoded(sent, x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")


def test_a_length_that_is_not_kept_is_incomplete() -> None:
    with pytest.raises(IncompleteBody):
        decoded(signed_chunks(b"four", 9), x_amz_content_sha256=SIGNED, x_amz_decoded_content_length="5")
    with pytest.raises(IncompleteBody):
        decoded(b"four", x_amz_content_sha256="UNSIGNED-PAYLOAD", content_length="5")


def test_the_payload_must_have_the_hash_that_was_signed() -> None:
    right = hashlib.sha256(b"four").hexdigest()
    assert decoded(b"four", x_amz_content_sha256=right)[0] == b"four"
    with pytest.raises(BodyMismatch):
        decoded(b"fore", x_amz_content_sha256=right)


def test_reading_whole_is_bounded() -> None:
    assert asyncio.run(read_whole(pieces(b"12345", 2), 5)) == b"12345"
    assert asyncio.run(read_whole(pieces(b"123456", 2), 5)) is None
