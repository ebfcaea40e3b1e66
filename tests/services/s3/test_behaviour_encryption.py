"""Content under keys of KMS: who may write and read it, what lies on disk, what a key's state does."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

PART = 5 * 1024 * 1024
SECRET = b"a content that must not be found on disk: "


@pytest.fixture
def kms(client: Callable[..., Any]) -> Any:
    """The root's client of KMS."""
    return client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    """The ARN of a new key."""
    return kms.create_key()["KeyMetadata"]["Arn"]


def under(key: str, **more: Any) -> dict[str, Any]:
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, **more}


def allow(actions: list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def on_disk(folder: Any, needle: bytes) -> bool:
    """Whether these bytes lie anywhere in the cloud's folder."""
    if any(needle in file.read_bytes() for file in folder.rglob("*") if file.is_file()):
        return True
    [database] = [file for file in folder.rglob("*") if file.is_file() and file.read_bytes()[:15] == b"SQLite format 3"]
    with sqlite3.connect(database) as base:
        return any(needle in (row[0] or b"") for row in base.execute("SELECT data FROM blobs"))


@pytest.mark.parametrize("size", [0, 1, 20_000, 64 * 1024, 300_000])
def test_what_is_put_comes_back_and_the_etag_is_no_md5(s3, bucket, key, size):
    content = (SECRET * (size // len(SECRET) + 1))[:size]
    put = s3.put_object(Bucket=bucket, Key="k", Body=content, **under(key))
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", key)
    assert put["ETag"] != f'"{hashlib.md5(content).hexdigest()}"' and "BucketKeyEnabled" not in put
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["ContentLength"], got["SSEKMSKeyId"]) == (content, size, key)
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Size"] == size
    if size > 20_000:
        for first, last in ((0, 0), (17, 40), (size - 5, size - 1), (33, 65_600)):
            ranged = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}")
            assert ranged["Body"].read() == content[first : last + 1]


def test_only_what_is_under_a_key_is_hidden_on_disk(fresh_cloud):
    s3, kms = fresh_cloud.client("s3"), fresh_cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="hidden-content")
    for name, size in (("small", 1), ("large", 4000)):
        s3.put_object(Bucket="hidden-content", Key=name, Body=SECRET * size, **under(key))
    assert not on_disk(fresh_cloud.data, SECRET)
    fresh_cloud.restart()
    assert s3.get_object(Bucket="hidden-content", Key="large")["Body"].read() == SECRET * 4000
    s3.put_object(Bucket="hidden-content", Key="plain", Body=SECRET * 4000)
    assert on_disk(fresh_cloud.data, SECRET)


def test_writing_needs_a_data_key_and_reading_its_decryption(s3, kms, bucket, key, iam_user, refused, account):
    objects = allow(["s3:*"])
    maker = iam_user(document(objects, allow(["kms:GenerateDataKey"])), name="maker")("s3")
    reader = iam_user(document(objects, allow(["kms:Decrypt"])), name="reader")("s3")
    maker.put_object(Bucket=bucket, Key="k", Body=SECRET, **under(key))
    assert reader.get_object(Bucket=bucket, Key="k")["Body"].read() == SECRET
    assert reader.head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == key
    no = refused(maker.get_object, Bucket=bucket, Key="k")
    assert (no.code, no.status) == ("AccessDenied", 403)
    assert no.message == (
        f"User: arn:aws:iam::{account}:user/maker is not authorized to perform: kms:Decrypt on resource: {key}"
        " because no identity-based policy allows the kms:Decrypt action"
    )
    assert maker.head_object(Bucket=bucket, Key="k")["ContentLength"] == len(SECRET)
    assert refused(maker.head_object, Bucket=bucket, Key="k", ChecksumMode="ENABLED").status == 403
    no = refused(reader.put_object, Bucket=bucket, Key="other", Body=SECRET, **under(key))
    assert (no.code, "kms:GenerateDataKey on resource" in no.message) == ("AccessDenied", True)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="other")


def test_a_grant_lets_read_until_it_is_revoked(s3, kms, bucket, key, iam_user, refused, account):
    reader = iam_user(document(allow(["s3:GetObject"])), name="grantee")("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=SECRET, **under(key))
    context = {"aws:s3:arn": f"arn:aws:s3:::{bucket}/k"}
    grant = kms.create_grant(
        KeyId=key, GranteePrincipal=f"arn:aws:iam::{account}:user/grantee", Operations=["Decrypt"],
        Constraints={"EncryptionContextEquals": context},
    )  # fmt: skip
    assert reader.get_object(Bucket=bucket, Key="k")["Body"].read() == SECRET
    s3.put_object(Bucket=bucket, Key="not-k", Body=SECRET, **under(key))
    assert refused(reader.get_object, Bucket=bucket, Key="not-k").code == "AccessDenied"
    kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    assert refused(reader.get_object, Bucket=bucket, Key="k").code == "AccessDenied"


def test_a_policy_may_want_the_service_and_the_context(s3, bucket, key, iam_user, refused):
    through = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:team": "blue"}}
    clients = iam_user(document(allow(["s3:*"]), allow(["kms:*"], Condition=through)))
    user, direct = clients("s3"), clients("kms")
    context = base64.b64encode(json.dumps({"team": "blue"}).encode()).decode()
    user.put_object(Bucket=bucket, Key="k", Body=SECRET, **under(key, SSEKMSEncryptionContext=context))
    assert user.get_object(Bucket=bucket, Key="k")["Body"].read() == SECRET
    assert refused(user.put_object, Bucket=bucket, Key="k", Body=b"x", **under(key)).code == "AccessDenied"
    asked = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"team": "blue"}}
    assert refused(direct.generate_data_key, **asked).code == "AccessDeniedException"
    wrong = refused(s3.put_object, Bucket=bucket, Key="k", **under(key, SSEKMSEncryptionContext="no json"))
    assert (wrong.code, wrong.error["ArgumentName"]) == ("InvalidArgument", "x-amz-server-side-encryption-context")


