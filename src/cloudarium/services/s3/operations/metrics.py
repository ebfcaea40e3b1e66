"""Metrics configurations: whose requests CloudWatch is told of, of a whole bucket or of a part of it."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.s3 import bodies, errors, resources
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.rules import metering
from cloudarium.shared import paging

Data = dict[str, Any]
_MOST = 1000
_PAGE = 100
_KIND = "metrics"


def _all(bucket: Bucket) -> dict[str, Data]:
    """The filter of each configuration, by id."""
    return bucket.get(_KIND) or {}


def _shown(id: str, filter: Data) -> Data:
    return {"Id": id, "Filter": filter} if filter else {"Id": id}


@operation("PutBucketMetricsConfiguration", on=resources.bucket)
def put_bucket_metrics_configuration(call: Call) -> Data:
    """Have the bucket's requests, or those on a part of its objects, counted under an id."""
    bucket = buckets.of(call)
    bodies.check(call)
    given = call.input.get("MetricsConfiguration") or {}
    if given.get("Id") != call.input["Id"]:
        raise errors.InvalidArgument("The id in the body does not match the id in the query.", "id", call.input["Id"])
    found = {**_all(bucket), given["Id"]: metering.checked(given.get("Filter"))}
    if len(found) > _MOST:
        raise errors.S3Error(
            "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.",
            code="TooManyConfigurations", status=400,
        )  # fmt: skip
    buckets.configure(call.store, bucket, _KIND, found)
    return {}


@operation("GetBucketMetricsConfiguration", on=resources.bucket)
def get_bucket_metrics_configuration(call: Call) -> Data:
    """One configuration."""
    bucket, id = buckets.of(call), call.input["Id"]
    return {"MetricsConfiguration": _shown(id, _find(bucket, id))}


def _find(bucket: Bucket, id: str) -> Data:
    found = _all(bucket)
    if id not in found:
        raise errors.NoSuchConfiguration(
            "NoSuchConfiguration", "The specified configuration does not exist.", bucket.name
        )
    return found[id]


@operation("ListBucketMetricsConfigurations", on=resources.bucket)
def list_bucket_metrics_configurations(call: Call) -> Data:
    """The bucket's configurations by id, 100 a page."""
    found = _all(buckets.of(call))
    token, after = call.input.get("ContinuationToken"), ""
    if token is not None:
        try:
            after = str(paging.decode(token))
        except ValueError:
            raise errors.InvalidArgument(
                "The continuation token provided is incorrect", "continuation-token", token
            ) from None
    ids = sorted(id for id in found if id > after)
    answer: Data = {"IsTruncated": len(ids) > _PAGE}
    if ids:
        answer["MetricsConfigurationList"] = [_shown(id, found[id]) for id in ids[:_PAGE]]
    if token is not None:
        answer["ContinuationToken"] = token
    if len(ids) > _PAGE:
        answer["NextContinuationToken"] = paging.encode(ids[_PAGE - 1])
    return answer


@operation("DeleteBucketMetricsConfiguration", on=resources.bucket)
def delete_bucket_metrics_configuration(call: Call) -> Data:
    """Take one configuration away."""
    bucket, id = buckets.of(call), call.input["Id"]
    _find(bucket, id)
    left = {each: filter for each, filter in _all(bucket).items() if each != id}
    buckets.configure(call.store, bucket, _KIND, left or None)
    return {}
