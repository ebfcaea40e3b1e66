"""Reading a metric widget: the queries that it asks for, and the chart that its answers make.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html and
…/CloudWatch-Metric-Widget-Structure.html
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cloudarium.charts.chart import Axis, Chart, Level, Line, Moment
from cloudarium.charts.colors import free
from cloudarium.charts.drawing import VIEWS

Data = dict[str, Any]
MOST_METRICS = 500
_USUAL_PERIOD, _USUAL_STAT = 300, "Average"
_HOUR = 3600
_DURATION = re.compile(
    r"-?P(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?", re.ASCII
)
_SECONDS = (30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1)
_COLOR = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")
_ZONE = re.compile(r"([+-])(\d{2}):?(\d{2})")
_MOST_PERIODS = 1440
_LARGEST = 1e120
_LAST = 253_300_000_000  # some time in 9996: what is later cannot be written as a date everywhere


class WidgetError(ValueError):
    """A widget that cannot be drawn, with a sentence why."""


class Span(NamedTuple):
    """From when to when a widget shows."""

    start: float
    end: float


class Entry(NamedTuple):
    """One element of a widget's metrics: its query, and how its series look; no `color` is an automatic one."""

    id: str
    query: Data
    region: str
    visible: bool
    color: str
    right: bool


class Answer(NamedTuple):
    """One series that a query was answered by."""

    id: str
    label: str
    points: Sequence[tuple[int, float]]


# ---- Times -----------------------------------------------------------------------------------------------------------


def span_of(given: Mapping[str, Any], now: float, usual: Span | None = None) -> Span:
    """The time that a widget shows; its own, else `usual`, else the last three hours. Raises WidgetError."""
    if given.get("start") is None:
        return usual or Span(now - 3 * _HOUR, now)
    start = moment_of(given["start"], now)
    end = moment_of(given["end"], now) if given.get("end") is not None else now
    if start >= end:
        raise WidgetError("start must be before end")
    return Span(start, end)


def moment_of(text: Any, now: float) -> float:
    """A moment: -PT3H before now, or a time of ISO 8601. Raises WidgetError."""
    if not isinstance(text, str):
        raise WidgetError("A time must be a string")
    found = _DURATION.fullmatch(text)
    moment = -1.0
    if found is not None and any(found.groups()):
        moment = now - sum(int(part) * each for part, each in zip(found.groups(), _SECONDS, strict=True) if part)
    else:
        with suppress(ValueError, OverflowError):
            when = datetime.fromisoformat(text)
            moment = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    if not 0 <= moment < _LAST:
        raise WidgetError(f"{text[:40]} is neither a time nor a duration such as -PT3H")
    return moment


def _zone(text: Any) -> int:
    found = _ZONE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return 0
    ahead = int(found[2]) * 3600 + int(found[3]) * 60
    return -ahead if found[1] == "-" else ahead


# ---- What is asked for -----------------------------------------------------------------------------------------------


def entries(given: Mapping[str, Any], span: Span, region: str) -> list[Entry]:
    """The elements of a widget's metrics, with `...` and `.` filled in. Raises WidgetError."""
    metrics = given.get("metrics") or []
    if not isinstance(metrics, list) or len(metrics) > MOST_METRICS:
        raise WidgetError(f"metrics must be an array of at most {MOST_METRICS} elements")
    found: list[Entry] = []
    taken = {
        str(each[-1].get("id")) for each in metrics if isinstance(each, list) and each and isinstance(each[-1], dict)
    }
    for place, each in enumerate(written_out(metrics)):
        options = each[-1] if isinstance(each[-1], dict) else {}
        parts = [part for part in each if isinstance(part, str)]
        id = options.get("id") or next(name for name in _ids(place) if name not in taken)
        found.append(_entry(str(id), parts, options, given, span, region))
    return found