def test_a_keys_state_is_the_objects(s3, kms, bucket, key, refused):
    s3.put_object(Bucket=bucket, Key="k", Body=SECRET, **under(key))
    kms.disable_key(KeyId=key)
    for call, given in ((s3.get_object, {}), (s3.put_object, under(key, Body=b"y"))):
        no = refused(call, Bucket=bucket, Key="k", **given)
        assert (no.code, no.status, no.message) == ("KMS.DisabledException", 400, f"{key} is disabled.")
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    no = refused(s3.get_object, Bucket=bucket, Key="k")
    assert (no.code, no.message) == ("KMS.KMSInvalidStateException", f"{key} is pending deletion.")
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == SECRET


def test_keys_that_are_not_there(s3, bucket, refused, account):
    no = refused(s3.put_object, Bucket=bucket, Key="k", **under("fake-key-id"))
    assert (no.code, no.message) == ("KMS.NotFoundException", "Invalid keyId 'fake-key-id'")
    id = "134f2428-cec1-4b25-a1ae-9048164dba47"
    gone = f"arn:aws:kms:us-east-1:{account}:key/{id}"
    for name in (id, gone):
        no = refused(s3.create_multipart_upload, Bucket=bucket, Key="k", **under(name))
        assert (no.code, no.message) == ("KMS.NotFoundException", f"Key '{gone}' does not exist")
    elsewhere = refused(s3.put_object, Bucket=bucket, Key="k", **under(gone.replace("us-east-1", "us-west-2")))
    assert elsewhere.message == "Invalid arn us-west-2"
    alone = refused(s3.put_object, Bucket=bucket, Key="k", SSEKMSKeyId=id)
    assert (alone.code, alone.error["ArgumentName"]) == ("InvalidArgument", "x-amz-server-side-encryption")


def test_an_alias_stands_for_its_key_of_the_moment(s3, kms, bucket, key):
    name = f"alias/{bucket}"
    kms.create_alias(AliasName=name, TargetKeyId=key)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": name}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert s3.put_object(Bucket=bucket, Key="old", Body=SECRET)["SSEKMSKeyId"] == key
    other = kms.create_key()["KeyMetadata"]["Arn"]
    kms.update_alias(AliasName=name, TargetKeyId=other)
    assert s3.put_object(Bucket=bucket, Key="new", Body=SECRET)["SSEKMSKeyId"] == other
    assert s3.get_object(Bucket=bucket, Key="old")["Body"].read() == SECRET
    kms.disable_key(KeyId=key)
    assert s3.get_object(Bucket=bucket, Key="new")["Body"].read() == SECRET


def test_a_bucket_key_binds_to_the_bucket(s3, bucket, key, iam_user, refused):
    on_bucket = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}"}}
    user = iam_user(document(allow(["s3:*"]), allow(["kms:*"], Condition=on_bucket)))("s3")
    assert user.put_object(Bucket=bucket, Key="k", Body=SECRET, **under(key, BucketKeyEnabled=True))["BucketKeyEnabled"]
    assert user.get_object(Bucket=bucket, Key="k")["BucketKeyEnabled"] is True
    assert refused(user.put_object, Bucket=bucket, Key="k", **under(key)).code == "AccessDenied"


