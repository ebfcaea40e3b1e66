"""Points: what metrics hold, one row for a second, a minute, five minutes or an hour.

Reading takes any row whose resolution is not coarser than the period that is asked for. Rows that have come of age are
made coarser in the background; `Resolution` says when. A row is read as coarse as its age makes it, whether or not
that has happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cloudarium.services.cloudwatch.rules import samples
from cloudarium.services.cloudwatch.rules.samples import Sample
from cloudarium.store import Store

_DAY = 86_400


_KNOWN = "cloudwatch points"  # the store's topic: rows that were written lately, as to most of them more comes
_MOST_SPREAD = 200  # values of a row that is remembered; a longer one is read again, as it was shortened


class Resolution(NamedTuple):
    """A row of `seconds` is kept for `age` seconds, then it becomes part of one of the next resolution."""

    seconds: int
    age: int


RESOLUTIONS = (
    Resolution(1, 3 * 3600),
    Resolution(60, 15 * _DAY),
    Resolution(300, 63 * _DAY),
    Resolution(3600, 455 * _DAY),
)


class Point(NamedTuple):
    """One row: what a metric holds from `time` on."""

    time: int
    resolution: int
    unit: str
    sample: Sample


_POINT = "time, resolution, unit, count, sum, low, high, spread"


def _point(row: tuple[Any, ...]) -> Point:
    return Point(row[0], row[1], row[2], samples.unpack(*row[3:]))


def add(store: Store, metric: int, point: Point) -> None:
    """Add a sample to what the metric holds for that time, resolution and unit."""
    time, resolution, unit, sample = point
    known = store.known(_KNOWN)
    place = (metric, time, resolution, unit)
    before: Sample | None = known.get(place)
    if before is None:
        row = store.one(
            "SELECT count, sum, low, high, spread FROM cloudwatch_points"
            " WHERE metric = ? AND time = ? AND resolution = ? AND unit = ?",
            place,
        )
        before = samples.unpack(*row) if row is not None else None
    if before is not None:
        sample = samples.grown(before, sample)
    elif sample.spread is not None:
        sample = sample._replace(spread=dict(sample.spread))
    known[place] = sample if sample.spread is None or len(sample.spread) <= _MOST_SPREAD else None
    store.run(
        "INSERT OR REPLACE INTO cloudwatch_points"
        " (metric, time, resolution, unit, count, sum, low, high, spread) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*place, *sample[:4], samples.pack(sample)),
    )


def between(store: Store, metric: int, start: float, end: float) -> Iterator[Point]:
    """The rows of a metric from `start` up to but without `end`, by time."""
    rows = store.each(
        f"SELECT {_POINT} FROM cloudwatch_points WHERE metric = ? AND time >= ? AND time < ? ORDER BY time",
        (metric, start, end),
    )
    return map(_point, rows)


def newest(store: Store, metric: int) -> int | None:
    """The time of a metric's newest row."""
    found: int | None = store.one("SELECT max(time) FROM cloudwatch_points WHERE metric = ?", (metric,))[0]
    return found


def oldest_of(store: Store, resolution: int) -> int | None:
    """The time of the oldest row of a resolution, of all metrics."""
    found: int | None = store.one("SELECT min(time) FROM cloudwatch_points WHERE resolution = ?", (resolution,))[0]
    return found


def take(store: Store, resolution: int, before: float, limit: int) -> list[tuple[int, Point]]:
    """Take out up to `limit` rows of a resolution that are older than `before`, with their metrics."""
    rows = store.all(
        f"SELECT metric, {_POINT} FROM cloudwatch_points WHERE resolution = ? AND time < ? ORDER BY time LIMIT ?",
        (resolution, before, limit),
    )
    taken = [(row[0], _point(row[1:])) for row in rows]
    if taken:
        store.changed(_KNOWN)
    for metric, point in taken:
        store.run(
            "DELETE FROM cloudwatch_points WHERE metric = ? AND time = ? AND resolution = ? AND unit = ?",
            (metric, point.time, point.resolution, point.unit),
        )
    return taken


def times(store: Store, metric: int, start: float, end: float, limit: int) -> list[int]:
    """The times of up to `limit` rows of a metric."""
    rows = store.all(
        "SELECT DISTINCT time FROM cloudwatch_points WHERE metric = ? AND time >= ? AND time < ? LIMIT ?",
        (metric, start, end, limit),
    )
    return [row[0] for row in rows]
