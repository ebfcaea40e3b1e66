"""What happens without a request: alarms are looked at, act, and points grow old."""

from __future__ import annotations

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.services.cloudwatch import acting, ageing, composing, evaluating, gauging, states, watching
from cloudarium.services.cloudwatch.records import alarms


@delivery(watching.KIND)
async def evaluate(event: Event) -> Retry | None:
    """Look at a metric alarm, and again when what it sees can be different."""
    event.cloud.meter.sample(event.scope)
    event.cloud.meter.flush()
    assert event.key is not None
    now = max(event.now, event.due)
    alarm = alarms.find(event.store, event.scope, event.key)
    answers = await evaluating.asked(event, alarm, now) if alarm is not None else {}
    with event.transaction():
        alarm = alarms.find(event.store, event.scope, event.key)  # as it stands now: functions take their time
        if alarm is None:
            return None
        evaluating.look(event.store, alarm, now, answers)
    return None


@delivery(states.COMPOSE)
async def compose(event: Event) -> None:
    """Evaluate a composite alarm: something that it speaks of has changed."""
    assert event.key is not None
    with event.transaction():
        alarm = alarms.find(event.store, event.scope, event.key)
        if alarm is not None and alarm.kind == "CompositeAlarm":
            composing.compose(event.store, alarm, event.payload["cause"], event.now)


@delivery(states.RELEASE)
async def release(event: Event) -> None:
    """End the time in which a composite alarm's actions were held back."""
    assert event.key is not None
    with event.transaction():
        composing.release(event.store, event.scope, event.key, event.now)


@delivery(states.ACT)
async def act(event: Event) -> None:
    """Carry out one action of an alarm."""
    await acting.act(event)


@delivery(ageing.KIND)
async def grow_old(event: Event) -> Retry | None:
    """Make points coarser whose time has come, some at a time."""
    with event.transaction():
        if ageing.grow(event.store, event.now):
            return Retry(event.now)
        due = ageing.following(event.store, event.now)
    return None if due is None else Retry(due)


@delivery(gauging.KIND)
async def read_gauges(event: Event) -> Retry | None:
    """Read the rooms' gauges, and again at the next midnight."""
    due = await gauging.read(event.cloud, max(event.now, event.due))
    return None if due is None else Retry(due)