def test_the_managed_key_is_there_for_the_account_through_s3_alone(s3, kms, bucket, iam_user, refused):
    clients = iam_user(document(allow(["s3:*"])))
    put = clients("s3").put_object(Bucket=bucket, Key="k", Body=SECRET, ServerSideEncryption="aws:kms")
    described = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert (described["Arn"], described["KeyManager"]) == (put["SSEKMSKeyId"], "AWS")
    assert clients("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == SECRET
    asked = {"KeyId": "alias/aws/s3", "KeySpec": "AES_256"}
    assert refused(clients("kms").generate_data_key, **asked).code == "AccessDeniedException"


def test_parts_are_under_the_uploads_key(s3, kms, bucket, key, iam_user, refused):
    writer = iam_user(document(allow(["s3:*"]), allow(["kms:GenerateDataKey"])))("s3")
    upload = {"Bucket": bucket, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(Bucket=bucket, Key="k", **under(key))["UploadId"]
    content = [SECRET * (PART // len(SECRET) + 1), SECRET * 3]
    no = refused(writer.upload_part, **upload, PartNumber=1, Body=b"x")
    assert (no.code, "kms:Decrypt" in no.message) == ("AccessDenied", True)
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in enumerate(content, 1)
    ]
    done = {"MultipartUpload": {"Parts": parts}}
    assert refused(writer.complete_multipart_upload, **upload, **done).code == "AccessDenied"
    made = s3.complete_multipart_upload(**upload, **done)
    assert made["SSEKMSKeyId"] == key and made["ETag"].endswith('-2"')
    whole = b"".join(content)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == whole
    first = len(content[0])
    assert s3.get_object(Bucket=bucket, Key="k", PartNumber=2)["Body"].read() == content[1]
    crossing = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first - 7}-{first + 6}")
    assert crossing["Body"].read() == whole[first - 7 : first + 7]
    kms.disable_key(KeyId=key)
    assert refused(s3.get_object, Bucket=bucket, Key="k").code == "KMS.DisabledException"


def test_a_copy_is_under_the_key_that_it_asks_for(s3, kms, bucket, key, iam_user, refused):
    source, plain = f"{bucket}/k", SECRET * 5000
    s3.put_object(Bucket=bucket, Key="k", Body=plain, **under(key))
    other = kms.create_key()["KeyMetadata"]["Arn"]
    copied = s3.copy_object(Bucket=bucket, Key="other", CopySource=source, **under(other))
    assert copied["SSEKMSKeyId"] == other
    open_copy = s3.copy_object(Bucket=bucket, Key="plain", CopySource=source)
    assert open_copy["ServerSideEncryption"] == "AES256"
    assert open_copy["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(plain).hexdigest()}"'
    s3.copy_object(Bucket=bucket, Key="plain", CopySource=f"{bucket}/plain", **under(key))
    writer = iam_user(document(allow(["s3:*"]), allow(["kms:GenerateDataKey"])))("s3")
    assert refused(writer.copy_object, Bucket=bucket, Key="no", CopySource=source).code == "AccessDenied"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", **under(other))["UploadId"]
    part = {"Bucket": bucket, "Key": "parts", "UploadId": upload}
    etag = s3.upload_part_copy(**part, PartNumber=1, CopySource=source, CopySourceRange="bytes=42-83")
    done = [{"PartNumber": 1, "ETag": etag["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": done})
    assert s3.get_object(Bucket=bucket, Key="parts")["Body"].read() == SECRET
    kms.disable_key(KeyId=key)
    assert s3.get_object(Bucket=bucket, Key="other")["Body"].read() == plain
    assert refused(s3.copy_object, Bucket=bucket, Key="no", CopySource=source).code == "KMS.DisabledException"
    assert refused(s3.get_object, Bucket=bucket, Key="plain").code == "KMS.DisabledException"


def test_a_url_is_signed_with_version_4_or_refused(cloud, s3, bucket, key, account):
    s3.put_object(Bucket=bucket, Key="k", Body=SECRET, **under(key))
    session = boto3.Session(aws_access_key_id=account, aws_secret_access_key="test", region_name="us-east-1")
    for version, expected in (("s3v4", SECRET), ("s3", b"require AWS Signature Version 4.")):
        signer = session.client("s3", endpoint_url=cloud.url, config=Config(signature_version=version))
        url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
        try:
            with urllib.request.urlopen(url) as answer:
                body = answer.read()
        except urllib.error.HTTPError as error:
            body = error.read()
            assert error.code == 400
        assert expected in body, version


def test_the_digest_that_a_client_sends_is_of_the_content(s3, bucket, key, refused):
    digest = base64.b64encode(hashlib.md5(SECRET).digest()).decode()
    s3.put_object(Bucket=bucket, Key="k", Body=SECRET, ContentMD5=digest, **under(key))
    assert (
        refused(s3.put_object, Bucket=bucket, Key="k", Body=b"y", ContentMD5=digest, **under(key)).code == "BadDigest"
    )


def test_a_key_of_another_account_needs_both_sides(client, s3, kms, bucket, key, account, refused):
    other = "999999999999"
    theirs = client("s3", key=other)
    policy = document({"Effect": "Allow", "Principal": {"AWS": other}, "Action": "s3:*",
                       "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]})  # fmt: skip
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    s3.put_object(Bucket=bucket, Key="k", Body=SECRET, **under(key))
    assert refused(theirs.get_object, Bucket=bucket, Key="k").code == "AccessDenied"
    own = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    own["Statement"].append({"Effect": "Allow", "Principal": {"AWS": other}, "Action": "kms:Decrypt", "Resource": "*"})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(own))
    assert theirs.get_object(Bucket=bucket, Key="k")["Body"].read() == SECRET
    put = theirs.put_object(Bucket=bucket, Key="theirs", Body=SECRET, ServerSideEncryption="aws:kms")
    assert f":{other}:key/" in put["SSEKMSKeyId"], "aws/s3 is the one of who uploads"
