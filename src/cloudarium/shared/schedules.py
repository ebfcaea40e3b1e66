"""Schedules as EventBridge and its Scheduler write them: rate(5 minutes), cron(0 9 ? * MON-FRI *), in a time zone.

A cron moment that a time zone leaves out is skipped, and one that it has twice counts once.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo

_RATE = re.compile(r"rate\(([1-9][0-9]{0,8}) (minute|hour|day)(s?)\)", re.ASCII)
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", re.ASCII)
_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_LONGEST_SHIFT = 4  # hours: more than any time zone turns its clocks


def rate(expression: str, *, strict: bool) -> float | None:
    """The seconds of a rate expression, None for any other text; if `strict`, one is singular and more are plural."""
    found = _RATE.fullmatch(expression)
    if found is None or (strict and (found[1] == "1") is bool(found[3])):
        return None
    return int(found[1]) * _SECONDS[found[2]]


class Cron:
    """cron(minutes hours day-of-month month day-of-week year). Raises ValueError for what is none."""

    def __init__(self, expression: str) -> None:
        found = _CRON.fullmatch(expression)
        if found is None or (found[3] == "?") is (found[5] == "?"):
            raise ValueError(expression)
        self._minutes = sorted(_numbers(found[1], 0, 59))
        self._hours = sorted(_numbers(found[2], 0, 23))
        self._months = _numbers(found[4], 1, 12, _MONTHS)
        self._years = _numbers(found[6], _FIRST_YEAR, _LAST_YEAR)
        self._dates, self._weekdays = found[3], found[5]
        for _ in (*self._days_of_month(2024, 2), *self._days_of_week(2024, 2)):
            pass  # what a field is made of is looked at now, not when its time has come

    def next(self, after: float, zone: tzinfo = UTC) -> float | None:
        """The first moment later than `after`, None when there is none any more."""
        start = datetime.fromtimestamp(after, zone)
        for day in self._days(start.date()):
            for hour in self._hours:
                if day == start.date() and hour + _LONGEST_SHIFT < start.hour:
                    continue
                for minute in self._minutes:
                    moment = _moment(datetime(day.year, day.month, day.day, hour, minute), zone)
                    if moment is not None and moment > after:
                        return moment
        return None

    def _days(self, first: date) -> Iterator[date]:
        for year in range(max(first.year, _FIRST_YEAR), _LAST_YEAR + 1):
            if year not in self._years:
                continue
            for month in sorted(self._months):
                if (year, month) < (first.year, first.month):
                    continue
                days = self._days_of_month(year, month) if self._weekdays == "?" else self._days_of_week(year, month)
                yield from (found for day in sorted(days) if (found := date(year, month, day)) >= first)

    def _days_of_month(self, year: int, month: int) -> set[int]:
        if self._dates == "?":
            return set()
        last, found = calendar.monthrange(year, month)[1], set()
        for part in self._dates.split(","):
            if part == "L":
                found.add(last)
            elif part.endswith("W"):
                wanted = last if part == "LW" else _within(part[:-1], 1, 31)
                if wanted <= last:
                    found.add(_nearest_weekday(date(year, month, wanted), last))
            else:
                found |= {day for day in _numbers(part, 1, 31) if day <= last}
        return found

    def _days_of_week(self, year: int, month: int) -> set[int]:
        if self._weekdays == "?":
            return set()
        last, found = calendar.monthrange(year, month)[1], set()
        for part in self._weekdays.split(","):
            name, sharp, nth = part.partition("#")
            if sharp:
                which = _within(nth, 1, 5)
                wanted = {_within(str(_DAYS.get(name.upper(), name)), 1, 7)}
                chosen = {day for day in range(1, last + 1) if (day + 6) // 7 == which}
            elif part.upper().endswith("L"):
                wanted = {_within(str(_DAYS.get(part[:-1].upper(), part[:-1] or 7)), 1, 7)}
                chosen = set(range(last - 6, last + 1))
            else:
                wanted, chosen = _numbers(part, 1, 7, _DAYS, turns=True), set(range(1, last + 1))
            found |= {day for day in chosen if date(year, month, day).isoweekday() % 7 + 1 in wanted}
        return found


def _moment(local: datetime, zone: tzinfo) -> float | None:
    """When this is in the zone, None when its clocks are turned past it."""
    moment = local.replace(tzinfo=zone)
    seconds = moment.timestamp()
    return seconds if datetime.fromtimestamp(seconds, zone).replace(tzinfo=None, fold=0) == local else None


def _nearest_weekday(wanted: date, last: int) -> int:
    """The day from Monday to Friday that is nearest to a day, inside of its month."""
    weekday = wanted.isoweekday()
    if weekday == 6:
        return wanted.day - 1 if wanted.day > 1 else wanted.day + 2
    if weekday == 7:
        return wanted.day + 1 if wanted.day < last else wanted.day - 2
    return wanted.day


def _numbers(
    field: str, low: int, high: int, names: Mapping[str, int] | None = None, *, turns: bool = False
) -> set[int]:
    """The numbers of a field: 5, 1-5, *, 0/15, 1,3; if it `turns`, FRI-MON goes on from the other end."""
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, final = span.partition("-")
        if span == "*" or (slash and not span):
            start, end = low, high
        else:
            start = _within(str((names or {}).get(first.upper(), first)), low, high)
            end = _within(str((names or {}).get(final.upper(), final)), low, high) if dash else start
            end = high if slash and not dash else end
        if end < start:
            if not turns:
                raise ValueError(field)
            end += high
        stride = _within(step, 1, high) if slash else 1
        found.update((number - low) % (high - low + 1) + low for number in range(start, end + 1, stride))
    return found


def _within(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and low <= int(text) <= high):
        raise ValueError(text)
    return int(text)
