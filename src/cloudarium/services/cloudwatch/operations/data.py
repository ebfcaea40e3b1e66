"""GetMetricData: many metrics, and math over them, in one call."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudwatch import errors, sources
from cloudarium.services.cloudwatch.metric_math import Series
from cloudarium.services.cloudwatch.querying import QueryFailed, Querying
from cloudarium.services.cloudwatch.rules import labels, statistics
from cloudarium.services.cloudwatch.series import Span
from cloudarium.shared import paging
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_MOST_QUERIES = 500
_MOST_POINTS = 100_800
_FAR = 253_402_300_800.0  # no timestamp of AWS lies beyond


class Result(NamedTuple):
    """One series of an answer."""

    id: str
    label: str
    points: list[tuple[int, float]]
    messages: list[Data]
    status: str = "Complete"  # Forbidden, InternalError or PartialData of a function that was asked


@operation("GetMetricData")
async def get_metric_data(call: Call) -> Data:
    """The series of each query that returns data, newest first unless asked otherwise, page by page."""
    given = call.input
    queries = given["MetricDataQueries"]
    start, end = given["StartTime"], given["EndTime"]
    if not (-_FAR < start < _FAR and -_FAR < end < _FAR):
        raise errors.Invalid("The parameters StartTime and EndTime must be times between the years 1 and 9999.")
    if start > end:
        raise errors.Invalid("The parameter EndTime must be greater than StartTime.")
    if int(start) == int(end):  # AWS looks at whole seconds
        raise errors.Invalid("The parameter StartTime must not equal parameter EndTime.")
    check(queries, "MetricDataQueries", call.account)
    zone = (given.get("LabelOptions") or {}).get("Timezone", "")
    try:
        labels.zone_of(zone)
    except ValueError as error:
        raise errors.Invalid(f"The parameter LabelOptions.Timezone is invalid: {error}.") from None
    most = given.get("MaxDatapoints", _MOST_POINTS)
    if not 1 <= most <= _MOST_POINTS:
        raise errors.Invalid(f"The parameter MaxDatapoints must be between 1 and {_MOST_POINTS}.")
    call.cloud.meter.sample(call.scope)
    call.cloud.meter.flush()
    querying = Querying(call.store, call.scope, queries, Span(start, end, call.now))
    querying.answers = await sources.answers(call, querying.wanted(), sources.FOR_CHARTS)
    found = results(querying, queries, zone, given.get("ScanBy") == "TimestampAscending")
    return _page(call, found, most)


def results(querying: Querying, queries: list[Data], zone: str, ascending: bool) -> list[Result]:
    """The series of all queries that return data, in their order. Raises Invalid."""
    own_labels = labels.default_labels(queries)
    found = []
    for query in queries:
        if query.get("ReturnData") is False:
            continue
        try:
            answers = querying.result(query["Id"])
        except QueryFailed as error:
            raise errors.Invalid(f"Error in expression '{error.id}': {error}") from None
        for each in answers:
            own = own_labels.get(query["Id"]) or each.label or query["Id"]
            label = labels.label(query.get("Label"), own, each, zone, len(answers) > 1)
            told = querying.told.get(query["Id"])
            messages = [*_messages(querying, query["Id"]), *(told.messages if told else ())]
            points = _ordered(each, ascending)
            found.append(Result(query["Id"], label, points, messages, told.status if told else "Complete"))
    return found


def _ordered(series: Series, ascending: bool) -> list[tuple[int, float]]:
    return sorted(series.points.items(), reverse=not ascending)


def _messages(querying: Querying, id: str) -> list[Data]:
    units = querying.units.get(id)
    if not units:
        return []
    return [{"Code": "MultipleUnits", "Value": f"Multiple units returned: '[{', '.join(units)}]'"}]


def _page(call: Call, found: list[Result], most: int) -> Data:
    """So many points from where the token says; every series is named on each page, with what the page has of it."""
    first = _first(call)
    shown, seen = [], 0
    for each in found:
        low, high = max(first - seen, 0), max(first + most - seen, 0)
        points = each.points[low:high]
        seen += len(each.points)
        result: Data = {
            "Id": each.id,
            "Label": each.label,
            "Timestamps": [time for time, _ in points],
            "Values": [value for _, value in points],
            "StatusCode": each.status if high >= len(each.points) else "PartialData",
        }
        if each.messages:
            result["Messages"] = each.messages
        shown.append(result)
    answer: Data = {"MetricDataResults": shown, "Messages": []}
    if seen > first + most:
        answer["NextToken"] = paging.encode(first + most)
    return answer


def _first(call: Call) -> int:
    try:
        return paging.number(call.input.get("NextToken"))
    except ValueError:
        raise errors.InvalidToken from None


# ---- Looking at queries ----------------------------------------------------------------------------------------------


def check(queries: list[Data], place: str, account: str) -> None:
    """Raise Invalid for queries that cannot be answered whatever the data: of a call or of an alarm."""
    if not queries:
        raise errors.Invalid(f"The parameter {place} must contain at least one query.")
    if len(queries) > _MOST_QUERIES:
        raise errors.Invalid(f"The collection {place} must not have a size greater than {_MOST_QUERIES}.")
    seen = set()
    for number, query in enumerate(queries, 1):
        own = f"{place}.member.{number}"
        if _ID.fullmatch(query["Id"]) is None:
            raise errors.Invalid(
                f"The value {query['Id']} for parameter {own}.Id is not matching the expected pattern"
                " ^[a-z][a-zA-Z0-9_]*$."
            )
        if query["Id"] in seen:
            raise errors.Invalid(f"The values for parameter id in {place} are not unique.")
        seen.add(query["Id"])
        if query.get("AccountId", account) != account:
            raise NotBuilt("cloudwatch metrics of other accounts (AccountId)")
        _check_kind(query, own)


def _check_kind(query: Data, own: str) -> None:
    stat, expression = query.get("MetricStat"), query.get("Expression")
    if stat is not None and expression is not None:
        raise errors.Invalid(
            f"The parameters {own}.Expression and {own}.MetricStat are mutually exclusive and you have specified both."
        )
    if stat is None and expression is None:
        raise errors.Invalid(f"The parameter {own}.MetricStat is required.\n")
    if stat is None:
        if "Period" in query:
            check_period(query["Period"], f"{own}.Period")
        return
    check_period(stat["Period"], f"{own}.MetricStat.Period")
    for name in ("Namespace", "MetricName"):
        if not stat["Metric"].get(name):
            raise errors.Invalid(f"The parameter {own}.MetricStat.Metric.{name} is required.")
    try:
        statistics.statistic(stat["Stat"])
    except statistics.UnknownStatistic:
        raise errors.Invalid(
            f"The value {stat['Stat']} for parameter {own}.MetricStat.Stat is not supported."
        ) from None


def check_period(period: int, place: str) -> None:
    """Raise Invalid for a period that there is not."""
    if period not in (1, 5, 10, 20, 30) and period % 60:
        raise errors.Invalid(
            f"The value {period} for parameter {place} is invalid: it must be 1, 5, 10, 20, 30 or a multiple of 60."
        )
