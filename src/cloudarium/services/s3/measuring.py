"""What S3 tells CloudWatch of the requests on a bucket that has metrics configurations: nothing without one.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.s3.records import buckets, objects
from cloudarium.services.s3.rules import metering
from cloudarium.shared.errors import AwsError

_NAMESPACE = "AWS/S3"
_STORING = frozenset(("PutObject", "CopyObject", "CompleteMultipartUpload", "UploadPart"))
_COUNT, _BYTES, _MILLISECONDS = "Count", "Bytes", "Milliseconds"


def measured(call: Call) -> None:
    """Count a request for each configuration of its bucket that it fits."""
    name = call.input.get("Bucket")
    if type(name) is not str:
        return
    if call.operation_name in _STORING:
        call.cloud.meter.gauge_daily()  # how much a bucket holds is told once a day
    bucket = buckets.find(call.store, name)
    filters = bucket.get("metrics") if bucket is not None else None
    if not filters or bucket is None:
        return
    key = call.input.get("Key")
    tags: dict[str, str] = {}
    if key is not None and any(map(metering.needs_tags, filters.values())):
        newest = objects.newest(call.store, name, key)
        tags = dict(newest.tagging) if newest is not None else {}
    fitting = [id for id, filter in filters.items() if metering.fits(filter, key, tags)]
    values = _values(call) if fitting else []
    for id in fitting:
        own = (("BucketName", name), ("FilterId", id))
        for metric, value, unit in values:
            call.cloud.meter.add(call.now, bucket.scope, _NAMESPACE, metric, own, value, unit)


def _values(call: Call) -> list[tuple[str, float, str]]:
    operation, error = call.operation_name, call.error
    status = 200 if error is None else (error.status or 400) if isinstance(error, AwsError) else 500
    took = round((call.cloud.stopwatch() - call.started) * 1000, 2)
    found = [
        ("AllRequests", 1.0, _COUNT),
        ("4xxErrors", 1.0 if 400 <= status < 500 else 0.0, _COUNT),
        ("5xxErrors", 1.0 if status >= 500 else 0.0, _COUNT),
        ("FirstByteLatency", took, _MILLISECONDS),
        ("TotalRequestLatency", took, _MILLISECONDS),
    ]
    kind = metering.KINDS.get(operation)
    if kind is not None:
        found.append((kind, 1.0, _COUNT))
    if error is None and operation == "GetObject":
        found.append(("BytesDownloaded", float((call.output or {}).get("ContentLength") or 0), _BYTES))
    if error is None and operation in ("PutObject", "UploadPart"):
        found.append(("BytesUploaded", _uploaded(call), _BYTES))
    return found


def _uploaded(call: Call) -> float:
    headers: Any = call.request.headers if call.request is not None else {}
    text = headers.get("x-amz-decoded-content-length") or headers.get("content-length") or ""
    return float(text) if text.isascii() and text.isdecimal() else 0.0
