"""Objects: put, get, head, ranges, conditions, metadata, tags, copies, deletes."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.services.s3.wire import Wire


def test_put_get_head_delete(s3, bucket, refused):
    body = b"hello" * 10
    put = s3.put_object(Bucket=bucket, Key="a/b", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert put["ServerSideEncryption"] == "AES256"
    assert "VersionId" not in put
    got = s3.get_object(Bucket=bucket, Key="a/b")
    assert got["Body"].read() == body
    assert got["ContentType"] == "binary/octet-stream"
    assert got["AcceptRanges"] == "bytes"
    head = s3.head_object(Bucket=bucket, Key="a/b")
    assert (head["ContentLength"], head["ETag"], head["LastModified"]) == (50, put["ETag"], got["LastModified"])
    s3.delete_object(Bucket=bucket, Key="a/b")
    s3.delete_object(Bucket=bucket, Key="a/b")
    missing = refused(s3.get_object, Bucket=bucket, Key="a/b")
    assert (missing.code, missing.status, missing.error["Key"]) == ("NoSuchKey", 404, "a/b")
    assert refused(s3.head_object, Bucket=bucket, Key="a/b").status == 404


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 3_000_000])
def test_content_of_every_size(s3, bucket, size):
    body = bytes(i * 7 % 251 for i in range(size))
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
    if size:
        part = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={size // 2}-")
        assert part["Body"].read() == body[size // 2 :]


def test_overwriting_replaces(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"1" * 100_000, Metadata={"a": "1"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["Metadata"]) == (b"2", {})
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1


@pytest.mark.parametrize(
    ("range", "body", "content_range"),
    [
        ("bytes=0-8", b"012345678", "bytes 0-8/10"),
        ("bytes=1-1", b"1", "bytes 1-1/10"),
        ("bytes=1-", b"123456789", "bytes 1-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-15", b"0123456789", "bytes 0-9/10"),
        ("bytes=0-100", b"0123456789", "bytes 0-9/10"),
        ("bytes=1-0", b"0123456789", None),
        ("bytes=0-1,3-4,7-9", b"0123456789", None),
        ("bytes=-", b"0123456789", None),
        ("0-9", b"0123456789", None),
    ],
)
def test_ranges(s3, bucket, range, body, content_range):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", Range=range)
    assert got["Body"].read() == body
    assert got.get("ContentRange") == content_range
    assert got["ResponseMetadata"]["HTTPStatusCode"] == (206 if content_range else 200)


@pytest.mark.parametrize("range", ["bytes=10-", "bytes=100-200", "bytes=-0"])
def test_ranges_without_a_byte(s3, bucket, refused, range):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    no = refused(s3.get_object, Bucket=bucket, Key="k", Range=range)
    assert (no.code, no.status) == ("InvalidRange", 416)
    assert (no.error["ActualObjectSize"], no.error["RangeRequested"]) == ("10", range)


def test_conditional_reads(s3, bucket, refused):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    earlier, later = modified - datetime.timedelta(hours=1), modified + datetime.timedelta(hours=1)
    s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)
    s3.get_object(Bucket=bucket, Key="k", IfMatch=etag, IfUnmodifiedSince=earlier)
    assert refused(s3.get_object, Bucket=bucket, Key="k", IfMatch='"other"').code == "PreconditionFailed"
    no = refused(s3.get_object, Bucket=bucket, Key="k", IfUnmodifiedSince=earlier)
    assert (no.status, no.error["Condition"]) == (412, "If-Unmodified-Since")
    same = refused(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag)
    assert (same.status, same.headers["etag"]) == (304, etag)
    assert same.headers["last-modified"].endswith("GMT")
    assert refused(s3.get_object, Bucket=bucket, Key="k", IfModifiedSince=modified).status == 304
    s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=earlier, IfNoneMatch='"other"')
    assert refused(s3.head_object, Bucket=bucket, Key="k", IfNoneMatch=etag, IfModifiedSince=earlier).status == 304
    s3.get_object(Bucket=bucket, Key="k", IfUnmodifiedSince=later)


def test_conditional_writes(s3, bucket, refused):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    again = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    assert (again.code, again.error["Condition"]) == ("PreconditionFailed", "If-None-Match")
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfMatch='"wrong"').status == 412
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    assert refused(s3.put_object, Bucket=bucket, Key="new", Body=b"", IfMatch=etag).code == "NoSuchKey"
    assert refused(s3.put_object, Bucket=bucket, Key="k", IfNoneMatch='"x"').code == "NotImplemented"
    assert refused(s3.put_object, Bucket=bucket, Key="k", IfMatch="*").code == "NotImplemented"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
    assert refused(s3.delete_object, Bucket=bucket, Key="k", IfMatch=etag).status == 412
    s3.delete_object(Bucket=bucket, Key="k", IfMatch="*")
    assert refused(s3.delete_object, Bucket=bucket, Key="k", IfMatch=etag).code == "NoSuchKey"


def test_headers_and_metadata_come_back(s3, bucket, refused):
    s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", ContentType="text/plain; charset=utf-8", CacheControl="max-age=5",
        ContentDisposition='attachment; filename="a.txt"', ContentEncoding="gzip", ContentLanguage="de",
        Expires=datetime.datetime(2030, 1, 1), Metadata={"One": "1", "two-words": "a b"}, StorageClass="STANDARD_IA",
        WebsiteRedirectLocation="/other",
    )  # fmt: skip
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["Metadata"] == {"one": "1", "two-words": "a b"}
    assert head["ContentType"] == "text/plain; charset=utf-8"
    assert (head["CacheControl"], head["ContentEncoding"], head["ContentLanguage"]) == ("max-age=5", "gzip", "de")
    assert head["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    assert (head["StorageClass"], head["WebsiteRedirectLocation"]) == ("STANDARD_IA", "/other")
    changed = s3.get_object(
        Bucket=bucket, Key="k", ResponseContentType="a/b", ResponseContentDisposition="inline",
        ResponseExpires=datetime.datetime(2031, 1, 1),
    )  # fmt: skip
    assert (changed["ContentType"], changed["ContentDisposition"]) == ("a/b", "inline")
    assert changed["ExpiresString"] == "Wed, 01 Jan 2031 00:00:00 GMT"
    large = refused(s3.put_object, Bucket=bucket, Key="k", Metadata={"a": "x" * 2048})
    assert (large.code, large.error["MaxSizeAllowed"]) == ("MetadataTooLarge", "2048")
    assert refused(s3.put_object, Bucket=bucket, Key="k", StorageClass="FAST").code == "InvalidStorageClass"


def test_archived_objects_are_told_but_not_read(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "GLACIER"
    no = refused(s3.get_object, Bucket=bucket, Key="k")
    assert (no.code, no.status, no.error["StorageClass"]) == ("InvalidObjectState", 403, "GLACIER")


def test_object_tags(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="b=2&a=1&c")
    tags = s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert tags == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}, {"Key": "c", "Value": ""}]
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 3
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "z", "Value": "26"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "z", "Value": "26"}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    for header in ("a=1&a=2", "a=1,b=2"):
        no = refused(s3.put_object, Bucket=bucket, Key="k", Tagging=header)
        assert (no.code, no.error["ArgumentName"]) == ("InvalidArgument", "x-amz-tagging")
    eleven = {"TagSet": [{"Key": str(n), "Value": ""} for n in range(11)]}
    many = refused(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=eleven)
    assert (many.code, many.message) == ("BadRequest", "Object tags cannot be greater than 10")
    missing = refused(s3.get_object_tagging, Bucket=bucket, Key="none")
    assert missing.code == "NoSuchKey"


def test_copies(s3, bucket, name, refused):
    source = {"Bucket": bucket, "Key": "a b/ü+?"}
    s3.put_object(**source, Body=b"x" * 70_000, Metadata={"m": "1"}, ContentType="a/b", Tagging="t=1")
    etag = s3.head_object(**source)["ETag"]
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == etag
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert (got["Metadata"], got["ContentType"], got["Body"].read()) == ({"m": "1"}, "a/b", b"x" * 70_000)
    assert s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.copy_object(
        Bucket=bucket, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "2"},
        TaggingDirective="REPLACE", Tagging="u=2",
    )  # fmt: skip
    got = s3.head_object(Bucket=bucket, Key="copy")
    assert (got["Metadata"], got["ContentType"]) == ({"n": "2"}, "binary/octet-stream")
    s3.delete_object(**source)
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"x" * 70_000
    assert refused(s3.copy_object, Bucket=bucket, Key="c", CopySource=source).code == "NoSuchKey"
    assert refused(s3.copy_object, Bucket=bucket, Key="c", CopySource=f"{name}-no/k").code == "NoSuchBucket"
    assert refused(s3.copy_object, Bucket=bucket, Key="c", CopySource="nonsense").code == "InvalidArgument"


def test_a_copy_onto_itself_must_change_something(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    source = {"Bucket": bucket, "Key": "k"}
    no = refused(s3.copy_object, Bucket=bucket, Key="k", CopySource=source)
    assert (no.code, no.status) == ("InvalidRequest", 400)
    s3.copy_object(Bucket=bucket, Key="k", CopySource=source, StorageClass="STANDARD_IA")
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "STANDARD_IA"
    s3.copy_object(Bucket=bucket, Key="k", CopySource=source, MetadataDirective="REPLACE", Metadata={"a": "b"})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_conditional_copies(s3, bucket, refused):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    source = {"Bucket": bucket, "Key": "k"}
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source, CopySourceIfMatch=etag)
    for condition, header in (
        ({"CopySourceIfMatch": '"no"'}, "x-amz-copy-source-If-Match"),
        ({"CopySourceIfNoneMatch": etag}, "x-amz-copy-source-If-None-Match"),
        ({"CopySourceIfUnmodifiedSince": datetime.datetime(2020, 1, 1)}, "x-amz-copy-source-If-Unmodified-Since"),
    ):
        no = refused(s3.copy_object, Bucket=bucket, Key="c", CopySource=source, **condition)
        assert (no.code, no.error["Condition"]) == ("PreconditionFailed", header)
    future = datetime.datetime(2100, 1, 1)
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source, CopySourceIfModifiedSince=future)


def test_many_deletes_at_once(s3, bucket, refused):
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    done = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "nothing"}]})
    assert [one["Key"] for one in done["Deleted"]] == ["a", "nothing"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet
    wrong = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c", "VersionId": "x" * 32}]})
    assert wrong["Errors"][0]["Code"] == "NoSuchVersion"
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["c"]
    many = {"Objects": [{"Key": str(n)} for n in range(1001)]}
    assert refused(s3.delete_objects, Bucket=bucket, Delete=many).code == "MalformedXML"


def test_attributes(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"abc", ChecksumAlgorithm="SHA256")
    got = s3.get_object_attributes(
        Bucket=bucket, Key="k", ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass", "ObjectParts"]
    )
    assert (got["ETag"], got["ObjectSize"], got["StorageClass"]) == (hashlib.md5(b"abc").hexdigest(), 3, "STANDARD")
    assert got["Checksum"]["ChecksumSHA256"]
    assert "ObjectParts" not in got


@pytest.mark.parametrize(
    "key",
    ["a//b", "/lead", "trail/", "..", "a/../b", ".", "100%", "a%2Fb", "a+b c", "ünïcödé/日本/😀", "a&b<c>'\"", "\x01\t",
     "*", "~!@$^()_-={}[]|;:,.?#"],
)  # fmt: skip
def test_any_key(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    done = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]}) if key.isprintable() else None
    if done is None:
        s3.delete_object(Bucket=bucket, Key=key)
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["copy"]


def test_long_keys(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="ü" * 512, Body=b"")
    no = refused(s3.put_object, Bucket=bucket, Key="ü" * 513, Body=b"")
    assert (no.code, no.error["Size"], no.error["MaxSizeAllowed"]) == ("KeyTooLongError", "1026", "1024")


def test_an_object_may_be_encrypted_with_the_accounts_own_key(s3, bucket, refused):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    key = put["SSEKMSKeyId"]
    assert key.startswith("arn:aws:kms:us-east-1:") and put["ServerSideEncryption"] == "aws:kms"
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    copy = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    assert copy["ServerSideEncryption"] == "AES256", "a copy is encrypted as its own request and bucket say"
    assert "SSEKMSKeyId" not in s3.head_object(Bucket=bucket, Key="copy")


def test_two_layers_of_encryption_are_refused_by_name_and_locks_as_s3_does(s3, bucket, refused):
    dual = refused(s3.put_object, Bucket=bucket, Key="k", ServerSideEncryption="aws:kms:dsse")
    assert dual.code == "NotImplemented"
    lock = refused(s3.put_object, Bucket=bucket, Key="k", ObjectLockLegalHoldStatus="ON")
    assert lock.message == "Bucket is missing Object Lock Configuration"
    with pytest.raises(ClientError):
        s3.head_object(Bucket=bucket, Key="k")


def test_the_resource_interface(s3, bucket, cloud, account):
    session = boto3.Session(aws_access_key_id=account, aws_secret_access_key="test", region_name="us-east-1")
    box = session.resource("s3", endpoint_url=cloud.url).Bucket(bucket)
    box.put_object(Key="r", Body=b"resource")
    assert [(one.key, one.size) for one in box.objects.all()] == [("r", 8)]
    box.objects.delete()
    assert list(box.objects.all()) == []


def test_a_copy_onto_itself_where_the_bucket_says_how_it_encrypts(s3: Any, bucket: str, refused: Any) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    copy = {"Bucket": bucket, "Key": "k", "CopySource": f"{bucket}/k"}
    assert refused(s3.copy_object, **copy).code == "InvalidRequest"
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    result = s3.copy_object(**copy)["CopyObjectResult"]
    assert "ChecksumType" not in result


def test_attributes_without_a_list_of_them_are_no_content(cloud: Any, account: str, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"secret")
    status, _, body = Wire(cloud, account).send("GET", f"/{bucket}/k?attributes")
    assert (status, b"secret" in body) == (400, False)
