"""Tags of buckets and of objects."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import bodies, errors, notices, reading, resources
from cloudarium.services.s3.records import buckets, objects
from cloudarium.services.s3.rules import tagging
from cloudarium.shared import tags as shared_tags


def _given(call: Call, of_bucket: bool) -> dict[str, str]:
    bodies.check(call)
    tag_set = (call.input.get("Tagging") or {}).get("TagSet")
    if tag_set is None:
        raise errors.MalformedXml()
    return tagging.from_set(tag_set, of_bucket)


# ---- Buckets --------------------------------------------------------------------------------------------------------


@operation("PutBucketTagging", on=resources.bucket)
def put_bucket_tagging(call: Call) -> dict[str, Any]:
    """Replace the bucket's tags."""
    bucket = buckets.of(call)
    tags = _given(call, of_bucket=True)
    call.tags.drop(bucket.arn)
    call.tags.put(bucket.arn, tags)
    call.status = 204
    return {}


@operation("GetBucketTagging", on=resources.bucket)
def get_bucket_tagging(call: Call) -> dict[str, Any]:
    """The bucket's tags; having none is an error."""
    bucket = buckets.of(call)
    tags = call.tags.of(bucket.arn)
    if not tags:
        raise errors.NoSuchConfiguration("NoSuchTagSet", "The TagSet does not exist", bucket.name)
    return {"TagSet": shared_tags.to_list(tags)}


@operation("DeleteBucketTagging", on=resources.bucket)
def delete_bucket_tagging(call: Call) -> dict[str, Any]:
    """Take the bucket's tags away."""
    call.tags.drop(buckets.of(call).arn)
    return {}


# ---- Objects --------------------------------------------------------------------------------------------------------


def _answer(bucket: buckets.Bucket, found: objects.Object) -> dict[str, Any]:
    return {"VersionId": found.version} if bucket.versioning is not None else {}


@operation("PutObjectTagging", on=resources.versioned("s3:PutObjectTagging", "s3:PutObjectVersionTagging"))
def put_object_tagging(call: Call) -> dict[str, Any]:
    """Replace the object's tags."""
    bucket = buckets.of(call)
    found = reading.find(call, bucket, marker_is_key=False)
    objects.set_tags(call.store, found, _given(call, of_bucket=False))
    notices.tell(call.store, bucket, "s3:ObjectTagging:Put", found, call, call.now, call.trace)
    return _answer(bucket, found)


@operation("GetObjectTagging", on=resources.versioned("s3:GetObjectTagging", "s3:GetObjectVersionTagging"))
def get_object_tagging(call: Call) -> dict[str, Any]:
    """The object's tags by key."""
    bucket = buckets.of(call)
    found = reading.find(call, bucket, marker_is_key=False)
    return {"TagSet": shared_tags.to_list(dict(sorted(found.tagging.items()))), **_answer(bucket, found)}


@operation("DeleteObjectTagging", on=resources.versioned("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"))
def delete_object_tagging(call: Call) -> dict[str, Any]:
    """Take the object's tags away."""
    bucket = buckets.of(call)
    found = reading.find(call, bucket, marker_is_key=False)
    objects.set_tags(call.store, found, {})
    notices.tell(call.store, bucket, "s3:ObjectTagging:Delete", found, call, call.now, call.trace)
    return _answer(bucket, found)
