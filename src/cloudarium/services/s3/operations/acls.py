"""ACLs as buckets with BucketOwnerEnforced answer them: the owner has full control, and nothing else can be set."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import bodies, errors, owners, reading, resources
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.rules import headers


def _full_control(bucket: buckets.Bucket) -> dict[str, Any]:
    owner = owners.owner(bucket.account)
    return {"Owner": owner, "Grants": [{"Grantee": {"Type": "CanonicalUser", **owner}, "Permission": "FULL_CONTROL"}]}


def _check_new(call: Call, bucket: buckets.Bucket) -> None:
    """Raise unless the ACL is the one that the bucket has anyway."""
    bodies.check(call)
    headers.check_acl(call.input)
    policy = call.input.get("AccessControlPolicy")
    if policy:
        wanted = [(grant.get("Grantee", {}).get("ID"), grant.get("Permission")) for grant in policy.get("Grants") or ()]
        if wanted != [(owners.canonical_id(bucket.account), "FULL_CONTROL")]:
            raise errors.AclsNotSupported()
    elif call.input.get("ACL") is None:
        raise errors.S3Error(
            "Your request was missing a required header", code="MissingSecurityHeader", status=400,
            MissingHeaderName="x-amz-acl",
        )  # fmt: skip


@operation("GetBucketAcl", on=resources.bucket)
def get_bucket_acl(call: Call) -> dict[str, Any]:
    """The owner's full control."""
    return _full_control(buckets.of(call))


@operation("PutBucketAcl", on=resources.bucket)
def put_bucket_acl(call: Call) -> dict[str, Any]:
    """Take only the ACL that the bucket has anyway."""
    _check_new(call, buckets.of(call))
    return {}


@operation("GetObjectAcl", on=resources.versioned("s3:GetObjectAcl", "s3:GetObjectVersionAcl"))
def get_object_acl(call: Call) -> dict[str, Any]:
    """The bucket owner's full control."""
    bucket = buckets.of(call)
    reading.find(call, bucket)
    return _full_control(bucket)


@operation("PutObjectAcl", on=resources.versioned("s3:PutObjectAcl", "s3:PutObjectVersionAcl"))
def put_object_acl(call: Call) -> dict[str, Any]:
    """Take only the ACL that the object has anyway."""
    bucket = buckets.of(call)
    reading.find(call, bucket, marker_is_key=False)
    _check_new(call, bucket)
    return {}
