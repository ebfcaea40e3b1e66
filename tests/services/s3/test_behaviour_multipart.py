"""Multipart uploads: parts, order, sizes, lists, copies, and the transfer manager."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest

MIB = 1024 * 1024
FIRST, LAST = b"1" * (5 * MIB), b"2" * 1000


@pytest.fixture
def begun(s3, bucket):
    return {
        "Bucket": bucket,
        "Key": "big",
        "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"],
    }


def _part(s3, begun, number, body):
    return {"PartNumber": number, "ETag": s3.upload_part(**begun, PartNumber=number, Body=body)["ETag"]}


def test_parts_become_an_object(s3, begun, bucket):
    parts = [_part(s3, begun, 2, FIRST), _part(s3, begun, 7, LAST)]
    _part(s3, begun, 9, b"left out")
    done = s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": parts})
    digest = hashlib.md5(hashlib.md5(FIRST).digest() + hashlib.md5(LAST).digest()).hexdigest()
    assert done["ETag"] == f'"{digest}-2"'
    assert done["Location"].endswith(f"/{bucket}/big")
    assert done["ChecksumType"] == "FULL_OBJECT" and done["ChecksumCRC64NVME"]
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == FIRST + LAST
    across = s3.get_object(Bucket=bucket, Key="big", Range=f"bytes={5 * MIB - 2}-{5 * MIB + 1}")
    assert across["Body"].read() == b"1122"
    second = s3.get_object(Bucket=bucket, Key="big", PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (LAST, 2)
    assert second["ContentRange"] == f"bytes {5 * MIB}-{5 * MIB + 999}/{5 * MIB + 1000}"
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/big")
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(FIRST + LAST).hexdigest()}"'
    s3.delete_object(Bucket=bucket, Key="big")
    assert s3.head_object(Bucket=bucket, Key="copy")["ContentLength"] == 5 * MIB + 1000


def test_reading_by_part_number(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123")
    whole = s3.get_object(Bucket=bucket, Key="k", PartNumber=1)
    assert (whole["Body"].read(), whole["ResponseMetadata"]["HTTPStatusCode"]) == (b"0123", 206)
    no = refused(s3.get_object, Bucket=bucket, Key="k", PartNumber=2)
    assert (no.code, no.status, no.error["ActualPartCount"]) == ("InvalidPartNumber", 416, "1")
    assert refused(s3.get_object, Bucket=bucket, Key="k", PartNumber=0).code == "InvalidArgument"
    assert refused(s3.get_object, Bucket=bucket, Key="k", PartNumber=1, Range="bytes=0-1").code == "InvalidRequest"


def test_wrong_lists_of_parts(s3, begun, refused):
    small, other = _part(s3, begun, 1, b"small"), _part(s3, begun, 2, b"other")

    def complete(*parts):
        return refused(s3.complete_multipart_upload, **begun, MultipartUpload={"Parts": list(parts)})

    assert complete(other, small).code == "InvalidPartOrder"
    assert complete({**small, "ETag": '"0"'}).code == "InvalidPart"
    missing = complete(small, {"PartNumber": 3, "ETag": '"x"'})
    assert (missing.code, missing.error["PartNumber"]) == ("InvalidPart", "3")
    tiny = complete(small, other)
    assert (tiny.code, tiny.error["MinSizeAllowed"], tiny.error["PartNumber"]) == ("EntityTooSmall", str(5 * MIB), "1")
    assert complete().code == "MalformedXML"
    size = refused(s3.complete_multipart_upload, **begun, MultipartUpload={"Parts": [small]}, MpuObjectSize=6)
    assert size.code == "InvalidRequest"
    assert refused(s3.upload_part, **begun, PartNumber=0, Body=b"").code == "InvalidArgument"
    assert refused(s3.upload_part, **begun, PartNumber=10_001, Body=b"").code == "InvalidArgument"
    s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": [small]})
    gone = refused(s3.complete_multipart_upload, **begun, MultipartUpload={"Parts": [small]})
    assert (gone.code, gone.status) == ("NoSuchUpload", 404)


def test_lists_and_abort(s3, begun, bucket, refused):
    _part(s3, begun, 1, b"a")
    _part(s3, begun, 1, b"aa")
    _part(s3, begun, 5, b"b")
    listed = s3.list_parts(**begun)
    assert [(part["PartNumber"], part["Size"]) for part in listed["Parts"]] == [(1, 2), (5, 1)]
    page = s3.list_parts(**begun, MaxParts=1)
    assert (page["IsTruncated"], page["NextPartNumberMarker"]) == (True, 1)
    assert s3.list_parts(**begun, PartNumberMarker=1)["Parts"][0]["PartNumber"] == 5
    s3.create_multipart_upload(Bucket=bucket, Key="dir/a")
    s3.create_multipart_upload(Bucket=bucket, Key="dir/a")
    uploads = s3.list_multipart_uploads(Bucket=bucket)
    assert [one["Key"] for one in uploads["Uploads"]] == ["big", "dir/a", "dir/a"]
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [one["Prefix"] for one in rolled["CommonPrefixes"]] == ["dir/"]
    first = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=2)
    rest = s3.list_multipart_uploads(
        Bucket=bucket, KeyMarker=first["NextKeyMarker"], UploadIdMarker=first["NextUploadIdMarker"]
    )
    assert len(rest["Uploads"]) == 1
    s3.abort_multipart_upload(**begun)
    assert refused(s3.abort_multipart_upload, **begun).code == "NoSuchUpload"
    assert refused(s3.list_parts, **begun).code == "NoSuchUpload"
    assert refused(s3.upload_part, **begun, PartNumber=1, Body=b"").code == "NoSuchUpload"
    s3.delete_bucket(Bucket=bucket)


def test_the_object_is_as_the_upload_began(s3, bucket):
    begun = s3.create_multipart_upload(
        Bucket=bucket, Key="k", ContentType="a/b", Metadata={"m": "1"}, Tagging="t=1", StorageClass="STANDARD_IA"
    )
    upload = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [_part(s3, upload, 1, b"x")]})
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentType"], head["Metadata"], head["StorageClass"]) == ("a/b", {"m": "1"}, "STANDARD_IA")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "t", "Value": "1"}]


def test_parts_copied_from_objects(s3, begun, bucket, refused):
    s3.put_object(Bucket=bucket, Key="source", Body=FIRST + b"0123456789")
    source = {**begun, "CopySource": f"{bucket}/source"}
    first = s3.upload_part_copy(**source, PartNumber=1)["CopyPartResult"]["ETag"]
    last = s3.upload_part_copy(**source, PartNumber=2, CopySourceRange=f"bytes={5 * MIB}-{5 * MIB + 4}")
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": last["CopyPartResult"]["ETag"]}]
    for wrong, code in (
        ("0-8", "InvalidArgument"),
        ("bytes=1-0", "InvalidArgument"),
        ("bytes=0-99999999", "InvalidArgument"),
        ("bytes=99999999-999999999", "InvalidRequest"),
    ):
        assert refused(s3.upload_part_copy, **source, PartNumber=3, CopySourceRange=wrong).code == code
    s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == FIRST + b"0123456789" + b"01234"


def test_conditions_of_completion(s3, begun, bucket, refused):
    parts = {"Parts": [_part(s3, begun, 1, b"x")]}
    s3.put_object(Bucket=bucket, Key="big", Body=b"meanwhile")
    assert refused(s3.complete_multipart_upload, **begun, MultipartUpload=parts, IfNoneMatch="*").status == 412
    s3.delete_object(Bucket=bucket, Key="big")
    conflict = refused(s3.complete_multipart_upload, **begun, MultipartUpload=parts, IfNoneMatch="*")
    assert (conflict.code, conflict.status) == ("ConditionalRequestConflict", 409)
    s3.complete_multipart_upload(**begun, MultipartUpload=parts)


def test_the_transfer_manager(s3, bucket):
    body = bytes(range(256)) * (20 * 4096)
    s3.upload_fileobj(io.BytesIO(body), bucket, "managed")
    assert s3.head_object(Bucket=bucket, Key="managed")["ETag"].endswith('-3"')
    back = io.BytesIO()
    s3.download_fileobj(bucket, "managed", back)
    assert back.getvalue() == body
    s3.copy({"Bucket": bucket, "Key": "managed"}, bucket, "again")
    assert s3.head_object(Bucket=bucket, Key="again")["ContentLength"] == len(body)


def test_attributes_of_parts(s3, bucket):
    begun = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")
    upload = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
    part = s3.upload_part(**upload, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256")
    done = {"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [done]})
    parts = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts"])["ObjectParts"]
    assert parts["TotalPartsCount"] == 1
    assert parts["Parts"][0]["ChecksumSHA256"] == part["ChecksumSHA256"]


def test_completing_without_a_list(s3: Any, bucket: str, refused: Any) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    answer = refused(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload)
    assert (answer.code, answer.message) == ("InvalidRequest", "You must specify at least one part")
    answer = refused(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={})
    assert answer.code == "MalformedXML"
