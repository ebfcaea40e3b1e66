"""The metrics explorer: what is measured, found by its words, and a chart of what is chosen or asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from cloudarium.console import words
from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.shared.clock import iso, seconds_of
from cloudarium.shared.errors import AwsError

STATISTICS = ("Average", "Sum", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p95", "p99", "TM(10%:90%)", "IQM")
RANGES = {
    "15m": "15 minutes", "1h": "1 hour", "3h": "3 hours", "12h": "12 hours", "1d": "1 day", "3d": "3 days",
    "7d": "a week", "14d": "two weeks",
}  # fmt: skip
PERIODS = {60: "1 minute", 300: "5 minutes", 900: "15 minutes", 3600: "1 hour", 86400: "1 day"}
REFRESHES = {10: "every 10 s", 60: "every minute"}
_MOST_CHOSEN = 20
_MOST_ASKED = 5
_MOST_POINTS = 1440
_MOST_LISTED = 1000

Query = dict[str, Any]


async def show(visit: Visit) -> HttpResponse:
    """The namespaces; with `namespace` or `q` metrics; and a chart of each `m` and `e` of the query. Raises Refused."""
    namespace, looked_for = visit.asked.get("namespace", ""), visit.asked.get("q", "").strip()
    chosen, asked = _all(visit, "m", _MOST_CHOSEN), [each for each in _all(visit, "e", _MOST_ASKED) if each.strip()]
    settings = _settings(visit)
    queries = _queries(chosen, asked, settings)
    listed = {"Namespace": namespace} if namespace else {}
    found = [each async for each in visit.each("cloudwatch", "ListMetrics", "Metrics", "NextToken", **listed)]
    fitting = [each for each in found if _fits(each, looked_for)] if namespace or looked_for else []
    drawn, wrong = await _drawn(visit, queries, settings)
    return page(
        visit,
        "metrics.html",
        namespace or "Metrics",
        400 if wrong else 200,
        namespace=namespace,
        looked_for=looked_for,
        namespaces=sorted(Counter(each["Namespace"] for each in found).items()),
        groups=_by_dimensions(fitting[:_MOST_LISTED], chosen),
        more=max(len(fitting) - _MOST_LISTED, 0),
        chosen=[(f"m{place}", key, _name(key)) for place, key in enumerate(chosen)],
        asked=asked,
        settings=settings,
        statistics=STATISTICS,
        ranges=RANGES,
        periods=PERIODS,
        refreshes=REFRESHES,
        drawn=drawn,
        wrong=wrong,
        commands=_commands(visit, queries, drawn) if drawn else [],
    )


def _settings(visit: Visit) -> dict[str, Any]:
    """Statistic, period in seconds, range and how often the page is loaded anew, as asked for or as usual."""
    span = visit.range_of(RANGES)
    period = visit.number("period", 60, 86400)
    if period not in PERIODS:
        raise Refused(400, "period must be among those that the page offers.")
    while seconds_of(span) / period > _MOST_POINTS:
        period = next(each for each in PERIODS if each > period)
    refresh = visit.number("refresh", 1, 3600) if visit.asked.get("refresh") else 0
    stat = visit.asked.get("stat", "").strip() or "Average"
    return {"stat": stat, "range": span, "period": period, "refresh": refresh}


def _all(visit: Visit, wanted: str, most: int) -> list[str]:
    """What the query has of a name, each once: `m` are metrics as JSON, [namespace, name, {dimension: value}]."""
    return list(dict.fromkeys(value for name, value in visit.pairs if name == wanted))[:most]


# ---- Finding metrics -------------------------------------------------------------------------------------------------


def _fits(metric: Mapping[str, Any], looked_for: str) -> bool:
    """Whether every word is in the metric's names."""
    own = [metric["Namespace"], metric["MetricName"]]
    own += [part for each in metric.get("Dimensions", ()) for part in (each["Name"], each["Value"])]
    text = " ".join(own).lower()
    return all(word in text for word in looked_for.lower().split())


def _by_dimensions(found: list[Any], chosen: Sequence[str]) -> Mapping[str, Mapping[str, list[dict[str, Any]]]]:
    """The metrics in groups of the same dimensions' names, as CloudWatch's own console shows them, by their values."""
    groups: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    several = len({each["Namespace"] for each in found}) > 1
    for each in found:
        dimensions = {one["Name"]: one["Value"] for one in each.get("Dimensions", ())}
        key = orjson.dumps([each["Namespace"], each["MetricName"], dimensions]).decode()
        heading = ", ".join(dimensions) or "without dimensions"
        heading = f"{each['Namespace']} · {heading}" if several else heading
        cell = {"key": key, "name": each["MetricName"], "chosen": key in chosen}
        groups[heading][" · ".join(dimensions.values()) or "all"].append(cell)
    for rows in groups.values():
        for cells in rows.values():
            cells.sort(key=lambda cell: cell["name"])
    return {heading: dict(sorted(rows.items())) for heading, rows in sorted(groups.items())}


