"""Checksums and chunks as they go over the wire: every algorithm, over http and https, and everything that is wrong."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from cloudarium.gateway import sigv4
from cloudarium.services.s3.rules import checksums
from tests.conftest import RunningCloud
from tests.gateway.test_tls import SecureCloud, secure  # noqa: F401

MODEL = botocore.session.get_session().get_service_model("s3")
EVERY = tuple(MODEL.shape_for("ChecksumAlgorithm").enum)


def test_every_algorithm_of_the_model_is_known() -> None:
    assert set(EVERY) == set(checksums.ALGORITHMS)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_boto3_sends_every_algorithm_that_it_knows(secure: SecureCloud, account: str, scheme: str) -> None:  # noqa: F811
    bucket = f"sums-{scheme}-{account}"
    secure.trusting("s3", key=account).create_bucket(Bucket=bucket)
    known = [name for name in EVERY if name != "MD5"]  # the model has it, botocore itself has not
    program = Path(__file__).with_name("checksums.py")  # by its path: the package of these tests does without awscrt
    told = subprocess.run(
        [sys.executable, program, f"{scheme}://localhost:{secure.port}", secure.ca, account, bucket, *known],
        env={**os.environ, "BOTO_DISABLE_CRT": "false"}, capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    for name in known:
        ways = [how for how, _ in found[name]]
        assert set(ways) == ({"trailer"} if scheme == "https" else {"header"}), name
        contents = [b"", b"", b"hello", b"hello", bytes(range(256)) * 5000, bytes(range(256)) * 5000]
        assert [value for _, value in found[name]] == [
            checksums.of(checksums.ALGORITHMS[name], each) for each in contents
        ]


# ---- Bodies in signed chunks -----------------------------------------------------------------------------------------


class Chunked:
    """A PUT of one object in signed chunks, every part of which a test may spoil."""

    def __init__(self, cloud: RunningCloud, account: str, path: str, content: list[bytes], trailer: str = "") -> None:
        self.cloud, self.account, self.path = cloud, account, path
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
        self.headers = {
            "host": f"127.0.0.1:{cloud.port}", "x-amz-date": stamp, "x-amz-content-sha256": kind,
            "content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(sum(map(len, content))),
            **({"x-amz-trailer": trailer.partition(":")[0]} if trailer else {}),
        }  # fmt: skip
        names = ";".join(sorted(self.headers))
        scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
        self.key = sigv4.signing_key("test", stamp[:8], "us-east-1", "s3")
        lines = "".join(f"{name}:{self.headers[name]}\n" for name in sorted(self.headers))
        canonical = f"PUT\n{path}\n\n{lines}\n{names}\n{kind}"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        seed = hmac.digest(self.key, text.encode(), "sha256").hex()
        self.headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={account}/{scope}, SignedHeaders={names}, Signature={seed}"
        )
        self.parts, previous = [], seed
        for part in [*content, b""]:
            empty, digest = sigv4.EMPTY_SHA256, hashlib.sha256(part).hexdigest()
            text = f"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{previous}\n{empty}\n{digest}"
            previous = hmac.digest(self.key, text.encode(), "sha256").hex()
            self.parts.append(b"%x;chunk-signature=%b\r\n%b\r\n" % (len(part), previous.encode(), part))
        if trailer:
            digest = hashlib.sha256(f"{trailer}\n".encode()).hexdigest()
            text = f"AWS4-HMAC-SHA256-TRAILER\n{stamp}\n{scope}\n{previous}\n{digest}"
            proof = hmac.digest(self.key, text.encode(), "sha256").hex()
            self.parts[-1] = self.parts[-1].removesuffix(b"\r\n")
            self.parts += [f"{trailer}\r\n".encode(), f"x-amz-trailer-signature:{proof}\r\n\r\n".encode()]

    def send(self) -> tuple[int, bytes]:
        """The answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.port, timeout=20)
        try:
            connection.request("PUT", self.path, b"".join(self.parts), self.headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


CONTENT = [b"x" * 70_000, b"y" * 10]
SUM = checksums.of(checksums.ALGORITHMS["CRC32C"], b"".join(CONTENT))
OTHER = checksums.of(checksums.ALGORITHMS["CRC32C"], b"something else")
Spoil = Callable[[Chunked], None]


def spoil(number: int, old: bytes, new: bytes) -> Spoil:
    def change(request: Chunked) -> None:
        assert old in request.parts[number]
        request.parts[number] = request.parts[number].replace(old, new, 1)

    return change


def without(number: int) -> Spoil:
    return lambda request: request.parts.__delitem__(number)


def swapped(request: Chunked) -> None:
    request.parts[0], request.parts[1] = request.parts[1], request.parts[0]


def small(request: Chunked) -> None:
    content, trailer = [b"x" * 8191, b"y"], "x-amz-checksum-crc32c:AAAAAA=="
    spoiled = Chunked(request.cloud, request.account, request.path, content, trailer)
    request.parts, request.headers = spoiled.parts, spoiled.headers


def oversized(request: Chunked) -> None:
    request.parts[0] = b"fffffffff" + request.parts[0][request.parts[0].index(b";") :]


@pytest.fixture
def bucket(client: Any, account: str) -> str:
    name = f"chunks-{account}"
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.mark.parametrize("trailer", ["", f"x-amz-checksum-crc32c:{SUM}"])
def test_signed_chunks_are_taken(cloud: RunningCloud, client: Any, account: str, bucket: str, trailer: str) -> None:
    assert Chunked(cloud, account, f"/{bucket}/k", CONTENT, trailer).send()[0] == 200
    got = client("s3").get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"".join(CONTENT) and "aws-chunked" not in got.get("ContentEncoding", "")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (spoil(0, b"xxx", b"xyx"), 403, "SignatureDoesNotMatch"),
        (spoil(1, b"chunk-signature=", b"chunk-signature=0"), 403, "SignatureDoesNotMatch"),
        (spoil(2, b"chunk-signature=", b"chunk-signature=0"), 403, "SignatureDoesNotMatch"),
        (swapped, 403, "SignatureDoesNotMatch"),
        (without(0), 403, "SignatureDoesNotMatch"),
        (without(1), 403, "SignatureDoesNotMatch"),
        (without(2), 400, "IncompleteBody"),  # what comes in its place is no chunk
        (spoil(0, b";chunk-signature=", b";"), 403, "SignatureDoesNotMatch"),
        (oversized, 400, "IncompleteBody"),
        (small, 400, "InvalidChunkSizeError"),
        (spoil(3, b"crc32c:", b"crc32c:0"), 403, "SignatureDoesNotMatch"),
        (spoil(3, b"crc32c:", b"sha256:"), 403, "SignatureDoesNotMatch"),
        (spoil(4, b"signature:", b"signature:0"), 403, "SignatureDoesNotMatch"),
        (without(4), 400, "MalformedTrailerError"),
        (spoil(3, b":", b""), 400, "MalformedTrailerError"),
        (without(3), 403, "SignatureDoesNotMatch"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_signed_chunks_is_told_and_nothing_is_kept(
    cloud: RunningCloud, client: Any, account: str, bucket: str, change: Spoil, status: int, code: str
) -> None:
    request = Chunked(cloud, account, f"/{bucket}/k", CONTENT, f"x-amz-checksum-crc32c:{SUM}")
    change(request)
    found, body = request.send()
    assert (found, f"<Code>{code}</Code>".encode() in body) == (status, True), body
    assert "Contents" not in client("s3").list_objects_v2(Bucket=bucket)


def test_a_signed_trailer_must_be_the_contents(cloud: RunningCloud, client: Any, account: str, bucket: str) -> None:
    status, body = Chunked(cloud, account, f"/{bucket}/k", CONTENT, f"x-amz-checksum-crc32c:{OTHER}").send()
    assert (status, b"<Code>BadDigest</Code>" in body) == (400, True)
    assert "Contents" not in client("s3").list_objects_v2(Bucket=bucket)


# ---- Digests of configurations ---------------------------------------------------------------------------------------

_DIGESTS = ("content-md5", "x-amz-checksum", "x-amz-sdk-checksum")


@pytest.mark.parametrize("sent", ["content-md5", "x-amz-checksum-crc32", "x-amz-checksum-sha256"])
def test_a_configuration_is_only_believed_with_its_digest(client: Any, bucket: str, sent: str) -> None:
    s3 = client("s3")

    def wrong(request: Any, **further: Any) -> None:
        for name in [name for name in request.headers if name.lower().startswith(_DIGESTS)]:
            del request.headers[name]
        algorithm = checksums.ALGORITHMS[sent.rpartition("-")[2].upper()]
        request.headers[sent] = checksums.of(algorithm, b"something else")

    for operation, given in (
        ("PutBucketTagging", {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}),
        ("PutBucketCors", {"CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}}),
        ("PutBucketVersioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
        ("PutBucketPolicy", {"Policy": "{}"}),
        ("DeleteObjects", {"Delete": {"Objects": [{"Key": "k"}]}}),
    ):
        s3.meta.events.register_last(f"before-sign.s3.{operation}", wrong)
        with pytest.raises(ClientError) as refused:
            s3._make_api_call(operation, {"Bucket": bucket, **given})
        assert refused.value.response["Error"]["Code"] == "BadDigest", refused.value


# ---- Compressed, and announced before it is sent ---------------------------------------------------------------------


def test_an_announced_upload_is_refused_before_it_is_sent(cloud: RunningCloud) -> None:
    head = f"PUT /no-such-bucket-at-all/k HTTP/1.1\r\nHost: 127.0.0.1:{cloud.port}\r\nContent-Length: 9000000\r\n"
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=20) as raw:
        raw.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
        answer = b""
        while part := raw.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 4") and b"100 Continue" not in answer and b"connection: close" in answer


def test_a_compressed_body_is_read_and_a_bomb_is_not(cloud: RunningCloud, client: Any) -> None:
    ssm = client("ssm")
    packed: list[bytes] = []

    def compress(params: dict[str, Any], **further: Any) -> None:
        params["body"] = packed[0] if packed else gzip.compress(params["body"])
        params["headers"]["Content-Encoding"] = "gzip"

    ssm.meta.events.register_last("before-call.ssm.PutParameter", compress)
    ssm.put_parameter(Name="zipped", Value="v", Type="String")
    assert ssm.get_parameter(Name="zipped")["Parameter"]["Value"] == "v"
    for body in (gzip.compress(b" " * (32 << 20)), b"no gzip at all", gzip.compress(b"{}")[:-4]):
        packed[:] = [body]
        with pytest.raises(ClientError) as refused:
            ssm.put_parameter(Name="bomb", Value="v", Type="String")
        assert refused.value.response["Error"]["Code"] == "SerializationException"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name="bomb")
