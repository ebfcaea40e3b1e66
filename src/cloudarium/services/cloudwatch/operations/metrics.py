"""Metrics: put data, list what there is, statistics of one."""

from __future__ import annotations

import math
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudwatch import errors, ingest, series
from cloudarium.services.cloudwatch.records import metrics
from cloudarium.services.cloudwatch.rules import data, statistics
from cloudarium.services.cloudwatch.rules.samples import Sample
from cloudarium.services.cloudwatch.series import Span
from cloudarium.shared import paging
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_PAGE = 500
_MOST_POINTS = 1440
_FAR = 253_402_300_800.0  # no timestamp of AWS lies beyond
_RECENT = 3 * 3600


@operation("PutMetricData", refuses=("EntityMetricData", "StrictEntityValidation"))
def put_metric_data(call: Call) -> Data:
    """Add data to metrics; one that is not known yet is made. Namespaces AWS/… are for the cloud's own services."""
    namespace, given = call.input["Namespace"], call.input.get("MetricData")
    if not given:
        raise errors.Missing("MetricData")
    if namespace.startswith(data.RESERVED) and call.request is not None:
        raise errors.InvalidValue(f"The value {namespace} for parameter Namespace is invalid.")
    if len(given) > data.MOST_DATA:
        raise errors.InvalidValue(f"The collection MetricData must not have a size greater than {data.MOST_DATA}.")
    found = [data.datum(each, f"MetricData.member.{number}", call.now) for number, each in enumerate(given, 1)]
    ingest.take(call.store, call.scope, namespace, found, call.now)
    return {}


@operation(
    "ListMetrics",
    ignores={"IncludeLinkedAccounts": "No account is linked to another as a source: there is nothing to include."},
)
async def list_metrics(call: Call) -> Data:
    """Metrics that had data within two weeks, of a namespace, of a name, with dimensions, 500 a page."""
    call.cloud.meter.sample(call.scope)
    call.cloud.meter.flush()
    if call.input.get("OwningAccount", call.account) != call.account:
        raise NotBuilt("cloudwatch:ListMetrics OwningAccount of another account")
    after = _after(call)
    since = call.now - (_RECENT if call.input.get("RecentlyActive") else 14 * 86_400)
    filters = [(each["Name"], each.get("Value")) for each in call.input.get("Dimensions") or ()]
    found: list[metrics.Metric] = []
    while len(found) <= _PAGE:
        some = metrics.listed(
            call.store, call.scope, namespace=call.input.get("Namespace"), name=call.input.get("MetricName"),
            since=since, after=after, limit=_PAGE * 4,
        )  # fmt: skip
        found += (metric for metric in some if _has(metric, filters))
        if len(some) < _PAGE * 4:
            break
        after = some[-1].id
    answer: Data = {"Metrics": [_shown(metric) for metric in found[:_PAGE]]}
    if len(found) > _PAGE:
        answer["NextToken"] = paging.encode(found[_PAGE - 1].id)
    if call.input.get("IncludeLinkedAccounts"):
        answer["OwningAccounts"] = [call.account] * len(answer["Metrics"])
    return answer


def _after(call: Call) -> int:
    try:
        return paging.number(call.input.get("NextToken"))
    except ValueError:
        raise errors.InvalidValue("Request parameter NextToken is invalid") from None


def _has(metric: metrics.Metric, filters: list[tuple[str, str | None]]) -> bool:
    return all(
        any(each == name and wanted in (None, value) for each, value in metric.dimensions) for name, wanted in filters
    )


def _shown(metric: metrics.Metric) -> Data:
    own = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": own}


@operation("GetMetricStatistics")
async def get_metric_statistics(call: Call) -> Data:
    """Statistics of one metric in each period that has data, for each of its units."""
    given = call.input
    names, extended = given.get("Statistics") or [], given.get("ExtendedStatistics") or []
    period, span = _asked(call, names, extended)
    call.cloud.meter.sample(call.scope)
    call.cloud.meter.flush()
    key = (given["Namespace"], given["MetricName"], data.dimensions(given.get("Dimensions")))
    found = series.by_unit(call.store, call.scope, key, span, period)
    wanted = given.get("Unit")
    datapoints = [
        _datapoint(time, unit, sample, names, extended)
        for unit, periods in found.items()
        if wanted in (None, unit)
        for time, sample in periods.items()
    ]
    return {"Label": given["MetricName"], "Datapoints": [each for each in datapoints if len(each) > 2]}


def _asked(call: Call, names: list[str], extended: list[str]) -> tuple[int, Span]:
    """The period and span of a call for statistics. Raises InvalidCombination, InvalidValue."""
    given = call.input
    period, start, end = given["Period"], given["StartTime"], given["EndTime"]
    if bool(names) == bool(extended):
        raise errors.InvalidCombination("Must specify either Statistics or ExtendedStatistics")
    if period not in (1, 5, 10, 20, 30) and period % 60:
        raise errors.InvalidValue("The parameter Period must be a multiple of 60, or one of 1, 5, 10, 20 and 30.")
    if not (-_FAR < start < _FAR and -_FAR < end < _FAR):
        raise errors.InvalidValue("The parameters StartTime and EndTime must be times between the years 1 and 9999.")
    if int(start) >= int(end):  # AWS looks at whole seconds
        raise errors.InvalidValue("The parameter StartTime must be less than the parameter EndTime.")
    for each in extended:
        try:
            statistics.extended(each)
        except statistics.UnknownStatistic:
            raise errors.InvalidValue.value(each, "ExtendedStatistics") from None
    span = Span(series.rounded_start(start, period, call.now), end, call.now)
    count = math.ceil((end - start) / period)
    if count > _MOST_POINTS:
        raise errors.InvalidCombination(
            f"You have requested up to {count:,} datapoints, which exceeds the limit of {_MOST_POINTS:,}. You may"
            " reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    return period, span


def _datapoint(time: int, unit: str, sample: Sample, names: list[str], extended: list[str]) -> Data:
    found: Data = {"Timestamp": time, "Unit": unit}
    for name in names:
        value = statistics.statistic(name)(sample)
        if value is not None:
            found[name] = value
    values = {name: statistics.extended(name)(sample) for name in extended}
    known = {name: value for name, value in values.items() if value is not None}
    if known:
        found["ExtendedStatistics"] = known
    return found
