"""What EventBridge does without a request: it brings events to targets, wakes schedules, replays, and forgets."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.policy.principal import Principal
from cloudarium.services.events import calling, failures, matching, resources, roles, sealing, secrets, sending, timing
from cloudarium.services.events.measuring import Attempt
from cloudarium.services.events.records import archived, named, rules
from cloudarium.services.events.records.named import Named
from cloudarium.services.events.rules import entries
from cloudarium.shared import arn as arns
from cloudarium.shared import clock, ids, retrying
from cloudarium.shared.arn import Arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.retrying import Failure

log = logging.getLogger("cloudarium")
_PORTION = 100
_ATTEMPTS_TO_AUTHORIZE = 5


@delivery("Emit")
async def emit(event: Event) -> None:
    """Tell the default bus of what happened to a service's resource, as that service.

    gateway/happenings.py leaves it; Detail is an object. It is put as any event is, so the journal shows it.
    """
    told = event.payload
    entry = {**told, "Detail": entries.as_text(told["Detail"]), "Time": told.get("Time", event.due)}
    service = f"{told['Source'].removeprefix('aws.')}.amazonaws.com"
    own = {"aws:SourceAccount": event.account}
    await event.send(
        "events", "PutEvents", {"Entries": [entry]}, as_=Principal.service(service, event.account), context=own
    )


@delivery("TargetByHttp")
@delivery("Target")
async def deliver(event: Event) -> None:
    """Bring an event to a target; what fails is tried again by the target's policy, and at last is a dead letter."""
    kept, place = event.payload, resources.rule_of(event.payload["Rule"])
    assert place is not None
    if sealing.is_sealed(kept["Event"]):
        bus = resources.find_bus(event.store, *place[:2])
        if bus is None:
            return
        try:
            event.payload = {**kept, "Event": await sealing.opened(event, kept["Event"], bus)}
        except AwsError as error:
            await _not_opened(event, bus, error)
            return
    attempt = Attempt(event, place)
    try:
        await sending.send(event)
        attempt.succeeded()
    except Failure as failure:
        await _failed(event, kept, failure, attempt)


async def _not_opened(event: Event, bus: Named, error: AwsError) -> None:
    """An event whose key cannot be used any more goes to the dead-letter queue of its bus, as it is."""
    if (error.status or 400) >= 500:
        raise error
    dead = arns.parse((bus.data.get("DeadLetterConfig") or {}).get("Arn"))
    log.info("an event of the bus %s cannot be decrypted: %s", bus.name, error.message)
    if dead is not None:
        await _bury(event, dead, failures.unopened(event.payload), resources.bus_arn(bus.scope, bus.name))


async def _bury(event: Event, queue: Arn, letter: dict[str, Any], source: str) -> bool:
    """Whether a letter has reached a dead-letter queue."""
    try:
        await sending.put_into_queue(event, queue, letter, roles.service(event.account), source)
        return True
    except AwsError as error:
        if (error.status or 400) >= 500 and error.code != "NotImplemented":
            raise
        log.warning("the dead-letter queue %s was not reached: %s", queue, error.message)
        return False


async def _failed(event: Event, kept: dict[str, Any], failure: Failure, attempt: Attempt) -> None:
    wanted = event.payload
    event.now = event.cloud.clock.now()
    policy = wanted["Target"].get("RetryPolicy") or {}
    condition = None
    if failure.again:
        pause = retrying.pause(wanted["Attempts"], ids.fraction())
        condition = retrying.exhausted(policy, wanted["Attempts"], event.now + pause - wanted["Since"])
        if condition is None:
            with event.transaction():
                event.later(event.kind, {**kept, "Attempts": wanted["Attempts"] + 1}, due=event.now + pause)
            return
    attempt.failed()
    dead = (wanted["Target"].get("DeadLetterConfig") or {}).get("Arn")
    log.info("an event for %s did not reach %s: %s", wanted["Rule"], wanted["Target"]["Arn"], failure)
    place = arns.parse(dead)
    if place is not None:
        attempt.buried(await _bury(event, place, failures.letter(wanted, failure, condition), wanted["Rule"]))


@delivery("Schedule")
async def wake(event: Event) -> None:
    """Fire a rule whose moment has come, and set its next; what passed while the cloud was off is not made up for."""
    with event.transaction():
        rule = rules.find(event.store, event.scope, event.payload["Bus"], event.payload["Name"])
        if rule is None or rule.data["State"] != "ENABLED" or not rule.data.get("ScheduleExpression"):
            return
        arn = resources.rule_arn(*rule[:3])
        happened = {
            "version": "0",
            "id": ids.uuid(),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": event.account,
            "time": clock.iso(event.due),
            "region": event.region,
            "resources": [arn],
            "detail": {},
        }
        matching.fire(event, rule, happened)
        following = timing.following(rule.data["ScheduleExpression"], event.due)
        late = following is not None and following <= event.now
        timing.plan(event, rule, event.now if late else event.due)


# ---- Archives and replays --------------------------------------------------------------------------------------------


@delivery("Expire")
async def expire(event: Event) -> Retry | None:
    """Forget the events of an archive whose days are over, some at a time."""
    with event.transaction():
        archive = named.find(event.store, event.scope, "archive", event.payload["Name"])
        if archive is None:
            return None
        if archived.expire(event.store, archive, event.now, _PORTION) == _PORTION:
            return Retry(event.now)
        due = archived.next_expiry(event.store, archive)
    return None if due is None else Retry(due)


