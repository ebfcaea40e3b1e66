"""The schedules of rules: the next moment is a timer of the outbox."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.events.records.managed import Rule
from cloudarium.shared.schedules import Cron, rate

_LAST = 4_102_444_800.0 * 2  # no rate leads further


def is_schedule(expression: str) -> bool:
    """Whether a text is a rate or cron expression as rules have them: always in UTC."""
    if rate(expression, strict=True) is not None:
        return True
    try:
        Cron(expression)
    except ValueError:
        return False
    return True


def following(expression: str, after: float) -> float | None:
    """The next moment of a schedule."""
    seconds = rate(expression, strict=True)
    if seconds is not None:
        return after + seconds if after + seconds < _LAST else None
    return Cron(expression).next(after)


def plan(call: Call, rule: Rule, after: float) -> None:
    """Have the outbox wake a rule at its next moment; none for one that is disabled or has no schedule."""
    expression = rule.data.get("ScheduleExpression")
    due = following(expression, after) if expression and rule.data["State"] == "ENABLED" else None
    if due is None:
        forget(call, rule)
    else:
        call.cloud.store.outbox.put("events", "Schedule", rule.scope, _place(rule), due, rule.key)


def forget(call: Call, rule: Rule) -> None:
    """Have no moment of a rule come any more."""
    call.cloud.store.outbox.cancel("events", "Schedule", rule.scope, rule.key)


def _place(rule: Rule) -> dict[str, str]:
    return {"Bus": rule.bus, "Name": rule.name}
