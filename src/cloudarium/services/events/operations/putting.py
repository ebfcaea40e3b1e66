"""Events: those that are put, each for itself taken or refused, and those that are tried against a pattern."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, matching, resources, sealing
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records.named import Named
from cloudarium.services.events.rules import entries
from cloudarium.shared import clock, ids
from cloudarium.shared.errors import AwsError
from cloudarium.shared.event_patterns import flatten
from cloudarium.shared.scope import Scope

Data = dict[str, Any]


@operation("PutEvents", on=resources.buses_put_to, refuses=("EndpointId",))
def put_events(call: Call) -> Data | Awaitable[Data]:
    """Take events; what their rules want done is in the outbox when this answers.

    An event for a bus that is not there is taken and forgotten, as on AWS.
    """
    given = call.input["Entries"]
    if len(given) > entries.MOST:
        raise errors.Invalid(entries.too_many(given))
    if entries.too_large(given):
        raise errors.Invalid("Total size of the entries in the request is over the limit.")
    buses = {resources.bus_of(entry.get("EventBusName"), call.scope): None for entry in given}
    found = {place: resources.find_bus(call.store, *place) for place in buses}
    if any(bus is not None and matching.keys_of(call.store, bus) for bus in found.values()):
        return _put_sealed(call, [bus for bus in found.values() if bus is not None])
    return _put(call, {})


async def _put_sealed(call: Call, buses: list[Named]) -> Data:
    keys = {}
    for bus in buses:
        keys[bus.scope, bus.name] = await sealing.keys(call, bus, matching.keys_of(call.store, bus))
    with call.transaction():
        return _put(call, keys)


def _put(call: Call, keys: Mapping[tuple[Scope, str], sealing.Keys]) -> Data:
    answers = [_taken(call, entry, keys) for entry in call.input["Entries"]]
    return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}


def _by_service(call: Call) -> bool:
    return call.request is None and call.principal.kind == "service"


def _taken(call: Call, entry: Data, keys: Mapping[tuple[Scope, str], sealing.Keys]) -> Data:
    inside, by_service = call.request is None, _by_service(call)
    by_bus = inside and call.parent is not None and call.parent.service == call.service
    handed_on = entry.get(matching.HANDED_ON) if by_bus else None
    detail: Data | entries.Refused = {} if handed_on else entries.read(entry, by_service)
    if isinstance(detail, entries.Refused):
        return {"ErrorCode": detail.code, "ErrorMessage": detail.message}
    scope, bus = resources.bus_of(entry.get("EventBusName"), call.scope)
    if handed_on:
        event, hops = json.loads(handed_on["Event"]), handed_on["Hops"]
    else:
        id = ids.uuid()
        event, hops = entries.event(entry, detail, id, call.scope, call.now), 0
    found = resources.find_bus(call.store, scope, bus)
    if found is not None:
        known = keys.get((scope, bus), {})
        own = known.get(found.data.get(sealing.MEMBER, ""))
        if isinstance(own, AwsError) and not by_service:
            return {"ErrorCode": "KMSEncryptionException", "ErrorMessage": own.message}
        if by_service and own is not None:  # events of AWS's services are not encrypted, but for archives
            found = found._replace(data={name: value for name, value in found.data.items() if name != sealing.MEMBER})
        trace = entry.get("TraceHeader") or call.trace
        matching.take(call, found, event, matching.Origin(clock.iso_millis(call.now), hops, trace), None, known)
    return {"EventId": event["id"]}


@operation("TestEventPattern")
def test_event_pattern(call: Call) -> Data:
    """Whether an event matches a pattern; the event must look like one."""
    pattern = lookup.pattern(call.input["EventPattern"])
    try:
        event = json.loads(call.input["Event"])
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise errors.Invalid.parameter("Event")
    for name in ("id", "account", "source", "time", "region", "detail-type"):
        if event.get(name) is None:
            raise errors.Invalid.parameter("Event")
    return {"Result": pattern.matches(flatten(event))}