@delivery("DropArchived")
async def drop_archived(event: Event) -> Retry | None:
    """Forget what a deleted archive held, some at a time."""
    archive = Named(event.scope, "archive", event.payload["Name"], {})
    with event.transaction():
        more = archived.drop(event.store, archive, event.payload["Before"], _PORTION) == _PORTION
    return Retry(event.now) if more else None


@delivery("Replay")
async def replay(event: Event) -> None:
    """Replay the events of a span of time, some in each transaction, until all are or somebody cancels it."""
    while await _replay_some(event):
        await asyncio.sleep(0)


async def _replay_some(event: Event) -> bool:
    some, keys = await _next(event)
    with event.transaction():
        found = named.find(event.store, event.scope, "replay", event.payload["Name"])
        if found is None or found.data["State"] not in ("STARTING", "RUNNING", "CANCELLING"):
            return False
        if found.data["State"] == "CANCELLING":
            return _over(event, found, "CANCELLED")
        archive, bus = _archive_of(event, found), _bus_of(event, found)
        own = keys.get(bus.data.get(sealing.MEMBER, "")) if bus is not None else None
        if archive is None:
            return _over(event, found, "FAILED", "Archive resource not found.")
        if bus is None or some is None or isinstance(own, AwsError):
            return _over(event, found, "FAILED", "Internal Failure.")
        only = frozenset(found.data["Destination"].get("FilterArns") or ())
        for each in some:
            origin = matching.Origin(clock.iso_millis(event.now), 0, event.trace)
            matching.take(event, bus, _replayed(each.event, found.name), origin, only, keys)
        data = {**found.data, "State": "RUNNING"}
        if some:
            data.update({"place": [some[-1].time, some[-1].id], "EventLastReplayedTime": some[-1].time})
        found = found._replace(data=data)
        named.put(event.store, found)
        if len(some) == _PORTION:
            return True
        end = found.data["EventEndTime"]  # AWS says the whole minutes that are done, events or none.
        done = {**found.data, "EventLastReplayedTime": end - end % 60}
        return _over(event, found._replace(data=done), "COMPLETED")


async def _next(event: Event) -> tuple[list[archived.Archived] | None, sealing.Keys]:
    """The next events in the clear, None when a key does not allow it, and the keys of the bus they are for."""
    found = named.find(event.store, event.scope, "replay", event.payload["Name"])
    archive = _archive_of(event, found) if found is not None else None
    bus = _bus_of(event, found) if found is not None else None
    if found is None or archive is None or bus is None:
        return [], {}
    span = found.data["EventStartTime"], found.data["EventEndTime"]
    after = found.data.get("place") or (span[0], 0)
    some = archived.between(event.store, archive, *span, (after[0], after[1]), _PORTION)
    keys = await sealing.keys(event, bus, matching.keys_of(event.store, bus))
    try:
        return [each._replace(event=await sealing.opened(event, each.event, bus)) for each in some], keys
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise
        return None, keys


def _replayed(text: str, name: str) -> dict[str, object]:
    """An event as a replay brings it: with an id of its own, and the replay's name behind its region."""
    made: dict[str, object] = {}
    for member, value in json.loads(text).items():
        made[member] = ids.uuid() if member == "id" else value
        if member == "region":
            made["replay-name"] = name
    return made


def _over(event: Event, found: Named, state: str, reason: str = "") -> bool:
    data = {**found.data, "State": state, "ReplayEndTime": event.now}
    if reason:
        data["StateReason"] = reason
    named.put(event.store, found._replace(data=data))
    return False


def _archive_of(event: Event, found: Named) -> Named | None:
    return named.find(event.store, event.scope, "archive", found.data["EventSourceArn"].rpartition("/")[2])


def _bus_of(event: Event, found: Named) -> Named | None:
    return resources.find_bus(event.store, *resources.bus_of(found.data["Destination"]["Arn"], event.scope))


# ---- Connections -----------------------------------------------------------------------------------------------------


@delivery("Authorize")
async def authorize(event: Event) -> Retry | None:
    """Try the credentials of a connection by OAuth; after some failures it is not authorized."""
    found = named.find(event.store, event.scope, "connection", event.payload["Name"])
    if found is None or found.data["ConnectionState"] != "AUTHORIZING":
        return None
    problem = None
    try:
        await calling.authorize(event, found, await secrets.read(event, found.data))
    except Failure as failure:
        problem = failure.message
    except AwsError as error:
        problem = error.message
    if problem is not None and event.attempts + 1 < _ATTEMPTS_TO_AUTHORIZE:
        return Retry(event.cloud.clock.now() + 2.0**event.attempts)
    with event.transaction():
        found = named.find(event.store, event.scope, "connection", event.payload["Name"])
        if found is None or found.data["ConnectionState"] != "AUTHORIZING":
            return None
        if problem is None:
            data = {**found.data, "ConnectionState": "AUTHORIZED", "LastAuthorizedTime": event.now}
        else:
            data = {**found.data, "ConnectionState": "DEAUTHORIZED", "StateReason": problem[:512]}
        named.put(event.store, found._replace(data=data))
    return None
