"""Anomaly detectors: of which metrics models are kept, and what those are not trained on."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from cloudarium.services.cloudwatch.rules.data import Dimensions
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]


class Detector(NamedTuple):
    """A detector; `place` says of what it is, `data` has AWS's member names."""

    id: str
    place: str
    made: float
    data: Data


_ALL = "id, place, made, data"
_OWN = "account = ? AND region = ?"


def place_of(key: tuple[str, str, Dimensions], stat: str) -> str:
    """What tells the detectors of single metrics apart."""
    return orjson.dumps(["SINGLE_METRIC", *key, stat]).decode()


def place_of_math(queries: list[Data]) -> str:
    """What tells the detectors of expressions apart."""
    return orjson.dumps(["METRIC_MATH", queries], option=orjson.OPT_SORT_KEYS).decode()


def _detector(row: tuple[Any, ...]) -> Detector:
    return Detector(row[0], row[1], row[2], orjson.loads(row[3]))


def find(store: Store, scope: Scope, place: str) -> Detector | None:
    """The detector at a place, None when there is none."""
    row = store.one(f"SELECT {_ALL} FROM cloudwatch_detectors WHERE {_OWN} AND place = ?", (*scope, place))
    return row and _detector(row)


def by_id(store: Store, scope: Scope, id: str) -> Detector | None:
    """The detector with this id."""
    row = store.one(f"SELECT {_ALL} FROM cloudwatch_detectors WHERE {_OWN} AND id = ?", (*scope, id))
    return row and _detector(row)


def of_metric(store: Store, scope: Scope, key: tuple[str, str, Dimensions], stat: str) -> Detector | None:
    """The detector of a metric and a statistic."""
    return find(store, scope, place_of(key, stat))


def listed(store: Store, scope: Scope) -> list[Detector]:
    """All detectors of an account and region, the oldest first."""
    rows = store.all(f"SELECT {_ALL} FROM cloudwatch_detectors WHERE {_OWN} ORDER BY made, id", scope)
    return [_detector(row) for row in rows]


def put(store: Store, scope: Scope, detector: Detector) -> None:
    """Make a detector, or put it in the place of what was."""
    store.run(
        f"INSERT OR REPLACE INTO cloudwatch_detectors (account, region, {_ALL}) VALUES (?, ?, ?, ?, ?, ?)",
        (*scope, *detector[:3], orjson.dumps(detector.data)),
    )


def remove(store: Store, scope: Scope, detector: Detector) -> None:
    """Delete a detector."""
    store.run(f"DELETE FROM cloudwatch_detectors WHERE {_OWN} AND place = ?", (*scope, detector.place))


def training(detector: Detector | None) -> tuple[tzinfo, list[tuple[float, float]]]:
    """The time zone of a model, and the times that do not count for it."""
    given = (detector.data.get("Configuration") or {}) if detector is not None else {}
    ranges = [(each["StartTime"], each["EndTime"]) for each in given.get("ExcludedTimeRanges") or ()]
    return zone_of(given.get("MetricTimezone") or "") or UTC, ranges


def zone_of(name: str) -> tzinfo | None:
    """A time zone by its name, None when there is none of it."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
