"""From an event to what is to be done: the rules of a bus that it matches, their targets, and the bus's archives."""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.services.events import resources, sealing
from cloudarium.services.events.measuring import counted
from cloudarium.services.events.records import archived, managed, named, rules
from cloudarium.services.events.records.managed import Rule
from cloudarium.services.events.records.named import Named
from cloudarium.services.events.rules import entries, targets
from cloudarium.shared import clock
from cloudarium.shared.data_keys import DataKey
from cloudarium.shared.event_patterns import PatternIndex, compile_pattern, flatten
from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.traces import header

HANDED_ON = "HandedOn"  # in an entry that one bus sends to another: the event as it is, and over how many it came
_DAY, _CENTURY = 86_400.0, 36_500
Data = dict[str, Any]


class Origin(NamedTuple):
    """How an event came: when it was taken, over how many buses before, and in which trace."""

    ingested: str
    hops: int = 0
    trace: str = ""


class _Bus(NamedTuple):
    """What an event on a bus is held against, compiled."""

    rules: PatternIndex[str]
    targets: dict[str, list[Data]]
    archives: PatternIndex[str]
    archive_keys: frozenset[str]
    archived: bool


def _compiled(store: Store, scope: Scope, name: str) -> _Bus:
    known = store.known(named.TOPIC)
    place = ("compiled", scope, name)
    if place not in known:
        enabled = [
            rule
            for rule in rules.of_bus(store, scope, name)
            if rule.data["State"] == "ENABLED" and rule.data.get("EventPattern") and not rule.managed
        ]
        source = resources.bus_arn(scope, name)
        archives = [
            each
            for each in named.every(store, scope, "archive")
            if each.data["EventSourceArn"] == source and not each.data.get("removed")
        ]
        known[place] = _Bus(
            PatternIndex((rule.name, compile_pattern(rule.data["EventPattern"])) for rule in enabled),
            {rule.name: rules.targets(store, rule) for rule in enabled},
            PatternIndex((each.name, compile_pattern(managed.pattern(each))) for each in archives),
            frozenset(each.data[sealing.MEMBER] for each in archives if each.data.get(sealing.MEMBER)),
            bool(archives),
        )
    found: _Bus = known[place]
    return found


def has_listeners(store: Store, scope: Scope, name: str) -> bool:
    """Whether anything would become of an event on this bus."""
    compiled = _compiled(store, scope, name)
    return bool(compiled.targets or compiled.archived)


def keys_of(store: Store, bus: Named) -> frozenset[str]:
    """The customer managed keys under which events of a bus are kept."""
    own, archives = bus.data.get(sealing.MEMBER), _compiled(store, bus.scope, bus.name).archive_keys
    return archives | {own} if own else archives


def take(
    call: Call,
    bus: Named,
    event: Data,
    origin: Origin,
    only: Collection[str] | None = None,
    keys: sealing.Keys = MappingProxyType({}),
) -> None:
    """Put an event into the archives of a bus, and leave it for the targets of the rules that it matches.

    With `only` it is a replay: for the rules of these ARNs (none: for all), and for no archive. `keys` are those of
    `keys_of`; an archive whose key cannot be used gets nothing.
    """
    store, scope = call.store, bus.scope
    compiled = _compiled(store, scope, bus.name)
    fields = flatten(event)
    matched = compiled.rules.find(fields)
    kept = compiled.archives.find(fields) if only is None else ()
    text = entries.as_text(event) if matched or kept else ""
    for name in kept:
        _archive(call, bus, name, clock.moment_of(event["time"]), text, keys)
    own = keys.get(bus.data.get(sealing.MEMBER, ""))
    if isinstance(own, DataKey) and matched:
        text = sealing.sealed(text, own, bus)
    for name in matched:
        arn = resources.rule_arn(scope, bus.name, name)
        if not only or arn in only:
            _triggered(call, bus, name, len(compiled.targets[name]))
            for target in compiled.targets[name]:
                leave(call, scope, arn, target, text, origin)


def _triggered(call: Call, bus: Named, rule: str, targets: int) -> None:
    for metric in ("MatchedEvents", "TriggeredRules"):
        counted(call, bus.scope, bus.name, rule, metric)
    if targets:
        counted(call, bus.scope, bus.name, rule, "InvocationsCreated", float(targets))


def fire(call: Call, rule: Rule, event: Data) -> None:
    """Leave a scheduled event for the targets of its rule."""
    text = entries.as_text(event)
    found = rules.targets(call.store, rule)
    counted(call, rule.scope, rule.bus, rule.name, "TriggeredRules")
    if found:
        counted(call, rule.scope, rule.bus, rule.name, "InvocationsCreated", float(len(found)))
    for target in found:
        leave(call, rule.scope, resources.rule_arn(*rule[:3]), target, text, Origin(event["time"], 0, call.trace))


def leave(call: Call, scope: Scope, rule: str, target: Data, text: str, origin: Origin) -> None:
    """Leave an event for one target; part of the present transaction."""
    payload = {
        "Event": text,
        "Rule": rule,
        "Target": target,
        "Since": call.now,
        "Attempts": 0,
        "Ingested": origin.ingested,
        "Hops": origin.hops,
    }
    kind = "TargetByHttp" if targets.by_http(target) else "Target"
    onward = header.onward(origin.trace, call.request_id) if origin.trace else ""
    call.store.outbox.put("events", kind, scope, payload, call.now, trace=onward)


def _archive(call: Call, bus: Named, name: str, time: float, text: str, keys: sealing.Keys) -> None:
    archive = named.find(call.store, bus.scope, "archive", name)
    assert archive is not None
    if archive.data.get(sealing.MEMBER):
        key = keys.get(archive.data[sealing.MEMBER])
        if not isinstance(key, DataKey):
            return
        text = sealing.sealed(text, key, bus)
    kept_for = lifetime(archive)
    expires = call.now + kept_for if kept_for is not None else None
    archived.add(call.store, archive, time, expires, text)
    if expires is not None:
        plan_expiry(call, archive)


def lifetime(archive: Named) -> float | None:
    """For how many seconds an archive keeps an event; None: for good, as whoever says more than a century means."""
    days = archive.data.get("RetentionDays") or 0
    return days * _DAY if 0 < days <= _CENTURY else None


def plan_expiry(call: Call, archive: Named) -> None:
    """Have the outbox come when the next event of an archive expires."""
    due = archived.next_expiry(call.store, archive)
    if due is not None:
        call.store.outbox.put("events", "Expire", archive.scope, {"Name": archive.name}, due, archive.name)
