"""Windows of time: when maintenance may happen, and when snapshots are taken."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cloudarium.services.elasticache.errors import Invalid

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR = r"([01]\d|2[0-3]):([0-5]\d)"
_DAILY = re.compile(rf"{_HOUR}-{_HOUR}")
_WEEKLY = re.compile(rf"({'|'.join(_DAYS)}):{_HOUR}-({'|'.join(_DAYS)}):{_HOUR}")
_CLOCK = re.compile(_HOUR)
_DAY, _WEEK = 1440, 7 * 1440
_SHORTEST = 60


def snapshot_window(given: str) -> str:
    """A daily window as it is kept. Raises Invalid."""
    found = _DAILY.fullmatch(given)
    if found is None:
        raise Invalid(f"Invalid snapshot window format: {given}. Should be specified as a range hh24:mi-hh24:mi.")
    first, last = _minute(found[1], found[2]), _minute(found[3], found[4])
    if (last - first) % _DAY < _SHORTEST:
        raise Invalid("The snapshot window must be at least 60 minutes.")
    return given


def maintenance_window(given: str) -> str:
    """A weekly window as it is kept. Raises Invalid."""
    text = given.lower()
    found = _WEEKLY.fullmatch(text)
    if found is None:
        raise Invalid(
            f"Invalid maintenance window format: {given}. Should be specified as a range ddd:hh24:mi-ddd:hh24:mi."
        )
    first = _DAYS.index(found[1]) * _DAY + _minute(found[2], found[3])
    last = _DAYS.index(found[4]) * _DAY + _minute(found[5], found[6])
    if (last - first) % _WEEK < _SHORTEST:
        raise Invalid("The maintenance window must be at least 60 minutes.")
    return text


def daily_time(given: str) -> str:
    """The time of day at which a serverless cache is copied. Raises Invalid."""
    if not _CLOCK.fullmatch(given):
        raise Invalid(f"Invalid daily snapshot time: {given}. Should be specified as hh24:mi.")
    return given


def next_daily(after: float, window: str) -> float:
    """When a daily window (or time) next begins."""
    hour, minute = int(window[:2]), int(window[3:5])
    moment = datetime.fromtimestamp(after, UTC)
    begins = moment.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (begins if begins.timestamp() > after else begins + timedelta(days=1)).timestamp()


def next_weekly(after: float, window: str) -> float:
    """When a weekly window next begins."""
    found = _WEEKLY.fullmatch(window)
    assert found is not None
    moment = datetime.fromtimestamp(after, UTC)
    begins = moment.replace(hour=int(found[2]), minute=int(found[3]), second=0, microsecond=0)
    begins += timedelta(days=(_DAYS.index(found[1]) - moment.weekday()) % 7)
    return (begins if begins.timestamp() > after else begins + timedelta(days=7)).timestamp()


def spread(number: int) -> tuple[str, str]:
    """Windows that ElastiCache would choose: an hour of the night each, from a number; snapshots, maintenance."""
    hour, day = number % 6, _DAYS[number // 6 % 7]
    return f"{hour:02}:30-{hour + 1:02}:30", f"{day}:{hour + 6:02}:00-{day}:{hour + 7:02}:00"


def _minute(hour: str, minute: str) -> int:
    return int(hour) * 60 + int(minute)
