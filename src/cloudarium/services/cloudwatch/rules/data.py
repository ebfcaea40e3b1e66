"""What PutMetricData takes: each datum looked at, and made the sample of one metric at one moment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cloudarium.services.cloudwatch import errors
from cloudarium.services.cloudwatch.rules import samples
from cloudarium.services.cloudwatch.rules.samples import Sample

Data = dict[str, Any]
Dimensions = tuple[tuple[str, str], ...]
MOST_DATA = 1000
_MOST_VALUES = 150
_OLDEST, _NEWEST = 14 * 86_400, 2 * 3600  # how far from now a timestamp may lie
_LARGEST = 2.0**360
RESERVED = "AWS/"


class Datum(NamedTuple):
    """One datum: the metric within its namespace, and what is added to it at `time`."""

    name: str
    dimensions: Dimensions
    unit: str
    time: float
    resolution: int
    sample: Sample


def dimensions(given: Sequence[Mapping[str, str]] | None) -> Dimensions:
    """Dimensions as they tell metrics apart: by name."""
    if not given:
        return ()
    return tuple(sorted((each["Name"], each["Value"]) for each in given))


def datum(given: Data, place: str, now: float) -> Datum:
    """What one member of MetricData says. Raises InvalidValue, InvalidCombination, Missing."""
    time = given.get("Timestamp", now)
    if not now - _OLDEST <= time <= now + _NEWEST:
        raise errors.InvalidValue(
            f"The parameter {place}.Timestamp must specify a time no more than two weeks in the past and no more than"
            " two hours into the future."
        )
    own = dimensions(given.get("Dimensions"))
    for name, value in own:
        if not name.strip() or not value.strip() or name.startswith(":"):
            raise errors.InvalidValue(
                f"The parameter {place}.Dimensions must have names and values that are not empty, and no name that"
                " begins with a colon."
            )
    resolution = 1 if given.get("StorageResolution", 60) == 1 else 60
    if given.get("StorageResolution", 60) not in (1, 60):
        raise errors.InvalidValue.value(given["StorageResolution"], f"{place}.StorageResolution")
    return Datum(given["MetricName"], own, given.get("Unit") or "None", time, resolution, _sample(given, place))


def _sample(given: Data, place: str) -> Sample:
    value, stats, values = given.get("Value"), given.get("StatisticValues"), given.get("Values")
    if value is not None and values:
        raise errors.InvalidCombination.both(f"{place}.Value", f"{place}.Values")
    if value is not None and stats is not None:
        raise errors.InvalidCombination.both(f"{place}.Value", f"{place}.StatisticValues")
    if value is not None:
        return samples.one(_number(value, f"{place}.Value"))
    if stats is not None:  # AWS takes it beside Values too, of which the set says less
        set_ = _statistic_set(stats, f"{place}.StatisticValues")
        return _counted(values, given.get("Counts"), place) if values else set_
    if values:
        return _counted(values, given.get("Counts"), place)
    raise errors.InvalidCombination(
        f"At least one of the parameters {place}.Value, {place}.Values or {place}.StatisticValues must be specified."
    )


def _number(value: float, place: str) -> float:
    if math.isnan(value) or math.isinf(value):
        shown = "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
        raise errors.InvalidValue.value(shown, place)
    if abs(value) > _LARGEST:
        raise errors.InvalidValue.value(value, place)
    return float(value)


def _statistic_set(stats: Data, place: str) -> Sample:
    count, total, low, high = (
        _number(stats[name], f"{place}.{name}") for name in ("SampleCount", "Sum", "Minimum", "Maximum")
    )
    if count < 0:
        raise errors.InvalidValue.value(count, f"{place}.SampleCount")
    if low > high:
        raise errors.InvalidValue(f"The parameter {place}.Maximum must be greater than {place}.Minimum.")
    return samples.of_set(count, total, low, high)


def _counted(values: list[float], counts: list[float] | None, place: str) -> Sample:
    if counts and len(counts) != len(values):
        raise errors.InvalidValue(f"The parameters {place}.Values and {place}.Counts must be of the same size.")
    if len(values) > _MOST_VALUES:
        raise errors.InvalidValue(f"The collection {place}.Values must not have a size greater than {_MOST_VALUES}.")
    found: dict[float, float] = {}
    for number, value in enumerate(values):
        times = _number(counts[number], f"{place}.Counts.member.{number + 1}") if counts else 1.0
        if times < 0:
            raise errors.InvalidValue.value(times, f"{place}.Counts.member.{number + 1}")
        value = _number(value, f"{place}.Values.member.{number + 1}")
        if times:
            found[value] = found.get(value, 0.0) + times
    if not found:
        raise errors.InvalidValue(f"The parameter {place}.Counts must hold a count that is not zero.")
    return samples.of(found)
