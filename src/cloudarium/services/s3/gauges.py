"""What is told of buckets once a day: how many objects they hold, and how many bytes in each storage class.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

from __future__ import annotations

import asyncio
from collections import Counter

from cloudarium.cloud import Cloud
from cloudarium.gateway.meters import Dimensions
from cloudarium.services.s3.records import buckets, objects, uploads
from cloudarium.services.s3.rules.metering import STORAGE

_AT_ONCE = 20_000  # versions that are added up without a pause
_NAMESPACE = "AWS/S3"


async def read(cloud: Cloud, now: float) -> bool:
    """Tell what every bucket holds; whether there is a bucket."""
    found = False
    for bucket in buckets.everywhere(cloud.store):
        found = True
        count, sizes = await _held(cloud, bucket.name)

        def add(name: str, kind: str, value: float, unit: str, bucket: buckets.Bucket = bucket) -> None:
            own: Dimensions = (("BucketName", bucket.name), ("StorageType", kind))
            cloud.meter.add(now, bucket.scope, _NAMESPACE, name, own, value, unit)

        if count:
            add("NumberOfObjects", "AllStorageTypes", float(count), "Count")
        for kind, size in sizes.items():
            add("BucketSizeBytes", STORAGE.get(kind, kind), float(size), "Bytes")
    return found


async def _held(cloud: Cloud, name: str) -> tuple[int, Counter[str]]:
    """How many versions and parts of uploads there are, and their bytes by storage class."""
    sizes: Counter[str] = Counter()
    count, place = 0, ("", -(2**62))
    while True:
        step = objects.held_after(cloud.store, name, place, _AT_ONCE)
        for kind, number, size in step.classes:
            sizes[kind] += size
            count += number
        if step.last is None:
            break
        place = step.last
        await asyncio.sleep(0)
    for kind, number, size in uploads.held(cloud.store, name):
        sizes[kind] += size
        count += number
    return count, sizes
