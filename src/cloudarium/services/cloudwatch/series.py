"""Series: the points of a metric, put into periods that begin at a start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cloudarium.services.cloudwatch.records import metrics, points
from cloudarium.services.cloudwatch.records.points import RESOLUTIONS, Point
from cloudarium.services.cloudwatch.rules import samples
from cloudarium.services.cloudwatch.rules.data import Dimensions
from cloudarium.services.cloudwatch.rules.samples import Sample
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Key = tuple[str, str, Dimensions]  # namespace, name, dimensions
_MINUTE = 60


class Span(NamedTuple):
    """From `start` up to but without `end`, as it looks at `now`."""

    start: float
    end: float
    now: float


def rounded_start(start: float, period: int, now: float) -> int:
    """Where the first period begins: AWS rounds it down the further back it lies.

    Source: the API reference of GetMetricStatistics, StartTime.
    """
    age = now - start
    if age >= 63 * 86_400:
        step = 3600
    elif age >= 15 * 86_400:
        step = 300
    elif period < 60:
        step = period
    else:
        step = 60
    return int(start // step * step)


def by_unit(store: Store, scope: Scope, key: Key, span: Span, period: int) -> dict[str, dict[int, Sample]]:
    """What a metric holds in each period that has data, for each of its units."""
    metric = metrics.find(store, scope, *key)
    if metric is None:
        return {}
    found: dict[str, dict[int, list[Sample]]] = {}
    for time, _, unit, sample in _of_age(points.between(store, metric, span.start, span.end), span.now, period):
        place = int(span.start + (time - span.start) // period * period)
        if time >= span.start:
            found.setdefault(unit, {}).setdefault(place, []).append(sample)
    return {
        unit: {place: samples.merged(each) for place, each in sorted(periods.items())}
        for unit, periods in found.items()
    }


def _of_age(rows: Iterator[Point], now: float, period: int) -> Iterator[Point]:
    """The rows as coarse as their age makes them, without those that a period cannot tell apart any more.

    What was put for a minute counts at its begin for shorter periods, too, as long as those are kept (LocalStack's
    recorded test_label_generation and test_put_metric_alarm).
    """
    fresh = now - RESOLUTIONS[0].age
    for row in rows:
        seconds = row.resolution
        for resolution in RESOLUTIONS:
            if resolution.seconds >= seconds and row.time < now - resolution.age:
                seconds = _coarser(resolution.seconds)
        if 0 < seconds <= period or (seconds == _MINUTE and row.time >= fresh):
            yield row if seconds == row.resolution else row._replace(time=row.time // seconds * seconds)


def _coarser(seconds: int) -> int:
    """The resolution after one of `seconds`, 0 after the last."""
    following = [each.seconds for each in RESOLUTIONS if each.seconds > seconds]
    return following[0] if following else 0


class Read(NamedTuple):
    """The samples of each period in one unit, and all units that there are data in."""

    periods: dict[int, Sample]
    units: list[str]


def read(store: Store, scope: Scope, key: Key, span: Span, period: int, unit: str | None) -> Read:
    """The samples in a unit; without one, in the first by name when there are several, as AWS does."""
    found = by_unit(store, scope, key, span, period)
    units = sorted(found)
    chosen = unit if unit is not None else (units[0] if units else "None")
    return Read(found.get(chosen, {}), units if unit is None else [])
