"""Buckets: create, find, list, delete."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import errors, owners, resources
from cloudarium.services.s3.records import buckets, objects, uploads
from cloudarium.services.s3.rules import headers, listing, names, tagging
from cloudarium.shared import paging
from cloudarium.shared.errors import NotBuilt

MOST_BUCKETS = 10_000
_OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
# What a new bucket has: S3 has set both since April 2023.
_NEW = (
    '{"ownership":"BucketOwnerEnforced","public_access_block":{"BlockPublicAcls":true,"IgnorePublicAcls":true,'
    '"BlockPublicPolicy":true,"RestrictPublicBuckets":true}}'
)


@operation("CreateBucket", on=resources.created, refuses=("BucketNamespace", "ObjectLockEnabledForBucket"))
def create_bucket(call: Call) -> dict[str, Any]:
    """Make a bucket. In us-east-1, and only there, making one's own bucket again is success."""
    name = call.input["Bucket"]
    names.check_bucket_name(name)
    configuration = call.input.get("CreateBucketConfiguration") or {}
    for part in ("Location", "Bucket"):
        if configuration.get(part):
            raise NotBuilt("s3:CreateBucket of directory buckets")
    region = names.new_bucket_region(call.region, configuration.get("LocationConstraint"))
    _check_ownership(call.input.get("ObjectOwnership"))
    headers.check_acl({**call.input, "ACL": None if call.input.get("ACL") == "private" else call.input.get("ACL")})
    tags = tagging.from_set(configuration.get("Tags") or (), of_bucket=True)
    present = buckets.find(call.store, name)
    if present is None:
        if buckets.count_of(call.store, call.account) >= MOST_BUCKETS:
            raise errors.TooManyBuckets()
        present = buckets.Bucket(name, call.account, region, call.now, None, None, _NEW)
        buckets.add(call.store, present)
        call.tags.put(present.arn, tags)
    elif present.account != call.account:
        raise errors.BucketAlreadyExists(name)
    elif region != "us-east-1" or present.region != region:
        raise errors.BucketAlreadyOwnedByYou(name)
    location = f"http://{name}.s3.amazonaws.com/" if configuration.get("LocationConstraint") else f"/{name}"
    return {"Location": location, "BucketArn": present.arn}


def _check_ownership(ownership: str | None) -> None:
    if ownership is None or ownership == "BucketOwnerEnforced":
        return
    if ownership in _OWNERSHIPS:
        raise NotBuilt(f"s3 object ownership {ownership} (ACLs)")
    raise errors.InvalidArgument(f"Invalid x-amz-object-ownership header: {ownership}", "x-amz-object-ownership")


@operation("HeadBucket", on=resources.bucket)
def head_bucket(call: Call) -> dict[str, Any]:
    """Say that the bucket exists, and where."""
    bucket = buckets.of(call)
    return {"BucketRegion": bucket.region, "AccessPointAlias": False, "BucketArn": bucket.arn}


@operation("GetBucketLocation", on=resources.bucket)
def get_bucket_location(call: Call) -> dict[str, Any]:
    """Name the bucket's region; us-east-1 is no name at all."""
    region = buckets.of(call).region
    return {} if region == "us-east-1" else {"LocationConstraint": region}


@operation("ListBuckets", on=resources.all_buckets)
def list_buckets(call: Call) -> dict[str, Any]:
    """List the caller's account's buckets by name; paged only when a page size is asked for."""
    input = call.input
    size, token, region = input.get("MaxBuckets"), input.get("ContinuationToken"), input.get("BucketRegion")
    if size is not None and not 1 <= size <= MOST_BUCKETS:
        raise errors.InvalidArgument(
            f"Argument max-buckets must be an integer between 1 and {MOST_BUCKETS}", "max-buckets", size
        )
    if region is not None and region not in names.REGIONS:
        raise errors.InvalidArgument(f"Argument value {region} is not a valid AWS Region", "bucket-region")
    found: list[buckets.Bucket] = []
    more = False
    for bucket in buckets.each_of(call.store, call.account, input.get("Prefix") or "", _after(token)):
        if region is not None and bucket.region != region:
            continue
        if size is not None and len(found) == size:
            more = True
            break
        found.append(bucket)
    shown = [
        {"Name": one.name, "CreationDate": one.created, "BucketRegion": one.region, "BucketArn": one.arn}
        for one in found
    ]
    return listing.given(
        Buckets=shown,
        Owner=owners.owner(call.account),
        Prefix=input.get("Prefix"),
        ContinuationToken=paging.encode(found[-1].name) if more else None,
    )


def _after(token: str | None) -> str:
    if not token:
        return ""
    try:
        name = paging.decode(token)
    except ValueError:
        name = None
    if not isinstance(name, str):
        raise errors.InvalidArgument("The continuation token provided is incorrect", "continuation-token")
    return name


@operation("DeleteBucket", on=resources.bucket)
def delete_bucket(call: Call) -> dict[str, Any]:
    """Remove a bucket that is empty; uploads under way go with it."""
    bucket = buckets.of(call)
    if not objects.is_empty(call.store, bucket.name):
        raise errors.BucketNotEmpty(bucket.name, bucket.versioning is not None)
    for upload in uploads.all_of(call.store, bucket.name):
        objects.drop_parts(call.store, upload.id)
        uploads.remove(call.store, upload.id)
    call.store.outbox.cancel("s3", "Lifecycle", bucket.scope, bucket.name)
    call.tags.drop(bucket.arn)
    buckets.remove(call.store, bucket.name)
    return {}
