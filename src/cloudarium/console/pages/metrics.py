"""The metrics explorer: namespaces, their metrics, and a chart of those that are chosen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.shared.clock import seconds_of

STATISTICS = {each: each for each in ("Average", "Sum", "Minimum", "Maximum", "SampleCount", "p50", "p90", "p99")}
RANGES = {"15m": "15 minutes", "1h": "1 hour", "3h": "3 hours", "12h": "12 hours", "1d": "1 day", "7d": "a week"}
PERIODS = {60: "1 minute", 300: "5 minutes", 900: "15 minutes", 3600: "1 hour", 86400: "1 day"}
_MOST_CHOSEN = 20
_MOST_POINTS = 1440


async def show(visit: Visit) -> HttpResponse:
    """The namespaces; with `namespace` its metrics; and a chart of each `m` that the query names. Raises Refused."""
    namespace = visit.asked.get("namespace", "")
    chosen = _chosen(visit)
    listed = {"Namespace": namespace} if namespace else {}
    found = [each async for each in visit.each("cloudwatch", "ListMetrics", "Metrics", "NextToken", **listed)]
    settings = _settings(visit)
    return page(
        visit,
        "metrics.html",
        namespace or "Metrics",
        namespace=namespace,
        namespaces=sorted(Counter(each["Namespace"] for each in found).items()),
        groups=_by_dimensions(found) if namespace else {},
        chosen=chosen,
        settings=settings,
        statistics=STATISTICS,
        ranges=RANGES,
        periods=PERIODS,
        drawn=await _chart(visit, chosen, settings) if chosen else None,
    )


def _settings(visit: Visit) -> dict[str, Any]:
    """Statistic, period in seconds and range, as asked for or as usual."""
    statistic, span = visit.asked.get("stat", "Average"), visit.asked.get("range", "1h")
    if statistic not in STATISTICS or span not in RANGES:
        raise Refused(400, "stat and range must be among those that the page offers.")
    period = visit.number("period", 60, 86400)
    if period not in PERIODS:
        raise Refused(400, "period must be among those that the page offers.")
    while seconds_of(span) / period > _MOST_POINTS:
        period = next(each for each in PERIODS if each > period)
    return {"stat": statistic, "range": span, "period": period}


def _chosen(visit: Visit) -> list[str]:
    """The metrics that are chosen, each as JSON: [namespace, name, {dimension: value}]."""
    return list(dict.fromkeys(value for name, value in visit.pairs if name == "m"))[:_MOST_CHOSEN]


def _by_dimensions(found: list[dict[str, Any]]) -> Mapping[str, list[dict[str, Any]]]:
    """The metrics in groups of the same dimensions' names, as CloudWatch's own console shows them."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in found:
        dimensions = {one["Name"]: one["Value"] for one in each.get("Dimensions", ())}
        key = orjson.dumps([each["Namespace"], each["MetricName"], dimensions]).decode()
        row = {"key": key, "name": each["MetricName"], "values": list(dimensions.values())}
        groups[", ".join(dimensions) or "without dimensions"].append(row)
    for rows in groups.values():
        rows.sort(key=lambda row: (row["name"], row["values"]))
    return dict(sorted(groups.items()))


async def _chart(visit: Visit, chosen: list[str], settings: dict[str, Any]) -> dict[str, Any]:
    queries = []
    for position, key in enumerate(chosen):
        try:
            namespace, name, dimensions = orjson.loads(key)
            queries.append(
                metric_query(f"m{position}", namespace, name, dict(dimensions), settings["stat"], settings["period"])
            )
        except (ValueError, TypeError) as error:
            raise Refused(400, 'm must be ["namespace", "name", {"dimension": "value"}].') from error
    return await chart_of(visit, queries, visit.now - seconds_of(settings["range"]), visit.now)


def metric_query(
    id: str, namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, period: int
) -> dict[str, Any]:
    """One metric's query of GetMetricData."""
    metric = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": each, "Value": value} for each, value in dimensions.items()],
    }
    return {"Id": id, "MetricStat": {"Metric": metric, "Stat": statistic, "Period": period}}


async def chart_of(
    visit: Visit, queries: Sequence[Mapping[str, Any]], start: float, end: float, threshold: float | None = None
) -> dict[str, Any]:
    """What a chart draws: {labels, times, series, threshold}; series hold None where there is no value."""
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
    }
