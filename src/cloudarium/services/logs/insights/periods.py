"""Periods of time such as 5m or 2weeks, and what rounds a moment to one of them."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime
from typing import NamedTuple

PREVIOUS = ("previousday", "previousweek", "previousmonth")
_DAY = 86_400_000
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
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": _DAY, "w": 7 * _DAY}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_DURATION = re.compile(r"(\d+)([a-z]+)")
_AGO = re.compile(r"(-?)(\d{1,9})([a-z]+)", re.ASCII)
_FIRST_IN_MILLISECONDS = 100_000_000_000  # as seconds it is the year 5138


class Moment(NamedTuple):
    """A time that a query's text gives: epoch milliseconds, or from now on."""

    milliseconds: int
    relative: bool

    def at(self, now: int) -> int:
        """The moment as epoch milliseconds."""
        return self.milliseconds + now if self.relative else self.milliseconds


def moment(text: str) -> Moment | None:
    """What `start=` and `end=` of SOURCE take: now, -1d, epoch seconds or milliseconds, a date and time; else None."""
    if text.lower() == "now":
        return Moment(0, True)
    ago = _AGO.fullmatch(text)
    if ago is not None:
        factor = _MILLISECONDS.get(_UNIT_OF.get(ago[3], ""))
        return None if factor is None else Moment(int(ago[1] + ago[2]) * factor, True)
    if text.isascii() and text.isdecimal() and len(text) < 16:
        return Moment(int(text) * (1 if int(text) >= _FIRST_IN_MILLISECONDS else 1000), False)
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Moment(round((then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() * 1000), False)


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


def previous(first: int, last: int, modifier: str) -> tuple[int, int]:
    """The time that `diff` compares with: as long, right before or at the same time of the day, week, month before."""
    if modifier == "previousday":
        back = _DAY
    elif modifier == "previousweek":
        back = 7 * _DAY
    elif modifier == "previousmonth":
        back = first - _month_before(first)
    else:
        back = last - first + 1
    return first - back, last - back


def _month_before(moment: int) -> int:
    """The same time a month earlier, on the month's last day if it has no such day."""
    try:
        then = datetime.fromtimestamp(moment // 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return moment
    year, month = (then.year, then.month - 1) if then.month > 1 else (then.year - 1, 12)
    if year < 1:
        return moment
    day = min(then.day, calendar.monthrange(year, month)[1])
    return int(then.replace(year=year, month=month, day=day).timestamp()) * 1000 + moment % 1000
