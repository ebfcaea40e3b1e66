"""Periods of time such as 5m or 2weeks, and what rounds a moment to one of them."""

from __future__ import annotations

import re

_UNITS = {
    "ms": ("milliseconds", "millisecond", "msecs", "msec", "ms"),
    "s": ("seconds", "second", "secs", "sec", "s"),
    "m": ("minutes", "minute", "mins", "min", "m"),
    "h": ("hours", "hour", "hrs", "hr", "h"),
    "d": ("days", "day", "d"),
    "w": ("weeks", "week", "w"),
    "mo": ("months", "month", "mons", "mon", "mos", "mo"),
    "q": ("quarters", "quarter", "qtrs", "qtr", "q"),
    "y": ("years", "year", "yrs", "yr", "y"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_DURATION = re.compile(r"(\d+)([a-z]+)")


def parse(text: str) -> tuple[int, str] | None:
    """The amount and the unit: milliseconds or months; None for no period."""
    match = _DURATION.fullmatch(text)
    if match is None or match[2] not in _UNIT_OF or not 0 < len(match[1]) < 8 or int(match[1]) == 0:
        return None
    unit = _UNIT_OF[match[2]]
    if unit in _MONTHS:
        return int(match[1]) * _MONTHS[unit], "months"
    return int(match[1]) * _MILLISECONDS[unit], "milliseconds"


def floor(moment: str, period: tuple[int, str]) -> str:
    """The start of the period that a moment (SQL of epoch milliseconds) is in."""
    amount, unit = period
    if unit == "milliseconds":
        whole = f"CAST({moment} AS INTEGER)"
        return f"({whole} - {whole} % {amount})"
    return f"month_floor({moment}, {amount})"


def ceil(moment: str, period: tuple[int, str]) -> str:
    """The end of that period, or the moment itself at its start."""
    amount, unit = period
    if unit == "milliseconds":
        whole = f"CAST({moment} AS INTEGER)"
        return f"({whole} + (({amount} - {whole} % {amount}) % {amount}))"
    return f"month_ceil({moment}, {amount})"
