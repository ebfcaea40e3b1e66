"""What Scheduler does without a request: it wakes schedules, invokes targets, and takes deleted groups apart."""

from __future__ import annotations

import logging
from typing import Any

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.services.scheduler import invoking, records, resources, timing
from cloudarium.services.scheduler.metering import counted
from cloudarium.shared import ids, retrying
from cloudarium.shared.errors import AwsError
from cloudarium.shared.retrying import Failure

log = logging.getLogger("cloudarium")
_PORTION = 200


@delivery("Fire")
async def fire(event: Event) -> None:
    """Leave an invocation of a schedule whose moment has come, and set its next.

    What passed while the cloud was off is not made up for.
    """
    with event.transaction():
        wanted = event.payload
        found = records.find(event.store, event.scope, wanted["Group"], wanted["Name"])
        if found is None or found.data["State"] != "ENABLED":
            return
        invocation = {
            **wanted,
            "Target": found.data["Target"],
            "Execution": invoking.new_execution(),
            "Id": ids.uuid(),
            "Since": event.now,
            "Attempts": 0,
        }
        event.later("Invoke", invocation)
        window = found.data["FlexibleTimeWindow"].get("MaximumWindowInMinutes") or 0
        passed = event.now - wanted["At"] > window * 60 + 60
        if not timing.plan(event, found, event.now if passed else wanted["At"]):
            timing.complete(event, found)


@delivery("Invoke")
async def invoke(event: Event) -> None:
    """Invoke a target; what fails is tried again by the schedule's policy, and at last is a dead letter."""
    kept = event.payload
    counted(event, kept["Group"], "InvocationAttemptCount")
    try:
        await invoking.invoke(event)
    except Failure as failure:
        await _failed(event, kept, failure)


async def _failed(event: Event, kept: dict[str, Any], failure: Failure) -> None:
    wanted = event.payload
    event.now = event.cloud.clock.now()
    condition, group = None, wanted["Group"]
    counted(event, group, "TargetErrorThrottledCount" if failure.code == "THROTTLING" else "TargetErrorCount")
    if failure.again:
        pause = retrying.pause(wanted["Attempts"], ids.fraction())
        policy = wanted["Target"]["RetryPolicy"]
        condition = retrying.exhausted(policy, wanted["Attempts"], event.now + pause - wanted["Since"])
        if condition is None:
            with event.transaction():
                event.later("Invoke", {**kept, "Attempts": wanted["Attempts"] + 1}, due=event.now + pause)
            return
    counted(event, group, "InvocationDroppedCount")
    log.info("schedule %s/%s did not reach its target: %s", wanted["Group"], wanted["Name"], failure)
    try:
        if await invoking.bury(event, failure, condition):
            counted(event, group, "InvocationsSentToDeadLetterCount")
    except AwsError as error:
        counted(event, group, "InvocationsFailedToBeSentToDeadLetterCount")
        if (error.status or 400) >= 500 and error.code != "NotImplemented":
            raise
        log.warning("the dead-letter queue of a schedule was not reached: %s", error.message)


@delivery("DropGroup")
async def drop_group(event: Event) -> Retry | None:
    """Delete the schedules of a group that goes, some at a time, and then the group."""
    name = event.payload["Name"]
    with event.transaction():
        found = records.find_group(event.store, event.scope, name)
        if found is None:
            return None
        some = records.after(event.store, event.scope, name, ("", ""), _PORTION)
        for schedule in some:
            records.remove(event.store, schedule)
            timing.forget(event, schedule)
        if len(some) == _PORTION:
            return Retry(event.now)
        records.remove_group(event.store, found)
        event.tags.drop(resources.group_arn(event.scope, name))
    return None
