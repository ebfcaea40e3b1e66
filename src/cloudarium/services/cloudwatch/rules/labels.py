"""Labels of results: what AWS makes up where none is given, and the dynamic parts of given ones.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from cloudarium.services.cloudwatch.metric_math.values import Series

Data = dict[str, Any]
_DYNAMIC = re.compile(r"\$\{(?:PROP\('([^']{1,300})'\)|([A-Z_]{2,40}))\}")
_ZONE = re.compile(r"([+-])(\d{2})(\d{2})")
_MOST = 6  # dynamic parts of one label


def default_labels(queries: Sequence[Data]) -> dict[str, str]:
    """The labels of queries on metrics: the metric's name, and by what else they differ."""
    stats = [query for query in queries if "MetricStat" in query]
    differ = {name: len({str(query["MetricStat"].get(name)) for query in stats}) > 1 for name in ("Stat", "Period")}
    found = {}
    for query in stats:
        stat = query["MetricStat"]
        parts = [stat["Metric"].get("MetricName", ""), *(str(stat[name]) for name in differ if differ[name])]
        found[query["Id"]] = " ".join(parts)
    return found


def label(given: str | None, own: str, series: Series, zone: str, several: bool) -> str:
    """The label of one series: what was given, with its dynamic parts; of several series, each has its own behind."""
    if not given:
        return own
    if "${" not in given:
        return f"{given} {own}" if several else given
    seen = 0

    def filled(match: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        if seen > _MOST:
            return match[0]
        if match[1]:
            return series.facts.get(match[1], match[0])
        return own if match[2] == "LABEL" else _computed(match[2], series, zone, match[0])

    return _DYNAMIC.sub(filled, given)


def _number(value: float) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def _computed(word: str, series: Series, zone: str, unknown: str) -> str:
    if not series.points:
        return "--"
    points = sorted(series.points.items())
    low = min(points, key=lambda point: point[1])
    high = max(points, key=lambda point: point[1])
    places = {"FIRST": points[0], "LAST": points[-1], "MIN": low, "MAX": high}
    values: dict[str, Callable[[], str]] = {
        "AVG": lambda: _number(sum(value for _, value in points) / len(points)),
        "SUM": lambda: _number(sum(value for _, value in points)),
        "DATAPOINT_COUNT": lambda: str(len(points)),
        "MIN_MAX_RANGE": lambda: f"{_number(low[1])} - {_number(high[1])}",
        "MIN_MAX_TIME_RANGE": lambda: f"{_time(low[0], zone)} - {_time(high[0], zone)}",
        "FIRST_LAST_RANGE": lambda: f"{_number(points[0][1])} - {_number(points[-1][1])}",
        "FIRST_LAST_TIME_RANGE": lambda: f"{_time(points[0][0], zone)} - {_time(points[-1][0], zone)}",
    }
    for name, (time, value) in places.items():
        values[name] = lambda value=value: _number(value)  # type: ignore[misc]
        values[f"{name}_TIME"] = lambda time=time: _time(time, zone)  # type: ignore[misc]
    found = values.get(word)
    return found() if found is not None else unknown


def _time(moment: int, zone: str) -> str:
    return datetime.fromtimestamp(moment, zone_of(zone)).strftime("%Y-%m-%d %H:%M:%S UTC")[: 19 if zone else 23]


def zone_of(text: str) -> timezone:
    """The time zone +0130 as LabelOptions give it; UTC for none. Raises ValueError."""
    if not text:
        return UTC
    match = _ZONE.fullmatch(text)
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        raise ValueError(f"{text[:20]} is no time zone such as +0130")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)
