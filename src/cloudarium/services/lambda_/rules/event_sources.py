"""Event source mappings: what AWS takes, its defaults, and how a mapping is shown. No store, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.services.lambda_ import errors
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.event_patterns import PatternError, compile_pattern

SQS, STREAM = "sqs", "dynamodb"
BUILT = (SQS, STREAM)
NOT_BUILT = ("kinesis", "kafka", "mq", "rds", "docdb")  # as ARNs name what AWS takes too
MOST_FILTERS = 5

_FOR_STREAMS = (
    "BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "ParallelizationFactor",
    "TumblingWindowInSeconds", "DestinationConfig",
)  # fmt: skip
SETTINGS = (
    "BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria", "ScalingConfig", "FunctionResponseTypes",
    "MetricsConfig", *_FOR_STREAMS,
)  # fmt: skip
_QUEUE_DEFAULTS: dict[str, Any] = {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0, "FunctionResponseTypes": []}
_STREAM_DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
    "BisectBatchOnFunctionError": False,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
    "DestinationConfig": {"OnFailure": {}},
}
USER_QUEUE, USER_STREAM = "USER_INITIATED", "User action"


def kind_of(source: str | None) -> str:
    """The service of a source. Raises InvalidParameter for what cannot be one, NotBuilt for what AWS has beside."""
    place = arns.parse(source) if source else None
    if place is None:
        raise errors.InvalidParameter("Unrecognized event source.")
    if place.service in NOT_BUILT:
        raise NotBuilt(f"lambda: an event source mapping of {place.service}")
    stream = place.service == STREAM and "/stream/" in place.resource
    if not stream and place.service != SQS:
        raise errors.InvalidParameter("Unrecognized event source.")
    return place.service


def is_fifo(source: str) -> bool:
    """Whether a source is a FIFO queue."""
    return source.endswith(".fifo")


def reason(kind: str) -> str:
    """The StateTransitionReason of what a user does."""
    return USER_QUEUE if kind == SQS else USER_STREAM


def taken(kind: str, source: str, name: str, uuid: str) -> str:
    """What AWS says when a function reads a source already; the spaces are AWS's."""
    advice = f"already exists. Please update or delete the existing mapping with UUID {uuid}"
    if kind == SQS:
        return f'An event source mapping with SQS arn (" {source} ") and function (" {name} ") {advice}'
    return f'The event source arn (" {source} ") and function (" {name} ") provided mapping {advice}'


def check_start(kind: str, source: str, given: Mapping[str, Any]) -> None:
    """Check where reading begins: streams say so, queues do not."""
    start = given.get("StartingPosition")
    if kind == SQS:
        if start is not None or "StartingPositionTimestamp" in given:
            raise errors.InvalidParameter("StartingPosition is not valid for SQS event sources.")
        return
    if start is None:
        raise errors.InvalidParameter(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint:"
            " Member must not be null."
        )
    if start == "AT_TIMESTAMP":
        raise errors.InvalidParameter(f"Unsupported starting position for arn type: {source}")
    if "StartingPositionTimestamp" in given:
        raise errors.InvalidParameter("Timestamp only valid with StartingPosition AT_TIMESTAMP")


def settings(kind: str, source: str, given: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The settings that a mapping has once `given` counts, on top of those `before` or of the defaults."""
    wanted = {name: given[name] for name in SETTINGS if name in given}
    unsupported = _FOR_STREAMS if kind == SQS else ("ScalingConfig",)
    for name in unsupported:
        if wanted.get(name):
            raise errors.InvalidParameter(f"Unsupported {name} parameter for given event source mapping type.")
        wanted.pop(name, None)
    made = {**(before if before is not None else _QUEUE_DEFAULTS if kind == SQS else _STREAM_DEFAULTS), **wanted}
    for name in ("FilterCriteria", "ScalingConfig", "MetricsConfig"):
        if name in made and not any((made[name] or {}).values()):
            del made[name]  # an empty one takes it away
    _check_batch(kind, source, made)
    _check_filters(made)
    for metric in (made.get("MetricsConfig") or {}).get("Metrics", ()):
        if metric != "EventCount":  # the others are of Kafka's mappings
            raise errors.InvalidParameter(f"Unsupported metric {metric} for given event source mapping type.")
    if kind == STREAM:
        _check_stream(made)
    return made


def _check_batch(kind: str, source: str, made: dict[str, Any]) -> None:
    size, window = made["BatchSize"], made["MaximumBatchingWindowInSeconds"]
    if kind == STREAM:
        return
    if is_fifo(source) and size > 10:
        raise errors.InvalidParameter("Maximum batch size for SQS FIFO event sources is 10.")
    if is_fifo(source) and window:
        raise errors.InvalidParameter("Batching window is not supported for FIFO queues.")
    if size > 10 and not window:
        raise errors.InvalidParameter(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )


def _check_filters(made: dict[str, Any]) -> None:
    filters = (made.get("FilterCriteria") or {}).get("Filters") or []
    if len(filters) > MOST_FILTERS:
        raise errors.InvalidParameter(f"Maximum number of filters is {MOST_FILTERS}.")
    for each in filters:
        try:
            compile_pattern(each.get("Pattern") or "")
        except PatternError as error:
            raise errors.InvalidParameter("Invalid filter pattern definition.") from error


def _check_stream(made: dict[str, Any]) -> None:
    if 0 <= made["MaximumRecordAgeInSeconds"] < 60:
        raise errors.InvalidParameter("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.")
    if made["TumblingWindowInSeconds"] and made["ParallelizationFactor"] > 1:
        raise NotBuilt("lambda: an event source mapping with TumblingWindowInSeconds and a ParallelizationFactor")
    given = made["DestinationConfig"] or {}
    if given.get("OnSuccess", {}).get("Destination"):
        raise errors.InvalidParameter("Unsupported DestinationConfig parameter for given event source mapping type.")
    target = given.get("OnFailure", {}).get("Destination")
    if target:
        place = arns.parse(target)
        if place is None or place.service not in ("sqs", "sns", "s3") or is_fifo(target):
            shown = f"DestinationConfig(onSuccess=null, onFailure=OnFailure(destination={target}))"
            raise errors.InvalidParameter(f"The provided destination config {shown} is invalid.")
    made["DestinationConfig"] = {"OnFailure": {"Destination": target} if target else {}}
