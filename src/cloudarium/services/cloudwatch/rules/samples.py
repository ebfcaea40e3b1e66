"""Samples: what was put for one moment or a span of time, added up, and how its values are spread.

The spread is kept as values with their counts, exactly while they are few; of many, neighbours share one value that is
off by at most one percent, so that a row stays small whatever is put into it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson

_MOST_VALUES = 300
_STEP = math.log(1.02)  # neighbours of one group lie within two percent of each other


class Sample(NamedTuple):
    """A statistic set; `spread` is None where only the set is known."""

    size: float
    sum: float
    low: float
    high: float
    spread: Mapping[float, float] | None


def one(value: float) -> Sample:
    """The sample of a single value."""
    return Sample(1.0, value, value, value, {value: 1.0})


def of(values: Mapping[float, float]) -> Sample:
    """The sample of values with their counts, of which there is at least one."""
    total = math.fsum(value * count for value, count in values.items())
    return Sample(math.fsum(values.values()), total, min(values), max(values), values)


def of_set(count: float, total: float, low: float, high: float) -> Sample:
    """The sample of a statistic set, whose spread is known when all its values are equal."""
    known = low == high and count > 0
    return Sample(count, total, low, high, {low: count} if known else None)


def merged(samples: Iterable[Sample]) -> Sample:
    """All samples, of which there is at least one, as one."""
    found = list(samples)
    if len(found) == 1:
        return found[0]
    spread: dict[float, float] = {}
    known = all(sample.spread is not None for sample in found)
    for sample in found if known else ():
        for value, count in (sample.spread or {}).items():
            spread[value] = spread.get(value, 0.0) + count
    return Sample(
        math.fsum(sample.size for sample in found),
        math.fsum(sample.sum for sample in found),
        min(sample.low for sample in found),
        max(sample.high for sample in found),
        spread if known else None,
    )


def grown(base: Sample, more: Sample) -> Sample:
    """Two samples as one, into the spread of the first, which nobody else may hold; many small ones add up fast so."""
    spread = base.spread
    if spread is not None and more.spread is not None:
        assert isinstance(spread, dict)
        for value, count in more.spread.items():
            spread[value] = spread.get(value, 0.0) + count
    else:
        spread = None
    return Sample(
        base.size + more.size, base.sum + more.sum, min(base.low, more.low), max(base.high, more.high), spread
    )


def pack(sample: Sample) -> bytes | None:
    """The spread as it is stored: nothing where low and high say it all."""
    if sample.spread is None or sample.low == sample.high:
        return None
    spread = sample.spread if len(sample.spread) <= _MOST_VALUES else _grouped(sample.spread)
    return orjson.dumps([number for pair in spread.items() for number in pair])


def unpack(count: float, total: float, low: float, high: float, spread: bytes | None) -> Sample:
    """The sample of a stored row."""
    if spread is None:
        return of_set(count, total, low, high)
    numbers = orjson.loads(spread)
    return Sample(count, total, low, high, dict(zip(numbers[::2], numbers[1::2], strict=True)))


def _grouped(spread: Mapping[float, float]) -> dict[float, float]:
    found: dict[float, float] = {}
    for value, count in spread.items():
        near = 0.0
        if value:
            step = round(math.log(abs(value)) / _STEP)
            near = math.copysign(math.exp(step * _STEP), value)
        found[near] = found.get(near, 0.0) + count
    return found
