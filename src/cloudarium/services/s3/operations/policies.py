"""The bucket policy."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy import principals
from cloudarium.services.s3 import bodies, errors, resources
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.rules import policies

# ConfirmRemoveSelfBucketAccess only matters to a policy that locks its writer out, which S3 lets pass anyway when the
# writer is the account's root; it changes nothing else.
WITHOUT_EFFECT = ("ConfirmRemoveSelfBucketAccess",)


@operation("PutBucketPolicy", on=resources.bucket)
def put_bucket_policy(call: Call) -> dict[str, Any]:
    """Set the bucket policy; a public one is refused while BlockPublicPolicy is on."""
    bucket = _own(call)
    bodies.check(call)
    policy = call.input.get("Policy") or ""
    policies.check(policy, bucket.name)
    if not all(map(call.cloud.directory.exists, principals.named(policy))):
        raise errors.MalformedPolicy("Invalid principal in policy")
    if (bucket.get("public_access_block") or {}).get("BlockPublicPolicy") and policies.is_public(policy):
        raise errors.Denied(
            f"User: {call.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource:"
            f' "{bucket.arn}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public'
            " Access."
        )
    buckets.set_policy(call.store, bucket.name, policy)
    return {}


@operation("GetBucketPolicy", on=resources.bucket)
def get_bucket_policy(call: Call) -> dict[str, Any]:
    """The bucket policy as it was put."""
    return {"Policy": _policy(_own(call))}


@operation("GetBucketPolicyStatus", on=resources.bucket)
def get_bucket_policy_status(call: Call) -> dict[str, Any]:
    """Whether the bucket policy is public."""
    return {"PolicyStatus": {"IsPublic": policies.is_public(_policy(buckets.of(call)))}}


@operation("DeleteBucketPolicy", on=resources.bucket)
def delete_bucket_policy(call: Call) -> dict[str, Any]:
    """Take the bucket policy away."""
    buckets.set_policy(call.store, _own(call).name, None)
    return {}


def _own(call: Call) -> buckets.Bucket:
    bucket = buckets.of(call)
    if call.principal.account != bucket.account:
        raise errors.PolicyOfAnother(call.request.method if call.request is not None else "GET")
    return bucket


def _policy(bucket: buckets.Bucket) -> str:
    if bucket.policy is None:
        raise errors.NoSuchConfiguration("NoSuchBucketPolicy", "The bucket policy does not exist", bucket.name)
    return bucket.policy
