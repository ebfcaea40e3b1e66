"""Content under a key that the client sends along (SSE-C), of which S3 keeps a salted digest alone."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

KEY, OTHER = b"k" * 32, b"o" * 32
CONTENT = b"a content under the client's own key: " * 3000


def own(key: bytes = KEY, prefix: str = "") -> dict[str, Any]:
    return {f"{prefix}SSECustomerAlgorithm": "AES256", f"{prefix}SSECustomerKey": key}


def test_the_key_that_wrote_reads(s3, bucket, refused):
    digest = base64.b64encode(hashlib.md5(KEY).digest()).decode()
    put = s3.put_object(Bucket=bucket, Key="k", Body=CONTENT, **own())
    assert (put["SSECustomerAlgorithm"], put["SSECustomerKeyMD5"]) == ("AES256", digest)
    assert "ServerSideEncryption" not in put and hashlib.md5(CONTENT).hexdigest() not in put["ETag"]
    got = s3.get_object(Bucket=bucket, Key="k", Range="bytes=70001-70020", **own())
    assert (got["Body"].read(), got["SSECustomerKeyMD5"]) == (CONTENT[70001:70021], digest)
    assert s3.head_object(Bucket=bucket, Key="k", **own())["ContentLength"] == len(CONTENT)
    coded = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": base64.b64encode(KEY).decode()}
    told = s3.get_object_attributes(
        Bucket=bucket, Key="k", ObjectAttributes=["ObjectSize"], SSECustomerKeyMD5=digest, **coded
    )
    assert told["ObjectSize"] == len(CONTENT)
    without = refused(s3.get_object, Bucket=bucket, Key="k")
    assert (without.code, without.status) == ("InvalidRequest", 400)
    assert without.message.startswith("The object was stored using a form of Server Side Encryption.")
    wrong = refused(s3.get_object, Bucket=bucket, Key="k", **own(OTHER))
    assert (wrong.code, wrong.status) == ("AccessDenied", 403)
    assert wrong.message.endswith("must provide the correct secret key.")
    assert refused(s3.head_object, Bucket=bucket, Key="k").status == 400
    assert refused(s3.head_object, Bucket=bucket, Key="k", **own(OTHER)).status == 403
    assert refused(s3.get_object_attributes, Bucket=bucket, Key="k", ObjectAttributes=["ETag"]).code == "InvalidRequest"
    s3.delete_object(Bucket=bucket, Key="k")


def test_a_key_for_what_has_none(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x")
    no = refused(s3.get_object, Bucket=bucket, Key="plain", **own())
    assert (no.code, no.message) == ("InvalidRequest", "The encryption parameters are not applicable to this object.")


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({**own(), "ServerSideEncryption": "AES256"}, "InvalidArgument", "is incompatible with the encryption method"),
        ({"SSECustomerKey": KEY}, "InvalidArgument", "must provide a valid encryption algorithm."),
        ({"SSECustomerAlgorithm": "AES256"}, "InvalidArgument", "must provide an appropriate secret key."),
        (
            {**own(), "SSECustomerAlgorithm": "aws:kms"},
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
        ),
        (own(b"short"), "InvalidArgument", "The secret key was invalid for the specified algorithm."),
        (
            {**own(), "SSECustomerKey": base64.b64encode(KEY).decode(), "SSECustomerKeyMD5": "wrong"},
            "InvalidArgument",
            "The calculated MD5 hash of the key did not match the hash that was provided.",
        ),
        ({**own(), "SSECustomerKey": "no base64!", "SSECustomerKeyMD5": "x"}, "InvalidArgument", "secret key was inva"),
    ],
)
def test_what_is_wrong_with_a_key(s3, bucket, refused, given, code, words):
    for call in (s3.put_object, s3.create_multipart_upload):
        no = refused(call, Bucket=bucket, Key="k", **given)
        assert (no.code, no.status, words in no.message) == (code, 400, True), no.message
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_every_part_comes_with_the_key(s3, bucket, refused):
    upload = {"Bucket": bucket, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(**upload, **own())["UploadId"]
    missing = refused(s3.upload_part, **upload, PartNumber=1, Body=b"x")
    assert (missing.code, "Subsequent part requests must include" in missing.message) == ("InvalidRequest", True)
    other = refused(s3.upload_part, **upload, PartNumber=1, Body=b"x", **own(OTHER))
    assert other.message == "The provided encryption parameters did not match the ones used originally."
    etag = s3.upload_part(**upload, PartNumber=1, Body=CONTENT, **own())["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert s3.get_object(Bucket=bucket, Key="k", **own())["Body"].read() == CONTENT
    plain = {"Bucket": bucket, "Key": "plain"}
    plain["UploadId"] = s3.create_multipart_upload(**plain)["UploadId"]
    assert refused(s3.upload_part, **plain, PartNumber=1, Body=b"x", **own()).message == missing.message


def test_a_copy_names_the_keys_of_both_sides(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="k", Body=CONTENT, **own())
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/k"}
    assert refused(s3.copy_object, **copy).code == "InvalidRequest"
    assert refused(s3.copy_object, **copy, **own(OTHER, "CopySource")).code == "AccessDenied"
    s3.copy_object(**copy, **own(prefix="CopySource"), **own(OTHER))
    assert s3.get_object(Bucket=bucket, Key="copy", **own(OTHER))["Body"].read() == CONTENT
    opened = s3.copy_object(**{**copy, "Key": "open"}, **own(prefix="CopySource"))
    assert opened["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(CONTENT).hexdigest()}"'
    assert s3.get_object(Bucket=bucket, Key="open")["Body"].read() == CONTENT


def test_versions_may_have_keys_of_their_own(s3, versioned, refused):
    ids = [
        s3.put_object(Bucket=versioned, Key="k", Body=key, **own(key))["VersionId"] for key in (KEY, OTHER)
    ]  # fmt: skip
    for id, key in zip(ids, (KEY, OTHER), strict=True):
        assert s3.get_object(Bucket=versioned, Key="k", VersionId=id, **own(key))["Body"].read() == key
    assert refused(s3.get_object, Bucket=versioned, Key="k", VersionId=ids[0], **own(OTHER)).code == "AccessDenied"


def test_a_bucket_may_block_them(s3, bucket, refused, account):
    s3.put_object(Bucket=bucket, Key="before", Body=b"x", **own())
    rule = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    shown = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert shown["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    no = refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **own())
    assert (no.code, no.status) == ("AccessDenied", 403)
    assert no.message == (
        f"User: arn:aws:iam::{account}:root is not authorized to perform: s3:PutObject on resource:"
        f' "arn:aws:s3:::{bucket}/k" because this bucket has blocked upload requests that specify Server Side'
        " Encryption with Customer provided keys (SSE-C). Please specify a different server-side encryption type"
    )
    assert s3.get_object(Bucket=bucket, Key="before", **own())["Body"].read() == b"x"
    rule["BlockedEncryptionTypes"] = {"EncryptionType": ["NONE"]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **own())
