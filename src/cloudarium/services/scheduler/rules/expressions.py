"""When a schedule is due: once, at a rate, or by a cron expression in its time zone, between its dates.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import hashlib
import math
import re
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from cloudarium.services.scheduler import errors
from cloudarium.shared.schedules import Cron, rate

Data = dict[str, Any]
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)", re.ASCII)
_LAST = 8_000_000_000.0


def check(data: Data) -> None:
    """Raise ValidationException for an expression, a time zone, dates or a window that no schedule has."""
    zone = _zone(data["ScheduleExpressionTimezone"])
    expression = data["ScheduleExpression"]
    if rate(expression, strict=False) is None and _once(expression, zone) is None:
        try:
            Cron(expression)
        except ValueError:
            raise errors.Invalid(f"Invalid Schedule Expression {expression}.") from None
    start, end = data.get("StartDate"), data.get("EndDate")
    if start is not None and end is not None and start >= end:
        raise errors.Invalid("The StartDate you specify must come before the EndDate.")
    window = data["FlexibleTimeWindow"]
    if window["Mode"] == "FLEXIBLE" and not window.get("MaximumWindowInMinutes"):
        raise errors.Invalid("MaximumWindowInMinutes is required when the flexible time window Mode is FLEXIBLE.")


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise errors.Invalid(f"Invalid ScheduleExpressionTimezone {name}.") from None


def _once(expression: str, zone: ZoneInfo) -> float | None:
    found = _AT.fullmatch(expression)
    try:
        return datetime.fromisoformat(found[1]).replace(tzinfo=zone).timestamp() if found else None
    except (ValueError, OverflowError):
        return None


def is_once(expression: str) -> bool:
    """Whether this is a schedule of one moment."""
    return expression.startswith("at(")


def following(data: Data, after: float) -> float | None:
    """The first moment later than `after` at which a schedule is due, None when there is none any more."""
    zone, expression = _zone(data["ScheduleExpressionTimezone"]), data["ScheduleExpression"]
    if is_once(expression):
        once = _once(expression, zone)
        return once if once is not None and once > after else None
    start, end = data.get("StartDate"), data.get("EndDate")
    seconds = rate(expression, strict=False)
    if seconds is not None:
        base = max(data["since"], start or 0.0)  # without a start date the first time is at once
        found: float | None = base if after < base else base + (math.floor((after - base) / seconds) + 1) * seconds
    else:
        found = Cron(expression).next(max(after, (start or 0.0) - 0.001), zone)
    late = found is None or found > _LAST or (end is not None and found > end)
    return None if late else found


def delay(data: Data, arn: str, moment: float) -> float:
    """How many seconds into its flexible window an invocation comes: spread over it, the same when asked again."""
    window = data["FlexibleTimeWindow"]
    if window["Mode"] == "OFF":
        return 0.0
    digest = hashlib.sha256(f"{arn} {moment}".encode()).digest()
    return float(int.from_bytes(digest[:8], "big") % (int(window["MaximumWindowInMinutes"]) * 60))