def written_out(metrics: Sequence[Any]) -> list[list[Any]]:
    """The elements of a widget's metrics with what `...` and `.` stand for. Raises WidgetError."""
    found: list[list[Any]] = []
    before: list[str] = []
    for each in metrics:
        if not isinstance(each, list) or not each:
            raise WidgetError("Each element of metrics must be an array")
        parts = _filled([str(part) for part in each if not isinstance(part, dict)], before)
        before = parts or before
        found.append([*parts, *(part for part in each[-1:] if isinstance(part, dict))])
    return found


def _ids(place: int) -> Iterable[str]:
    return (f"m{place + 1}{'_' * number}" for number in range(1000))


def _filled(parts: list[str], before: list[str]) -> list[str]:
    """The parts of a metric with those that stand for what the one before has: `.` for one, `...` for several."""
    if "..." in parts:
        place = parts.index("...")
        behind = parts[place + 1 :]
        parts = parts[:place] + before[place : len(before) - len(behind)] + behind
    return [before[place] if part == "." and place < len(before) else part for place, part in enumerate(parts)]


def _entry(id: str, parts: list[str], options: Data, given: Mapping[str, Any], span: Span, region: str) -> Entry:
    query: Data = {"Id": id}
    period = _period(options.get("period", given.get("period")), span, bool(given.get("setPeriodToTimeRange")))
    if "expression" in options:
        query |= {"Expression": str(options["expression"]), "Period": period}
    elif len(parts) < 2 or len(parts) % 2:
        raise WidgetError("A metric has a namespace, a name, and pairs of dimension names and values")
    else:
        dimensions = [{"Name": name, "Value": value} for name, value in zip(parts[2::2], parts[3::2], strict=True)]
        metric = {"Namespace": parts[0], "MetricName": parts[1], "Dimensions": dimensions}
        stat = str(options.get("stat", given.get("stat") or _USUAL_STAT))
        query["MetricStat"] = {"Metric": metric, "Period": period, "Stat": stat}
    if options.get("label"):
        query["Label"] = str(options["label"])
    if options.get("accountId"):
        query["AccountId"] = str(options["accountId"])
    color = options.get("color")
    known = isinstance(color, str) and _COLOR.fullmatch(color) is not None
    return Entry(
        id, query, str(options.get("region") or region), options.get("visible") is not False,
        _six(str(color)) if known else "", options.get("yAxis") == "right",
    )  # fmt: skip


def _six(color: str) -> str:
    return color if len(color) == 7 else "#" + "".join(letter * 2 for letter in color[1:])


def _period(wanted: Any, span: Span, whole: bool) -> int:
    """The period that is asked for, so much coarser that the chart does not get too many points."""
    length = span.end - span.start
    if whole:
        return max(60, math.ceil(length / 60) * 60)
    period = int(wanted) if isinstance(wanted, (int, float)) and 1 <= wanted <= 30 * 86_400 else _USUAL_PERIOD
    if period not in (1, 5, 10, 20, 30) and period % 60:
        raise WidgetError("period must be 1, 5, 10, 20, 30 or a multiple of 60")
    least = length / _MOST_PERIODS
    return period if period >= least else math.ceil(least / 60) * 60


def queries(found: Sequence[Entry]) -> list[Data]:
    """The metric data queries of a widget; what is hidden still counts in expressions."""
    return [{**entry.query, "ReturnData": entry.visible} for entry in found]


# ---- What is drawn ---------------------------------------------------------------------------------------------------


