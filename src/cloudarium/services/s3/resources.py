"""What S3's calls touch: ARNs, the permissions that an operation needs, bucket policies and condition keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.services.s3.context import conditions, request_tags, resource_conditions, tags_of
from cloudarium.services.s3.records import buckets, objects
from cloudarium.services.s3.rules import copying, headers, policies
from cloudarium.store import Store

__all__ = ["conditions", "request_tags", "resource_conditions", "tags_of"]  # what gateway/context.py asks

POLICY_TOPIC = buckets.TOPIC

_PREFIX = "arn:aws:s3:::"


# ---- ARNs -----------------------------------------------------------------------------------------------------------


def new_bucket(call: Call) -> str:
    """The bucket that the call names, whether it exists or not."""
    return _PREFIX + (call.input.get("Bucket") or "")


def bucket(call: Call) -> str:
    """The bucket that the call names. Raises NoSuchBucket, which S3 answers even to those who may do nothing."""
    name = call.input.get("Bucket") or ""
    buckets.named(call.store, name)
    return _PREFIX + name


def all_buckets(call: Call) -> str:
    """What ListBuckets is asked on; policies name it so, or "*".

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
    """
    return _PREFIX + "*"


def object(call: Call) -> str:
    """The object that the call names, in a bucket that exists."""
    return f"{bucket(call)}/{call.input.get('Key') or ''}"


def versioned(action: str, versioned_action: str) -> Callable[[Call], Need]:
    """The permission on the object: another action when the call names a version."""

    def need(call: Call) -> Need:
        return Need(action if call.input.get("VersionId") is None else versioned_action, object(call))

    return need


def deleted(call: Call) -> list[Need]:
    """Deleting the object or a version of it, and what its conditions and headers need beside it."""
    return deletion(object(call), call.input.get("VersionId"), call.input.get("IfMatch"), _bypasses(call))


def deletion(arn: str, version: Any, etag: Any, bypasses: bool) -> list[Need]:
    """What deleting one object needs; a condition on its ETag reads it, one on its being there does not.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html
    """
    suffix = "" if version is None else "Version"
    told = {"s3:versionid": version, "s3:if-match": etag}
    context = {key: value for key, value in told.items() if isinstance(value, str)}
    needs = [Need(f"s3:DeleteObject{suffix}", arn, context)]
    if etag is not None and etag != "*":
        needs.append(Need(f"s3:GetObject{suffix}", arn, context))
    if bypasses:
        needs.append(Need("s3:BypassGovernanceRetention", arn))
    return needs


def _bypasses(call: Call) -> bool:
    return call.input.get("BypassGovernanceRetention") is True


def listed_attributes(call: Call) -> list[Need]:
    """GetObjectAttributes reads the object and its attributes."""
    arn, suffix = object(call), "" if call.input.get("VersionId") is None else "Version"
    return [Need(f"s3:GetObject{suffix}", arn), Need(f"s3:GetObject{suffix}Attributes", arn)]


def created(call: Call) -> list[Need]:
    """CreateBucket, and what its headers and tags need beside it."""
    arn = new_bucket(call)
    needs = [Need("s3:CreateBucket", arn)]
    if call.input.get("ObjectOwnership") is not None:
        needs.append(Need("s3:PutBucketOwnershipControls", arn))
    if _sets_acl(call.input):
        needs.append(Need("s3:PutBucketAcl", arn))
    configuration = call.input.get("CreateBucketConfiguration")
    if isinstance(configuration, dict) and configuration.get("Tags"):
        needs.append(Need("s3:TagResource", arn))
    return needs


def written(call: Call) -> list[Need]:
    """Putting an object, and what its conditions, tags and ACL need beside it.

    Source of If-Match's: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    """
    arn = object(call)
    needs = [Need("s3:PutObject", arn)]
    if call.input.get("IfMatch") is not None:
        needs.append(Need("s3:GetObject", arn))
    if call.input.get("Tagging"):
        needs.append(Need("s3:PutObjectTagging", arn))
    # AWS's own services write with bucket-owner-full-control, and the policies of its guides grant them PutObject only.
    # Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
    if _sets_acl(call.input) and call.principal.kind != "service":
        needs.append(Need("s3:PutObjectAcl", arn))
    return needs


def copied(call: Call) -> list[Need]:
    """Copying reads the source, with its tags if it has some, and writes the object."""
    needs = written(call)
    source = copying.peek(call.input.get("CopySource"))
    if source is None:
        return needs
    suffix = "" if source.version is None else "Version"
    buckets.named(call.store, source.bucket)
    reads = [Need(f"s3:GetObject{suffix}", source.arn)]
    if call.operation_name == "CopyObject" and call.input.get("TaggingDirective") != "REPLACE":
        if source.version is None:
            original = objects.newest(call.store, source.bucket, source.key)
        else:
            original = objects.version(call.store, source.bucket, source.key, source.version)
        if original is not None and original.tags:
            reads.append(Need(f"s3:GetObject{suffix}Tagging", source.arn))
            needs.append(Need("s3:PutObjectTagging", object(call)))
    return reads + needs


def each_deleted(call: Call) -> list[Need]:
    """DeleteObjects needs nothing as a whole: every key of its list is decided on its own."""
    bucket(call)
    return []


def _sets_acl(input: Mapping[str, Any]) -> bool:
    """Whether the call asks for an ACL that it would not get anyway: private is what everything is."""
    return input.get("ACL") not in (None, "private") or not headers.GRANTS.isdisjoint(input)


def url(call: Call, bucket: str, key: str) -> str:
    """The object's address in the style in which the request came: the bucket as a host or in the path."""
    request = call.request
    name = quote(key, safe="", errors="surrogatepass")
    if request is None:
        return f"http://s3.{call.region}.amazonaws.com/{bucket}/{name}"
    by_host = request.sent_path not in ("", request.path)
    return f"http://{request.host}/{name}" if by_host else f"http://{request.host}/{bucket}/{name}"


# ---- Whose it is, and its policy ------------------------------------------------------------------------------------


def _bucket_of(call: Call, arn: str) -> buckets.Bucket | None:
    if call.operation_name == "CreateBucket":
        return None  # the name may be somebody else's bucket: that is for the handler to say
    return buckets.find(call.store, arn[len(_PREFIX) :].partition("/")[0])


_ALWAYS_FOR_ROOT = ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy")


def owner(call: Call, arn: str) -> str:
    """The account that owns the bucket or object; its ARN does not name one."""
    found = _bucket_of(call, arn)
    return found.account if found is not None else ""


def policy_holder(arn: str) -> str:
    """The bucket whose policy speaks on an object."""
    return arn.partition("/")[0]


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the bucket policies that name the principal `old` name it `new`."""
    for name, policy in buckets.with_policy_on(store, old.split(":")[4]):
        changed = principals.renamed(policy, old, new)
        if changed != policy:
            buckets.set_policy(store, name, changed)


def resource_policy(call: Call, arn: str) -> str | None:
    """The bucket policy. With RestrictPublicBuckets a public one does not speak to other accounts."""
    found = _bucket_of(call, arn)
    if found is None or found.policy is None:
        return None
    principal = call.principal
    if principal.kind == "root" and principal.account == found.account and call.operation_name in _ALWAYS_FOR_ROOT:
        return None  # so that nobody locks himself out (API_PutBucketPolicy.html)
    if principal.account != found.account and principal.kind != "service":
        block = found.get("public_access_block") or {}
        if block.get("RestrictPublicBuckets") and policies.is_public(found.policy):
            return None
    return found.policy
