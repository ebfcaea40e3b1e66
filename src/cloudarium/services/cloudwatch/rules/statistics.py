"""Statistics by their names: Sum, p99, TM(10%:90%), PR(:300), IQM …

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

from cloudarium.services.cloudwatch.rules.samples import Sample

Compute = Callable[[Sample], "float | None"]
PLAIN = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")

_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{0,10})?)")
_SHORT = re.compile(r"(tm|tc|ts|wm)(\d{1,2}(?:\.\d{0,10})?)", re.IGNORECASE)
_NUMBER = r"-?\d{1,15}(?:\.\d{0,10})?%?"
_RANGE = re.compile(rf"(TM|TC|TS|WM|PR)\(({_NUMBER})?:({_NUMBER})?\)", re.IGNORECASE)
_Pairs = list[tuple[float, float]]


class UnknownStatistic(ValueError):
    """A text that names no statistic."""


@lru_cache(maxsize=1024)
def statistic(text: str) -> Compute:
    """What computes a statistic from a sample; it answers None where that cannot be known. Raises UnknownStatistic."""
    if text in PLAIN:
        return _plain(text)
    return extended(text)


@lru_cache(maxsize=1024)
def extended(text: str) -> Compute:
    """The same for extended statistics alone. Raises UnknownStatistic."""
    found = _PERCENTILE.fullmatch(text)
    if found is not None and float(found[1]) <= 100:
        return _spread(_percentile(float(found[1])))
    found = _SHORT.fullmatch(text)
    if found is not None:
        return _spread(_between(found[1].upper(), None, (float(found[2]), True)))
    if text.upper() == "IQM":
        return _spread(_between("TM", (25.0, True), (75.0, True)))
    found = _RANGE.fullmatch(text)
    if found is not None and (found[2] or found[3]):
        low, high = _bound(found[2]), _bound(found[3])
        if low and high and (low[1] != high[1] or low[0] >= high[0]):
            raise UnknownStatistic(text)
        if any(bound and bound[1] and not 0 <= bound[0] <= 100 for bound in (low, high)):
            raise UnknownStatistic(text)
        kind = found[1].upper()
        if kind == "PR" and any(bound and bound[1] for bound in (low, high)):
            raise UnknownStatistic(text)
        return _spread(_between(kind, low, high))
    raise UnknownStatistic(text)


def percentile_of(text: str) -> float | None:
    """The number in p99, None for any other statistic."""
    found = _PERCENTILE.fullmatch(text)
    return float(found[1]) if found is not None else None


_Bound = tuple[float, bool]


def _bound(text: str | None) -> _Bound | None:
    return (float(text.rstrip("%")), text.endswith("%")) if text else None


def _plain(name: str) -> Compute:
    def average(sample: Sample) -> float | None:
        return sample.sum / sample.size if sample.size else None

    return {
        "SampleCount": lambda sample: sample.size,
        "Average": average,
        "Sum": lambda sample: sample.sum,
        "Minimum": lambda sample: sample.low,
        "Maximum": lambda sample: sample.high,
    }[name]


def _spread(compute: Callable[[_Pairs], float | None]) -> Compute:
    """Where a value is negative, or only a statistic set is known, AWS has no percentiles."""

    def by_spread(sample: Sample) -> float | None:
        if sample.spread is None or sample.low < 0:
            return None
        pairs = sorted((value, count) for value, count in sample.spread.items() if count > 0)
        return compute(pairs) if pairs else None

    return by_spread


def _percentile(percent: float) -> Callable[[_Pairs], float]:
    def compute(pairs: _Pairs) -> float:
        total = math.fsum(count for _, count in pairs)
        rank = percent / 100 * (total - 1)
        lower = _at(pairs, math.floor(rank))
        return lower + (_at(pairs, math.ceil(rank)) - lower) * (rank - math.floor(rank))

    return compute


def _at(pairs: _Pairs, rank: float) -> float:
    """The value at a rank, counted from 0."""
    seen = 0.0
    for value, count in pairs:
        seen += count
        if rank < seen:
            return value
    return pairs[-1][0]


def _between(kind: str, low: _Bound | None, high: _Bound | None) -> Callable[[_Pairs], float | None]:
    """A statistic of the values between two bounds: trimmed mean, count, sum, winsorized mean, percentile rank."""

    def compute(pairs: _Pairs) -> float | None:
        kept = _clipped(pairs, low, high)
        count = math.fsum(each for _, each in kept)
        if kind == "TC":
            return count
        if kind == "PR":
            return count / math.fsum(each for _, each in pairs) * 100
        if not kept:
            return None
        total = math.fsum(value * each for value, each in kept)
        if kind == "TS":
            return total
        if kind == "TM":
            return total / count
        return _winsorized(pairs, kept, low, high)

    return compute


def _clipped(pairs: _Pairs, low: _Bound | None, high: _Bound | None) -> _Pairs:
    """The values between the bounds: by rank for percents (parts of a count too), by value otherwise."""
    if (low and low[1]) or (high and high[1]):
        total = math.fsum(count for _, count in pairs)
        first = total * low[0] / 100 if low else 0.0
        last = total * high[0] / 100 if high else total
        kept, seen = [], 0.0
        for value, count in pairs:
            part = min(seen + count, last) - max(seen, first)
            if part > 1e-9:
                kept.append((value, part))
            seen += count
        return kept
    # A bound that is a value: the lower one is outside, the upper one inside.
    return [(v, c) for v, c in pairs if (low is None or v > low[0]) and (high is None or v <= high[0])]


def _winsorized(pairs: _Pairs, kept: _Pairs, low: _Bound | None, high: _Bound | None) -> float:
    """The mean with what lies outside moved to the nearest value inside."""
    first, last = kept[0][0], kept[-1][0]
    inside = math.fsum(value * count for value, count in kept)
    total = math.fsum(count for _, count in pairs)
    outside = total - math.fsum(count for _, count in kept)
    if low and low[1] or high and high[1]:
        below = total * low[0] / 100 if low else 0.0
    else:
        below = math.fsum(count for value, count in pairs if low is not None and value <= low[0])
    return (inside + below * first + (outside - below) * last) / total
