"""Checksums: of puts, of parts, of whole multipart objects, in headers and in trailers."""

from __future__ import annotations

import base64
import hashlib
import zlib

import pytest

from cloudarium.services.s3.rules import checksums, crc
from tests.services.s3.wire import Wire

MIB = 1024 * 1024


def _value(name, content):
    return checksums.of(checksums.ALGORITHMS[name], content)


def test_the_values_are_those_of_the_standards():
    check = b"123456789"
    assert crc.function(crc.CRC32C)(check, 0) == 0xE3069283
    assert crc.function(crc.CRC64NVME)(check, 0) == 0xAE8B14860A799888
    for kind in (crc.CRC32, crc.CRC32C, crc.CRC64NVME):
        whole = crc.function(kind)(check * 50, 0)
        assert crc.by_table(kind)(check * 50) == whole
        first, second = crc.by_table(kind)(check * 20), crc.by_table(kind)(check * 30)
        assert crc.combine(kind, first, second, 270) == crc.combine_by_powers(kind, first, second, 270) == whole
    assert _value("CRC32", check) == base64.b64encode(zlib.crc32(check).to_bytes(4, "big")).decode()
    assert _value("SHA512", check) == base64.b64encode(hashlib.sha512(check).digest()).decode()


def test_an_object_without_a_checksum_gets_crc64nvme(cloud, account, bucket):
    s3 = cloud.client("s3", key=account, request_checksum_calculation="when_required")
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    assert put["ChecksumCRC64NVME"] == _value("CRC64NVME", b"hello")
    assert put["ChecksumType"] == "FULL_OBJECT"
    got = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["ChecksumCRC64NVME"] == put["ChecksumCRC64NVME"]
    assert "ChecksumCRC64NVME" not in s3.head_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("algorithm", sorted(checksums.ALGORITHMS))
def test_every_algorithm(s3, bucket, refused, algorithm):
    value = {f"Checksum{algorithm}": _value(algorithm, b"hello")}
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", **value)
    assert put[f"Checksum{algorithm}"] == value[f"Checksum{algorithm}"]
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (got[f"Checksum{algorithm}"], got["ChecksumType"]) == (value[f"Checksum{algorithm}"], "FULL_OBJECT")
    wrong = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"HELLO", **value)
    assert wrong.code == "BadDigest"
    assert wrong.message == f"The {algorithm} you specified did not match the calculated checksum."
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello"


def test_values_that_are_none(s3, bucket, refused):
    bad = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ChecksumSHA256="nonsense")
    assert (bad.code, bad.message) == ("InvalidRequest", "Value for x-amz-checksum-sha256 header is invalid.")
    both = {"ChecksumSHA1": _value("SHA1", b"x"), "ChecksumSHA256": _value("SHA256", b"x")}
    two = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **both)
    assert two.message.startswith("Expecting a single x-amz-checksum- header")
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ContentMD5="xyz").code == "InvalidDigest"
    md5 = base64.b64encode(hashlib.md5(b"y").digest()).decode()
    no = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", ContentMD5=md5)
    assert (no.code, no.error["ExpectedDigest"]) == ("BadDigest", md5)
    assert refused(s3.head_object, Bucket=bucket, Key="k").status == 404


def _complete(s3, bucket, algorithm, type, bodies, **more):
    begun = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm, ChecksumType=type)
    assert (begun["ChecksumAlgorithm"], begun["ChecksumType"]) == (algorithm, type)
    upload = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
    parts = []
    for number, body in enumerate(bodies, 1):
        value = {f"Checksum{algorithm}": _value(algorithm, body)}
        part = s3.upload_part(**upload, PartNumber=number, Body=body, **value)
        parts.append({"PartNumber": number, "ETag": part["ETag"], **value})
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **more)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_full_object_checksums_of_parts(s3, bucket, algorithm):
    bodies = [b"a" * (5 * MIB), b"b" * 12345]
    done = _complete(s3, bucket, algorithm, "FULL_OBJECT", bodies)
    assert done[f"Checksum{algorithm}"] == _value(algorithm, b"".join(bodies))


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_composite_checksums_of_parts(s3, bucket, algorithm):
    bodies = [b"a" * (5 * MIB), b"b" * 12345]
    done = _complete(s3, bucket, algorithm, "COMPOSITE", bodies)
    digests = b"".join(base64.b64decode(_value(algorithm, body)) for body in bodies)
    assert done[f"Checksum{algorithm}"] == f"{_value(algorithm, digests)}-2"
    got = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (got[f"Checksum{algorithm}"], got["ChecksumType"]) == (done[f"Checksum{algorithm}"], "COMPOSITE")