def chart(given: Mapping[str, Any], found: Sequence[Entry], answers: Sequence[Answer], span: Span) -> Chart:
    """The chart of a widget whose queries were answered so. Raises WidgetError."""
    view = given.get("view") or "timeSeries"
    if view not in VIEWS:
        raise WidgetError(f"view must be one of {', '.join(VIEWS)}")
    known = {entry.id: entry for entry in found}
    answers = _told_apart(answers, known)
    lines, seen = [], dict.fromkeys(known, 0)
    bands = _bands(answers, found)
    colors = free(entry.color for entry in found if entry.color)
    for answer in answers:
        entry = known[answer.id]
        seen[answer.id] += 1
        if answer.id in bands and seen[answer.id] > 1:
            continue
        color = entry.color if entry.color and seen[answer.id] == 1 else next(colors)
        points = sorted(answer.points)
        if answer.id in bands:
            upper, lower = bands[answer.id]
            lines.append(Line(answer.label, color, sorted(upper), entry.right, sorted(lower)))
            continue
        lines.append(Line(answer.label, color, points, entry.right))
    axes, notes, legend = (given.get(name) or {} for name in ("yAxis", "annotations", "legend"))
    if not all(isinstance(each, dict) for each in (axes, notes, legend)):
        raise WidgetError("yAxis, annotations and legend must be objects")
    return Chart(
        view, lines, *span, stacked=bool(given.get("stacked")), left=_axis(axes.get("left")),
        right=_axis(axes.get("right")), levels=_levels(notes.get("horizontal")),
        moments=_moments(notes.get("vertical"), span), legend=str(legend.get("position", "bottom")),
        sparkline=given.get("sparkline") is not False, exact=bool(given.get("singleValueFullPrecision")),
        zone=_zone(given.get("timezone")),
    )  # fmt: skip


def _told_apart(answers: Sequence[Answer], known: Mapping[str, Entry]) -> list[Answer]:
    """The answers; those that share the metric's own name as a label go by the values of their dimensions."""
    count = Counter(answer.label for answer in answers)
    found = []
    for answer in answers:
        query = known[answer.id].query
        own = (query.get("MetricStat") or {}).get("Metric", {}).get("Dimensions") or ()
        alike = count[answer.label] > 1 and "Label" not in query and own
        found.append(answer._replace(label=" ".join(each["Value"] for each in own)) if alike else answer)
    return found


def _bands(answers: Sequence[Answer], found: Sequence[Entry]) -> dict[str, tuple[Any, Any]]:
    """The two sides of each anomaly detection band."""
    wanted = {each.id for each in found if "ANOMALY_DETECTION_BAND" in each.query.get("Expression", "")}
    pairs: dict[str, list[Any]] = {}
    for answer in answers:
        if answer.id in wanted:
            pairs.setdefault(answer.id, []).append(answer.points)
    return {id: (pair[0], pair[1]) for id, pair in pairs.items() if len(pair) == 2}


def _axis(given: Any) -> Axis:
    if not isinstance(given, dict):
        return Axis()
    low, high = (_number(given.get(name)) for name in ("min", "max"))
    return Axis(low, high, str(given.get("label") or ""))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if abs(value) > _LARGEST:
        raise WidgetError("a number is too large")
    return float(value)


def _look(given: Data) -> tuple[str, str]:
    color = given.get("color")
    known = isinstance(color, str) and _COLOR.fullmatch(color)
    return str(given.get("label") or ""), _six(str(color)) if known else "s1"


def _levels(given: Any) -> list[Level]:
    """Horizontal annotations: one each, or a pair of two for a band."""
    found = []
    for each in given if isinstance(given, list) else ():
        pair = [one for one in (each if isinstance(each, list) else [each]) if isinstance(one, dict)]
        values = [_number(one.get("value")) for one in pair]
        if not values or None in values or pair[0].get("visible") is False:
            continue
        label, color = _look(pair[0])
        until = values[1] if len(values) > 1 else None
        fill, right = str(pair[0].get("fill") or ""), pair[0].get("yAxis") == "right"
        found.append(Level(values[0] or 0.0, label, color, fill, until, right))
    return found


def _moments(given: Any, span: Span) -> list[Moment]:
    """Vertical annotations: one each, or a pair of two for a band."""
    found = []
    for each in given if isinstance(given, list) else ():
        pair = [one for one in (each if isinstance(each, list) else [each]) if isinstance(one, dict)]
        if not pair or pair[0].get("visible") is False:
            continue
        times = [moment_of(one.get("value"), span.end) for one in pair]
        label, color = _look(pair[0])
        found.append(Moment(times[0], label, color, str(pair[0].get("fill") or ""), times[1] if times[1:] else None))
    return found
