"""Metric filters: events that match a pattern become values of a metric."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, records, resources
from cloudarium.services.logs.operations.groups import milliseconds, named_group
from cloudarium.services.logs.patterns import PatternError, compile_pattern
from cloudarium.services.logs.patterns.comparisons import number
from cloudarium.services.logs.patterns.extraction import extracted, selector
from cloudarium.services.logs.records import filters
from cloudarium.services.logs.records.filters import MetricFilter
from cloudarium.shared import paging
from cloudarium.shared.errors import NotBuilt

_MOST = 100  # of one group
_MOST_DIMENSIONS = 3
_PAGE = 50


@operation("PutMetricFilter", on=resources.group, refuses=("fieldSelectionCriteria", "emitSystemFieldDimensions"))
def put_metric_filter(call: Call) -> dict[str, Any]:
    """Keep a metric filter of a group in place of the one of that name."""
    refuse_transformed(call)
    group = named_group(call, call.input["logGroupName"])
    require_standard(group)
    pattern, name = call.input["filterPattern"], call.input["filterName"]
    compiled(pattern)
    (transformation,) = call.input["metricTransformations"]
    _check(pattern, transformation)
    present = {each.name for each in filters.metric_filters(call.store, group.id)}
    if name not in present and len(present) >= _MOST:
        raise errors.LimitExceeded
    made = MetricFilter(name, pattern, orjson.dumps(transformation).decode(), milliseconds(call))
    filters.put_metric_filter(call.store, group, made)
    return {}


def refuse_transformed(call: Call) -> None:
    """Raise NotBuilt for filters of transformed logs; there are no transformers."""
    if call.input.get("applyOnTransformedLogs"):
        raise NotBuilt(f"logs:{call.operation_name} applyOnTransformedLogs (transformers)")


def require_standard(group: records.Group) -> None:
    """Raise unless the group's class has filters."""
    if group.log_class != "STANDARD":
        raise errors.InvalidOperation("This operation is not supported for log groups of the Infrequent Access class.")


def compiled(pattern: str) -> Any:
    """The predicate of a pattern. Raises InvalidParameter."""
    try:
        return compile_pattern(pattern)
    except PatternError as problem:
        raise errors.InvalidParameter(str(problem)) from None


def _check(pattern: str, transformation: dict[str, Any]) -> None:
    value = transformation["metricValue"]
    dimensions = transformation.get("dimensions") or {}
    if dimensions and "defaultValue" in transformation:
        raise errors.InvalidParameter(
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
        )
    if len(dimensions) > _MOST_DIMENSIONS:
        raise errors.InvalidParameter(
            f"Invalid metric transformation: more than {_MOST_DIMENSIONS} dimensions are not allowed."
        )
    named = [*dimensions.values(), *([value] if value.startswith("$") else [])]
    if not value.startswith("$") and number(value) is None:
        raise errors.InvalidParameter(f"Invalid metric transformation: metric value '{value}' is no number.")
    for each in named:
        try:
            selector(pattern, each)
        except PatternError:
            raise errors.InvalidParameter(
                f"Invalid metric transformation: '{each}' is no field of the filter pattern."
            ) from None


@operation("DescribeMetricFilters", on=resources.group_or_all)
def describe_metric_filters(call: Call) -> dict[str, Any]:
    """Metric filters by name, narrowed by group, by a prefix of their names, and by their metric."""
    metric, namespace = call.input.get("metricName"), call.input.get("metricNamespace")
    if (metric is None) is not (namespace is None):
        raise errors.InvalidParameter("metricName and metricNamespace must be specified together.")
    wanted = call.input.get("logGroupName")
    if wanted is not None:
        named_group(call, wanted)
    limit = call.input.get("limit", _PAGE)
    shown: list[dict[str, Any]] = []
    last = after = _after(call)
    while True:
        some = filters.all_metric_filters(call.store, call.scope, call.input.get("filterNamePrefix", ""), after, 500)
        for group, each in some:
            described = _shown(group, each)
            (made,) = described["metricTransformations"]
            if wanted not in (None, group) or (
                metric is not None and (made["metricName"], made["metricNamespace"]) != (metric, namespace)
            ):
                continue
            if len(shown) == limit:
                return {"metricFilters": shown, "nextToken": paging.encode(list(last))}
            shown.append(described)
            last = (each.name, group)
        if len(some) < 500:
            return {"metricFilters": shown}
        after = (some[-1][1].name, some[-1][0])


def _after(call: Call) -> tuple[str, str]:
    token = call.input.get("nextToken")
    try:
        name, group = ("", "") if token is None else paging.decode(token)
    except (ValueError, TypeError):
        name = group = None
    if not isinstance(name, str) or not isinstance(group, str):
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    return name, group


def _shown(group: str, made: MetricFilter) -> dict[str, Any]:
    return {
        "filterName": made.name,
        "filterPattern": made.pattern,
        "metricTransformations": [orjson.loads(made.transformation)],
        "creationTime": made.created,
        "logGroupName": group,
        "applyOnTransformedLogs": False,
    }


@operation("DeleteMetricFilter", on=resources.group)
def delete_metric_filter(call: Call) -> dict[str, Any]:
    """Delete a metric filter."""
    group = named_group(call, call.input["logGroupName"])
    if not filters.remove_metric_filter(call.store, group, call.input["filterName"]):
        raise errors.FilterNotFound("metric")
    return {}


@operation("TestMetricFilter")
def test_metric_filter(call: Call) -> dict[str, Any]:
    """Which of some messages a pattern matches, and the values that it names."""
    pattern = call.input["filterPattern"]
    matches = compiled(pattern)
    found = [
        {"eventNumber": at, "eventMessage": message, "extractedValues": extracted(pattern, message)}
        for at, message in enumerate(call.input["logEventMessages"], 1)
        if matches is None or matches(message)
    ]
    return {"matches": found}
