"""Events: those that are put, each for itself taken or refused, and those that are tried against a pattern."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, matching, resources
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.rules import entries
from cloudarium.shared import clock, ids
from cloudarium.shared.event_patterns import flatten

Data = dict[str, Any]


@operation("PutEvents", on=resources.buses_put_to, refuses=("EndpointId",))
def put_events(call: Call) -> Data:
    """Take events; what their rules want done is in the outbox when this answers.

    An event for a bus that is not there is taken and forgotten, as on AWS.
    """
    given = call.input["Entries"]
    if len(given) > entries.MOST:
        raise errors.Invalid(entries.too_many(given))
    if entries.too_large(given):
        raise errors.Invalid("Total size of the entries in the request is over the limit.")
    answers = [_taken(call, entry) for entry in given]
    return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}


def _taken(call: Call, entry: Data) -> Data:
    inside = call.request is None
    by_service = inside and call.principal.kind == "service"
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
        trace = entry.get("TraceHeader") or call.trace
        matching.take(call, found, event, matching.Origin(clock.iso_millis(call.now), hops, trace))
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
