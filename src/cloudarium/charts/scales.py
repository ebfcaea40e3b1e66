"""Scales: round steps for values and times, and numbers as short texts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime

_STEPS = (
    *(60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400),
    *(14 * 86_400, 28 * 86_400, 91 * 86_400, 182 * 86_400),
)  # fmt: skip
_SIZES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def bounds(values: Iterable[float], low: float | None, high: float | None) -> tuple[float, float]:
    """From where to where a scale goes that shows all values; from zero where nothing is below."""
    found = [value for value in values if math.isfinite(value)]
    least = low if low is not None else min(0.0, min(found, default=0.0))
    most = high if high is not None else max(found, default=1.0)
    if most <= least:
        most = least + (abs(least) or 1.0)
    if high is None:
        step = _round_step((most - least) / 4)
        most = math.ceil(most / step - 1e-9) * step
    if low is None and least < 0:
        step = _round_step((most - least) / 4)
        least = math.floor(least / step + 1e-9) * step
    return least, most


def ticks(low: float, high: float, wanted: int) -> list[float]:
    """About so many round values between two bounds."""
    step = _round_step((high - low) / max(wanted, 1))
    if not (math.isfinite(low / step) and math.isfinite(high / step)):
        return []
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, min(last, first + 50) + 1)]


def _round_step(rough: float) -> float:
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next((factor * power for factor in (1, 2, 2.5, 5) if factor * power >= rough * (1 - 1e-9)), 10 * power)


def time_ticks(start: float, end: float, wanted: int, zone: int) -> list[tuple[float, str]]:
    """About so many round moments, with what they are called."""
    rough = (end - start) / max(wanted, 1)
    step = next((each for each in _STEPS if each >= rough), 364 * 86_400)
    first = math.ceil((start + zone) / step) * step - zone
    found: list[tuple[float, str]] = []
    moment = float(first)
    while moment <= end and len(found) < 50:
        found.append((moment, _called(moment + zone, step)))
        moment += step
    return found


def _called(moment: float, step: int) -> str:
    when = datetime.fromtimestamp(moment, UTC)
    if step >= 86_400:
        return when.strftime("%d %b")
    return when.strftime("%d %b") if when.hour == when.minute == 0 else when.strftime("%H:%M")


def stamp(moment: float, zone: int) -> str:
    """A moment in full, to the second."""
    return datetime.fromtimestamp(moment + zone, UTC).strftime("%Y-%m-%d %H:%M:%S")


def number(value: float, exact: bool = False) -> str:
    """A number in few letters: 1.23k, 0.05; in full if it is to be exact."""
    if exact:
        return f"{value:,.6f}".rstrip("0").rstrip(".")
    for size, letter in _SIZES:
        if abs(value) >= size:
            return f"{_plain(value / size)}{letter}"
    return _plain(value)


def _plain(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) < 0.001:
        return f"{value:.2g}"
    places = 3 if abs(value) < 1 else 2 if abs(value) < 100 else 1
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