def _read(key: str) -> tuple[str, str, dict[str, str]]:
    try:
        namespace, name, dimensions = orjson.loads(key)
        return str(namespace), str(name), {str(each): str(value) for each, value in dict(dimensions).items()}
    except (ValueError, TypeError) as error:
        raise Refused(400, 'm must be ["namespace", "name", {"dimension": "value"}].') from error


def _name(key: str) -> str:
    namespace, name, dimensions = _read(key)
    return " ".join([namespace, name, *dimensions.values()])


# ---- Asking for their data -------------------------------------------------------------------------------------------


def _queries(chosen: Sequence[str], asked: Sequence[str], settings: Mapping[str, Any]) -> list[Query]:
    """Queries m0, m1, … of the metrics, and e0, e1, … of what is asked beside them, which may speak of those."""
    period = settings["period"]
    found = [metric_query(f"m{place}", *_read(key), settings["stat"], period) for place, key in enumerate(chosen)]
    found += [{"Id": f"e{place}", "Expression": text, "Period": period} for place, text in enumerate(asked)]
    return found


def metric_query(
    id: str, namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, period: int
) -> Query:
    """One metric's query of GetMetricData."""
    metric = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": each, "Value": value} for each, value in dimensions.items()],
    }
    return {"Id": id, "MetricStat": {"Metric": metric, "Stat": statistic, "Period": period}}


async def _drawn(visit: Visit, queries: list[Query], settings: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """The chart, and what AWS would say is wrong with the queries."""
    if not queries:
        return None, ""
    try:
        return await chart_of(visit, queries, visit.now - seconds_of(settings["range"]), visit.now), ""
    except AwsError as error:
        return None, error.message or error.code


async def chart_of(
    visit: Visit, queries: Sequence[Mapping[str, Any]], start: float, end: float, threshold: float | None = None
) -> dict[str, Any]:
    """What a chart draws: {labels, times, series, threshold}; series hold None where there is no value.

    `notes` are what was said of the data.
    """
    answer = await visit.ask(
        "cloudwatch", "GetMetricData", MetricDataQueries=list(queries), StartTime=start, EndTime=end,
        ScanBy="TimestampAscending",
    )  # fmt: skip
    results = answer["MetricDataResults"]
    times = sorted({moment for each in results for moment in each["Timestamps"]})
    return {
        "labels": [each.get("Label") or each["Id"] for each in results],
        "times": times,
        "series": [
            [values.get(moment) for moment in times]
            for values in (dict(zip(each["Timestamps"], each["Values"], strict=True)) for each in results)
        ],
        "threshold": threshold,
        "start": start,
        "end": end,
        "notes": [f"{each['Id']}: {one['Value']}" for each in results for one in each.get("Messages", ())],
    }


# ---- As commands -----------------------------------------------------------------------------------------------------


def _commands(visit: Visit, queries: list[Query], drawn: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What asks for the same, and what makes an alarm of it: (words, command)."""
    region = visit.scope.region
    times = (("start-time", iso(drawn["start"])), ("end-time", iso(drawn["end"])))
    same = words.command("get-metric-data", region, (*times, ("metric-data-queries", queries)))
    found = [("The same by the AWS CLI", same)]
    if "SEARCH" not in queries[-1].get("Expression", ""):  # which alarms cannot watch
        found.append(("Make an alarm of it by the AWS CLI", words.alarm_command(_alarm(queries, drawn), region)))
    return found


def _alarm(queries: list[Query], drawn: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an alarm on the last query: beyond the largest value that it has in the chart."""
    last = queries[-1]
    values = [value for line in drawn["series"][-1:] for value in line if value is not None]
    common = {
        "AlarmName": "my-alarm", "EvaluationPeriods": 1, "Threshold": float(f"{max(values, default=1.0):.3g}"),
        "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    stat = last.get("MetricStat")
    if stat is None:
        told = [{**each, "ReturnData": each is last} for each in queries]
        return {**common, "Metrics": told}
    name = "Statistic" if stat["Stat"] in STATISTICS[:5] else "ExtendedStatistic"
    own = {key: value for key, value in stat["Metric"].items() if value}
    return {**common, **own, name: stat["Stat"], "Period": stat["Period"]}
