"""What fields the events of a group have, and one event with all of them."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, records, resources, rules
from cloudarium.services.logs.insights.discovery import fields_of
from cloudarium.services.logs.operations.groups import identified_group, milliseconds
from cloudarium.services.logs.records import Window

_SAMPLE = 1000  # events that are looked at
_AROUND = 8 * 60_000  # AWS looks at 8 minutes on both sides of `time`
_RECENT = 15 * 60_000
_ALWAYS = ("@timestamp", "@ingestionTime", "@message", "@logStream", "@log")


@operation("GetLogGroupFields", on=resources.group)
def get_log_group_fields(call: Call) -> dict[str, Any]:
    """The fields of a group's events in a quarter of an hour, each with the share of events that have it."""
    group = identified_group(call)
    time = call.input.get("time")
    now = milliseconds(call)
    first, last = (now - _RECENT, now) if time is None else (time * 1000 - _AROUND, time * 1000 + _AROUND)
    window = Window(max(first, 0), min(last, records.FAR), descending=True)
    counts: Counter[str] = Counter()
    seen = 0
    for event in itertools.islice(records.group_events(call.store, group, window), _SAMPLE):
        seen += 1
        counts.update(fields_of(event.message, group.name).keys())
        counts.update(_ALWAYS)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {"logGroupFields": [{"name": name, "percent": round(count * 100 / seen)} for name, count in ordered]}


@operation("GetLogRecord", on=resources.recorded)
def get_log_record(call: Call) -> dict[str, Any]:
    """The event that a @ptr leads to, with all its fields."""
    place = rules.parse_pointer(call.input["logRecordPointer"])
    if place is None:
        raise errors.InvalidParameter("The specified log record pointer is invalid.")
    group_id, timestamp, number = place
    group = records.group_by_id(call.store, group_id)
    if group is None or records.find_group(call.store, call.account, call.region, group.name) != group:
        raise errors.ResourceNotFound
    unmasked = bool(call.input.get("unmask"))
    if unmasked:
        call.require("logs:Unmask", resources.stream_arn(call.scope, group.name, ""))
    event = records.find_event(call.store, group_id, timestamp, number, unmasked)
    stream = None if event is None else records.stream_name(call.store, event.stream_id)
    if event is None or stream is None:
        raise errors.ResourceNotFound
    record = {
        "@timestamp": str(event.timestamp),
        "@ingestionTime": str(event.ingested),
        "@message": event.message,
        "@logStream": stream,
        "@log": f"{call.account}:{group.name}",
        "@ptr": call.input["logRecordPointer"],
        **fields_of(event.message, group.name),
    }
    return {"logRecord": record}
