"""Snapshots and S3: files that leave for a bucket, and files that new caches begin with.

The bucket's policy decides: it must let `REGION.elasticache-snapshot.amazonaws.com` in.
Sources: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-exporting.html and
.../backups-seeding-redis.html
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import BodyStream, Call
from cloudarium.policy.principal import Principal
from cloudarium.services.elasticache import errors, network
from cloudarium.services.elasticache.records import Data
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError, NotBuilt


async def _as_service(call: Call, operation: str, given: Mapping[str, Any]) -> Data:
    principal = Principal.service(f"{call.region}.elasticache-snapshot.amazonaws.com", call.account)
    return await call.send("s3", operation, given, as_=principal, context={"aws:SourceAccount": call.account})


# ---- Export ----------------------------------------------------------------------------------------------------------


async def export(call: Call, bucket: str, name: str, blobs: Sequence[str]) -> None:
    """Write the files of a snapshot into a bucket, as NAME-0001.rdb and so on. Raises Invalid."""
    await _check_bucket(call, bucket)
    keys = [f"{name}-{number:04}.rdb" for number in range(1, len(blobs) + 1)]
    await _check_permissions(call, bucket, keys)
    for key, blob in zip(keys, blobs, strict=True):
        body = BodyStream(aiter(call.store.blobs.read(blob)), call.store.blobs.size(blob))
        try:
            await _as_service(call, "PutObject", {"Bucket": bucket, "Key": key, "Body": body})
        except AwsError as error:
            raise errors.Invalid(
                f"ElastiCache has not been granted WRITE permissions {call.region} on the S3 Bucket."
            ) from error


async def _check_bucket(call: Call, bucket: str) -> None:
    own = (await network.ask(call, "ListBuckets", {}, service="s3"))["Buckets"]
    found = next((one for one in own if one["Name"] == bucket), None)
    if found is not None:
        if found.get("BucketRegion") != call.region:
            raise errors.Invalid(f"The S3 bucket {bucket} is outside of the region.")
        return
    try:
        await network.ask(call, "HeadBucket", {"Bucket": bucket}, service="s3")
    except AwsError as error:
        if error.status in (400, 404):
            raise errors.Invalid(f"The S3 bucket {bucket} does not exist.") from error
    raise errors.Invalid(f"The S3 bucket {bucket} is not owned by the authenticated user.")


async def _check_permissions(call: Call, bucket: str, keys: Sequence[str]) -> None:
    for key in keys:
        try:
            listed = await _as_service(call, "ListObjectsV2", {"Bucket": bucket, "Prefix": key})
        except AwsError as error:
            raise errors.Invalid(
                f"ElastiCache has not been granted READ permissions {call.region} on the S3 Bucket."
            ) from error
        if any(one["Key"] == key for one in listed.get("Contents") or ()):
            raise errors.Invalid(f"The S3 bucket {bucket} already contains an object with key {key}.")
    try:
        await _as_service(call, "GetBucketAcl", {"Bucket": bucket})
    except AwsError as error:
        raise errors.Invalid(
            f"ElastiCache has not been granted READ_ACP permissions {call.region} on the S3 Bucket."
        ) from error


# ---- Seed ------------------------------------------------------------------------------------------------------------


async def seeds(call: Call, shards: int) -> list[str]:
    """The files that a new cache is to begin with, by their ARNs in S3; nobody keeps them yet. Raises Invalid."""
    given = call.input.get("SnapshotArns") or []
    if not given:
        return []
    if call.input.get("SnapshotName"):
        raise errors.Combination("SnapshotArns and SnapshotName cannot be specified together.")
    places = [_place(one) for one in given]
    if len(places) != shards:
        raise NotBuilt(f"seeding {shards} shards from {len(places)} files")
    return [await _fetched(call, bucket, key) for bucket, key in places]


def _place(given: str) -> tuple[str, str]:
    parsed = arn.parse(given)
    bucket, _, key = parsed.resource.partition("/") if parsed is not None else ("", "", "")
    if parsed is None or parsed.service != "s3" or not bucket or not key:
        raise errors.Invalid(f"{given[:200]} is not the ARN of an object in Amazon S3.")
    return bucket, key


async def _fetched(call: Call, bucket: str, key: str) -> str:
    try:
        body = (await _as_service(call, "GetObject", {"Bucket": bucket, "Key": key}))["Body"]
    except AwsError as error:
        raise errors.Invalid(
            f"Unable to fetch metadata from S3 for bucket: {bucket} and object: {key}. Please verify that ElastiCache"
            " has been granted necessary permissions."
        ) from error
    chunks: AsyncIterator[bytes] = aiter(BodyStream.whole(bytes(body)) if isinstance(body, bytes | bytearray) else body)
    return (await call.store.blobs.write(chunks)).id