def test_types_that_algorithms_do_not_have(s3, bucket, refused):
    for algorithm, type in (("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")):
        no = refused(s3.create_multipart_upload, Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm, ChecksumType=type)
        assert no.message == f"The {type} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."


def test_parts_must_bring_what_the_upload_asked_for(s3, bucket, refused):
    begun = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")
    upload = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
    other = refused(s3.upload_part, **upload, PartNumber=1, Body=b"x", ChecksumCRC32=_value("CRC32", b"x"))
    assert other.message.startswith("Checksum Type mismatch occurred, expected checksum Type: sha256")
    part = s3.upload_part(**upload, PartNumber=1, Body=b"x", ChecksumSHA256=_value("SHA256", b"x"))
    silent = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    no = refused(s3.complete_multipart_upload, **upload, MultipartUpload=silent)
    assert no.message.startswith("The upload was created using a sha256 checksum.")


def test_a_copy_can_change_the_algorithm(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    same = s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k")["CopyObjectResult"]
    assert same["ChecksumCRC32"] == _value("CRC32", b"hello")
    other = s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k", ChecksumAlgorithm="SHA256")
    assert other["CopyObjectResult"]["ChecksumSHA256"] == _value("SHA256", b"hello")


def test_deleting_many_needs_a_digest(cloud, account, bucket):
    wire = Wire(cloud, account)
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    status, _, answer = wire.send("POST", f"/{bucket}?delete", body)
    assert (status, b"Missing required header for this request: Content-MD5" in answer) == (400, True)
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    assert wire.send("POST", f"/{bucket}?delete", body, {"content-md5": md5})[0] == 200
    assert wire.send("POST", f"/{bucket}?delete", body, {"content-md5": md5[::-1]})[0] == 400


def test_trailing_checksums(cloud, account, bucket):
    first, last = b"hello " * 2000, b"world"
    wire, good = Wire(cloud, account), _value("CRC64NVME", first + last)
    assert wire.chunked(f"/{bucket}/k", [first, last], "crc64nvme", good)[0] == 200
    assert wire.send("GET", f"/{bucket}/k")[2] == first + last
    head = {"x-amz-checksum-mode": "ENABLED"}
    assert wire.send("HEAD", f"/{bucket}/k", headers=head)[1]["x-amz-checksum-crc64nvme"] == good
    assert "content-encoding" not in wire.send("HEAD", f"/{bucket}/k")[1]
    status, _, answer = wire.chunked(f"/{bucket}/k", [first, b"w0rld"], "crc64nvme", good)
    assert (status, b"BadDigest" in answer) == (400, True)
    status, _, answer = wire.chunked(f"/{bucket}/k", [b"hello", b"world"], "crc64nvme", good)
    assert (status, b"<Code>InvalidChunkSizeError</Code>" in answer) == (400, True)
    assert b"<Chunk>2</Chunk><BadChunkSize>5</BadChunkSize>" in answer
    assert wire.send("GET", f"/{bucket}/k")[2] == first + last


def test_a_trailer_that_was_announced_must_come(cloud, account, bucket):
    wire, headers = Wire(cloud, account), {"x-amz-trailer": "x-amz-checksum-crc32"}
    status, _, answer = wire.send("PUT", f"/{bucket}/k", b"no chunks at all", headers)
    assert (status, b"<Code>MalformedTrailerError</Code>" in answer) == (400, True)
    body, chunked = b"5\r\nhello\r\n0\r\n%b\r\n", {**headers, "x-amz-decoded-content-length": "5"}
    for trailer in (b"", b"x-amz-checksum-sha256:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\r\n", b"rubbish\r\n"):
        sent = wire.send("PUT", f"/{bucket}/k", body % trailer, chunked, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        assert (sent[0], b"<Code>MalformedTrailerError</Code>" in sent[2]) == (400, True)
    assert wire.send("HEAD", f"/{bucket}/k")[0] == 404
