"""When secrets are rotated: every so many days, or by a rate() or cron() expression, inside of a window.

All times are UTC. Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cloudarium.services.secretsmanager import errors
from cloudarium.shared.schedules import Cron

_HOUR, _DAY = 3600.0, 86_400.0
_RATE = re.compile(r"rate\((\d{1,3}) (hour|hours|day|days)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_FEWEST_HOURS = 4


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
        start = _next(expression or "", after)
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
        _next(expression, 0.0)
    except (ValueError, OverflowError):
        raise wrong from None


def _cron(expression: str) -> Cron:
    """cron(Minutes Hours Day-of-month Month Day-of-week Year): on the hour, in every year. Raises ValueError."""
    match = _CRON.fullmatch(expression)
    if match is None or match[1] != "0" or match[6] != "*":
        raise ValueError(expression)
    return Cron(expression)


def _next(expression: str, after: float) -> float:
    found = _cron(expression).next(after)
    if found is None:
        raise ValueError("there is no such day")
    return found
