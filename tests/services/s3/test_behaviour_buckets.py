"""Buckets: creating, finding, listing, deleting, and their small configurations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.s3.wire import Wire


def test_a_bucket_is_created_found_listed_and_deleted(s3, name):
    answer = s3.create_bucket(Bucket=name)
    assert answer["Location"] == f"/{name}"
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == [name]
    s3.delete_bucket(Bucket=name)
    assert s3.list_buckets()["Buckets"] == []


def test_creating_it_again_is_success_in_us_east_1_only(client, s3, bucket, name, refused):
    s3.create_bucket(Bucket=bucket)
    west = client("s3", region="eu-west-1")
    other = name + "-west"
    location = {"LocationConstraint": "eu-west-1"}
    west.create_bucket(Bucket=other, CreateBucketConfiguration=location)
    again = refused(west.create_bucket, Bucket=other, CreateBucketConfiguration=location)
    assert (again.code, again.status) == ("BucketAlreadyOwnedByYou", 409)
    assert west.get_bucket_location(Bucket=other)["LocationConstraint"] == "eu-west-1"


def test_names_are_global_across_accounts(cloud, bucket, refused):
    stranger = cloud.client("s3", key="123123123123")
    taken = refused(stranger.create_bucket, Bucket=bucket)
    assert (taken.code, taken.status) == ("BucketAlreadyExists", 409)
    assert taken.error["BucketName"] == bucket


@pytest.mark.parametrize(
    ("region", "location", "code"),
    [
        ("us-east-1", "us-east-1", "InvalidLocationConstraint"),
        ("us-east-1", "nowhere", "InvalidLocationConstraint"),
        ("eu-west-1", None, "IllegalLocationConstraintException"),
        ("eu-west-1", "eu-central-1", "IllegalLocationConstraintException"),
    ],
)
def test_location_constraints(client, name, refused, region, location, code):
    more = {"CreateBucketConfiguration": {"LocationConstraint": location}} if location else {}
    assert refused(client("s3", region=region).create_bucket, Bucket=name, **more).code == code


@pytest.mark.parametrize(
    "bad", ["ab", "Upper", "a_b", "-ab", "ab-", "a..b", "1.2.3.4", "xn--abc", "abc-s3alias", "a" * 64]
)
def test_bad_names(cloud, account, bad):
    status, _, body = Wire(cloud, account).send("PUT", f"/{bad}")  # botocore would not even send it
    assert (status, b"<Code>InvalidBucketName</Code>" in body) == (400, True)


def test_a_missing_bucket(s3, name, refused):
    missing = refused(s3.list_objects_v2, Bucket=name)
    assert (missing.code, missing.status, missing.error["BucketName"]) == ("NoSuchBucket", 404, name)
    assert refused(s3.head_bucket, Bucket=name).status == 404
    assert refused(s3.delete_bucket, Bucket=name).code == "NoSuchBucket"
    assert refused(s3.put_object, Bucket=name, Key="k", Body=b"x").code == "NoSuchBucket"


def test_only_an_empty_bucket_is_deleted(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert refused(s3.delete_bucket, Bucket=bucket).message == "The bucket you tried to delete is not empty"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket=bucket, Key="k")
    assert refused(s3.delete_bucket, Bucket=bucket).message.endswith("You must delete all versions in the bucket.")


def test_lists_of_buckets_are_paged_and_filtered(client, s3, name):
    for letter in "cab":
        s3.create_bucket(Bucket=f"{name}-{letter}")
    client("s3", region="eu-west-1").create_bucket(
        Bucket=f"{name}-d", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    first = s3.list_buckets(MaxBuckets=2)
    assert [one["Name"][-1] for one in first["Buckets"]] == ["a", "b"]
    second = s3.list_buckets(MaxBuckets=2, ContinuationToken=first["ContinuationToken"])
    assert [one["Name"][-1] for one in second["Buckets"]] == ["c", "d"]
    assert "ContinuationToken" not in second
    assert len(s3.list_buckets(Prefix=f"{name}-c")["Buckets"]) == 1
    assert [one["Name"][-1] for one in s3.list_buckets(BucketRegion="eu-west-1")["Buckets"]] == ["d"]


def test_the_expected_owner_is_checked(s3, bucket, account, refused):
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    assert refused(s3.list_objects_v2, Bucket=bucket, ExpectedBucketOwner="111122223333").code == "AccessDenied"


def test_versioning_configuration(s3, bucket, refused):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status
    wrong = refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "enabled"})
    assert wrong.code == "MalformedXML"
    empty = refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={})
    assert empty.code == "IllegalVersioningConfigurationException"


def test_encryption_is_sse_s3_unless_the_bucket_says_otherwise(s3, bucket, refused):
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule == {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    aes = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [aes]})
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == [aes]
    assert "BucketKeyEnabled" not in s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_bucket_encryption(Bucket=bucket)
    kms = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/not-looked-at"}
    rules = [{"ApplyServerSideEncryptionByDefault": kms, "BucketKeyEnabled": False}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == rules
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x").code == "KMS.NotFoundException"
    aes["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] = "alias/x"
    wrong = refused(s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [aes]})
    assert wrong.error["ArgumentName"] == "ApplyServerSideEncryptionByDefault"


def test_the_accounts_own_key_may_be_the_default(s3, bucket, refused):
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [kms]})
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == [kms]
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert (put["ServerSideEncryption"], put["BucketKeyEnabled"]) == ("aws:kms", True)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")
    assert upload["SSEKMSKeyId"] == put["SSEKMSKeyId"]
    plain = s3.put_object(Bucket=bucket, Key="plain", Body=b"x", ServerSideEncryption="AES256")
    assert plain["ServerSideEncryption"] == "AES256" and "SSEKMSKeyId" not in plain


def test_public_access_block(s3, bucket, refused):
    on = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(on.values()) == {True}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    value = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert value["BlockPublicAcls"] is True and value["RestrictPublicBuckets"] is False
    s3.delete_public_access_block(Bucket=bucket)
    gone = refused(s3.get_public_access_block, Bucket=bucket)
    assert (gone.code, gone.status) == ("NoSuchPublicAccessBlockConfiguration", 404)


def test_ownership_and_acls(s3, bucket, refused):
    rules = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    grants = s3.get_bucket_acl(Bucket=bucket)
    assert grants["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert grants["Grants"][0]["Grantee"]["ID"] == grants["Owner"]["ID"]
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read").code == "AccessControlListNotSupported"
    s3.put_bucket_acl(Bucket=bucket, ACL="bucket-owner-full-control")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="bucket-owner-full-control")
    assert refused(s3.put_object, Bucket=bucket, Key="k", ACL="public-read").code == "AccessControlListNotSupported"
    assert s3.get_object_acl(Bucket=bucket, Key="k")["Grants"][0]["Permission"] == "FULL_CONTROL"


def test_bucket_tags(s3, bucket, refused):
    assert refused(s3.get_bucket_tagging, Bucket=bucket).code == "NoSuchTagSet"
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "b", "Value": "1"}, {"Key": "a", "Value": ""}]})
    tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert sorted(tag["Key"] for tag in tags) == ["a", "b"]
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
    assert refused(s3.put_bucket_tagging, Bucket=bucket, Tagging=twice).code == "InvalidTag"
    system = {"TagSet": [{"Key": "aws:x", "Value": "1"}]}
    assert refused(s3.put_bucket_tagging, Bucket=bucket, Tagging=system).message.startswith("System tags")
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refused(s3.get_bucket_tagging, Bucket=bucket).code == "NoSuchTagSet"


def test_cors_configuration(s3, bucket, refused):
    assert refused(s3.get_bucket_cors, Bucket=bucket).code == "NoSuchCORSConfiguration"
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"], "MaxAgeSeconds": 60}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == [rule]
    wrong = {"CORSRules": [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]}
    assert refused(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration=wrong).code == "InvalidRequest"
    s3.delete_bucket_cors(Bucket=bucket)
    assert refused(s3.get_bucket_cors, Bucket=bucket).code == "NoSuchCORSConfiguration"


def test_bucket_policy(s3, bucket, account, refused):
    assert refused(s3.get_bucket_policy, Bucket=bucket).code == "NoSuchBucketPolicy"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == policy
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    for broken, message in (
        ("", "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required field Statement"),
        (json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "arn:aws:s3:::other/*"}]}),
         "Policy has invalid resource"),
        (json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Action": "sqs:SendMessage"}]}),
         "Policy has invalid action"),
    ):  # fmt: skip
        no = refused(s3.put_bucket_policy, Bucket=bucket, Policy=broken)
        assert (no.code, no.message) == ("MalformedPolicy", message)
    s3.delete_bucket_policy(Bucket=bucket)
    assert refused(s3.get_bucket_policy, Bucket=bucket).code == "NoSuchBucketPolicy"


@pytest.mark.parametrize(
    "operation", ["get_bucket_website", "get_bucket_logging", "get_bucket_replication", "get_object_lock_configuration"]
)
def test_what_is_not_built_says_so_by_name(s3, bucket, refused, operation):
    no = refused(getattr(s3, operation), Bucket=bucket)
    assert (no.code, no.status) == ("NotImplemented", 501)


def test_a_bucket_with_a_constraint_is_located_by_its_host(s3: Any, name: str) -> None:
    made = s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert made["Location"] == f"http://{name}.s3.amazonaws.com/"
    assert s3.create_bucket(Bucket=name + "x")["Location"] == f"/{name}x"
