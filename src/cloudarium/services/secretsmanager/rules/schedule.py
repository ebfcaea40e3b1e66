"""When secrets are rotated: every so many days, or by a rate() or cron() expression, inside of a window.

All times are UTC. Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from cloudarium.services.secretsmanager import errors

_HOUR, _DAY = 3600.0, 86_400.0
_RATE = re.compile(r"rate\((\d{1,3}) (hour|hours|day|days)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_FEWEST_HOURS = 4
_LONGEST_LOOK = 366 * 5  # days


class Window(NamedTuple):
    """When a rotation may begin, and until when AWS says it will have begun."""

    start: float
    end: float


def check(rules: Mapping[str, Any]) -> None:
    """Raise InvalidParameter for rules that give no schedule."""
    days, expression = rules.get("AutomaticallyAfterDays"), rules.get("ScheduleExpression")
    if days is not None and expression is not None:
        raise errors.InvalidParameter(
            "You can't specify both AutomaticallyAfterDays and ScheduleExpression in RotationRules."
        )
    if days is None and expression is None:
        raise errors.InvalidParameter("You must specify AutomaticallyAfterDays or ScheduleExpression in RotationRules.")
    if expression is not None:
        _check_expression(expression)
    hours = _window_hours(rules)
    interval = _rate_hours(expression or "")
    if not 1 <= hours <= 24 or (interval is not None and hours > interval):
        raise errors.InvalidParameter("The Duration in RotationRules must fit between two rotations.")


def next_window(rules: Mapping[str, Any], after: float) -> Window:
    """The first window after a rotation (or the set-up of one) at this time."""
    expression = rules.get("ScheduleExpression")
    hours = _rate_hours(expression) if expression else 24.0 * rules["AutomaticallyAfterDays"]
    if hours is not None:
        start = after + hours * _HOUR
        if hours >= 24:  # the window opens with a day, and lasts for that day
            start -= start % _DAY
        else:
            start -= start % _HOUR
        if start <= after:
            start += _DAY if hours >= 24 else _HOUR
    else:
        start = _Cron(expression or "").next(after)
    return Window(start, start + _window_hours(rules) * _HOUR - 1)


def _window_hours(rules: Mapping[str, Any]) -> int:
    if rules.get("Duration"):
        return int(rules["Duration"].rstrip("h"))
    expression = rules.get("ScheduleExpression") or ""
    match = _CRON.fullmatch(expression)
    hourly = "hour" in expression or (match is not None and any(sign in match[2] for sign in "*/,-"))
    return 1 if hourly else 24


def _rate_hours(expression: str) -> float | None:
    match = _RATE.fullmatch(expression)
    return int(match[1]) * (24.0 if match[2].startswith("day") else 1.0) if match else None


def _check_expression(expression: str) -> None:
    wrong = errors.InvalidParameter(f"Invalid ScheduleExpression: {expression}")
    if expression.startswith("rate("):
        hours = _rate_hours(expression)
        if hours is None or not _FEWEST_HOURS <= hours <= 999 * 24:
            raise wrong
        return
    try:
        _Cron(expression).next(0.0)
    except (ValueError, OverflowError):
        raise wrong from None


class _Cron:
    """cron(Minutes Hours Day-of-month Month Day-of-week Year): on the hour, in every year. Raises ValueError."""

    def __init__(self, expression: str) -> None:
        match = _CRON.fullmatch(expression)
        if match is None or match[1] != "0" or match[6] != "*" or (match[3] == "?") is (match[5] == "?"):
            raise ValueError(expression)
        self.hours = _numbers(match[2], 0, 23)
        self.months = _numbers(match[4], 1, 12, _MONTHS)
        self.days = match[3]
        self.weekdays = match[5]

    def next(self, after: float) -> float:
        """The first moment later than `after`."""
        day = datetime.fromtimestamp(after, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(_LONGEST_LOOK):
            if day.month in self.months and self._is_day(day):
                for hour in sorted(self.hours):
                    moment = day.timestamp() + hour * _HOUR
                    if moment > after:
                        return moment
            day += timedelta(days=1)
        raise ValueError("there is no such day")

    def _is_day(self, day: datetime) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        if self.weekdays == "?":
            return day.day in _days_of_month(self.days, day, last)
        weekday = day.isoweekday() % 7 + 1  # Sunday is 1
        if "#" in self.weekdays:
            wanted, _, nth = self.weekdays.partition("#")
            return weekday in _numbers(wanted, 1, 7, _DAYS) and (day.day + 6) // 7 == _within(nth, 1, 5)
        if self.weekdays.endswith("L"):
            wanted = self.weekdays[:-1] or "SAT"
            return weekday in _numbers(wanted, 1, 7, _DAYS) and day.day + 7 > last
        return weekday in _numbers(self.weekdays, 1, 7, _DAYS)


def _days_of_month(field: str, day: datetime, last: int) -> set[int]:
    if field == "L":
        return {last}
    if field.endswith("W"):  # the weekday (Monday to Friday) nearest to a day, inside of the month
        wanted = min(last if field == "LW" else _within(field[:-1], 1, 31), last)
        weekday = day.replace(day=wanted).isoweekday()
        if weekday == 6:
            return {wanted - 1 if wanted > 1 else wanted + 2}
        if weekday == 7:
            return {wanted + 1 if wanted < last else wanted - 2}
        return {wanted}
    return _numbers(field, 1, 31)


def _numbers(field: str, low: int, high: int, names: Mapping[str, int] | None = None) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, final = span.partition("-")
        if span in ("*", "") and (span or slash):
            start, end = low, high
        else:
            start = _within((names or {}).get(first.upper(), first), low, high)
            end = _within((names or {}).get(final.upper(), final), low, high) if dash else (high if slash else start)
        found.update(range(start, end + 1, _within(step, 1, high) if slash else 1))
    if not found:
        raise ValueError(field)
    return found


def _within(given: str | int, low: int, high: int) -> int:
    number = int(given)
    if not low <= number <= high:
        raise ValueError(given)
    return number
