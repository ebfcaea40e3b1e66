"""The timers of schedules: the next moment of each waits in the outbox."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.scheduler import records, resources
from cloudarium.services.scheduler.records import Schedule
from cloudarium.services.scheduler.rules import expressions


def plan(call: Call, schedule: Schedule, after: float) -> bool:
    """Have the outbox wake a schedule at its next moment; whether there is one."""
    moment = expressions.following(schedule.data, after) if schedule.data["State"] == "ENABLED" else None
    if moment is None:
        forget(call, schedule)
        return False
    due = moment + expressions.delay(schedule.data, resources.schedule_arn(*schedule[:3]), moment)
    payload = {"Group": schedule.group, "Name": schedule.name, "At": moment}
    call.cloud.store.outbox.put("scheduler", "Fire", schedule.scope, payload, due, schedule.key)
    return True


def forget(call: Call, schedule: Schedule) -> None:
    """Have no moment of a schedule come any more."""
    call.cloud.store.outbox.cancel("scheduler", "Fire", schedule.scope, schedule.key)


def complete(call: Call, schedule: Schedule) -> None:
    """What becomes of a schedule after its last moment."""
    if schedule.data["ActionAfterCompletion"] == "DELETE":
        records.remove(call.store, schedule)
