"""What CloudWatch Logs tells CloudWatch: of its groups, by metric filters, and by the metrics that events carry.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.logs import embedded, protecting, rules, tailing
from cloudarium.services.logs.filtering import Filters, Metric, group_with_filters, matching
from cloudarium.services.logs.protection import Protection
from cloudarium.services.logs.records import Group

NAMESPACE = "AWS/Logs"
_FINDINGS = "LogEventsWithFindings"
_OLDEST = 14 * rules.DAY  # CloudWatch takes values from that far back
Events = Sequence[dict[str, Any]]


def measured(call: Call) -> None:
    """Count what a PutLogEvents call has brought, and the metrics that its events stand for."""
    if call.operation_name != "PutLogEvents" or call.error is not None:
        return
    name = call.input["logGroupName"]
    events = _accepted(call.input["logEvents"], (call.output or {}).get("rejectedLogEventsInfo") or {})
    if not events:
        return
    add, now, scope = call.cloud.meter.add, call.now, call.scope
    size = float(sum(rules.size(event["message"]) + rules.EVENT_OVERHEAD for event in events))
    for dimensions in ((), (("LogGroupName", name),)):
        add(now, scope, NAMESPACE, "IncomingLogEvents", dimensions, float(len(events)), "Count")
        add(now, scope, NAMESPACE, "IncomingBytes", dimensions, size, "Bytes")
    known = group_with_filters(call.store, scope, name)
    if known is None:
        return
    group, found = known
    if found.protection is not None:
        events = _protected(call, group, found.protection, events)
    if found.metrics:
        _filtered(call, group, found, events)
    tailing.tell(call, group, call.input["logStreamName"], events)
    for event in events:
        if embedded.MARK in event["message"]:
            _embedded(call, group, event["message"])


def _protected(call: Call, group: Group, protection: Protection, events: Events) -> Events:
    """The events as others may see them; counted are those in which something was found."""
    scanned = protecting.scanned(call, protection, events)
    for policy in protection.policies:
        audited = sum(not spans.keys().isdisjoint(policy.identifiers) for spans in scanned.found.values())
        own = (("DataProtectionOperation", "Audit"), ("LogGroupName", group.name))
        named = (*own, ("PolicyName", policy.name)) if policy.name else own
        for dimensions in dict.fromkeys((own, named)) if audited else ():
            call.cloud.meter.add(call.now, call.scope, NAMESPACE, _FINDINGS, dimensions, float(audited), "Count")
    return scanned.events


def _accepted(events: Events, rejected: dict[str, int]) -> Events:
    first = max(rejected.get("tooOldLogEventEndIndex", 0), rejected.get("expiredLogEventEndIndex", 0))
    return events[first : rejected.get("tooNewLogEventStartIndex")]


def _filtered(call: Call, group: Group, found: Filters, events: Events) -> None:
    messages = [event["message"] for event in events]
    for metric in found.metrics:
        places = matching(metric.matches, messages)
        for at in places:
            value, dimensions = metric.value_of(messages[at]), metric.dimensions_of(messages[at])
            if value is not None and dimensions is not None:
                moment = events[at]["timestamp"] / 1000
                call.cloud.meter.add(
                    moment, call.scope, metric.namespace, metric.metric, dimensions, value, metric.unit
                )
        if metric.default is not None:
            matched = {events[at]["timestamp"] // 60_000 for at in places}
            _note_defaults(call, group, metric, {event["timestamp"] // 60_000 for event in events}, matched)


def _note_defaults(call: Call, group: Group, metric: Metric, minutes: set[int], matched: set[int]) -> None:
    """A minute with events of which none matches has the filter's default value, once it is over."""
    with call.transaction():
        for minute in minutes:
            key = f"{group.id}:{metric.name}:{minute}"
            seen: set[str] = call.cloud.keep.setdefault("logs matched minutes", set())
            if minute in matched:
                seen.add(key)
                call.not_later("DefaultValue", key)
            elif key not in seen:
                payload = {"GroupId": group.id, "Name": metric.name, "Minute": minute}
                due = max((minute + 1) * 60.0, call.now)
                call.later("DefaultValue", payload, due=due, key=key, service="logs")
        if len(seen) > 10_000:
            seen.clear()


def _embedded(call: Call, group: Group, message: str) -> None:
    own = (("LogGroupName", group.name),)
    add = call.cloud.meter.add
    try:
        found = embedded.read(message)
    except embedded.Invalid:
        add(call.now, call.scope, NAMESPACE, "EMFValidationErrors", own, 1.0, "Count")
        return
    if found is None:
        return
    time, measures = found
    if not -_OLDEST <= time - call.now * 1000 <= 2 * 3_600_000:
        add(call.now, call.scope, NAMESPACE, "EMFValidationErrors", own, 1.0, "Count")
        return
    fine = [each for each in measures if each.fine]
    for each in measures:
        for value in () if each.fine else each.values:
            add(time / 1000, call.scope, each.namespace, each.name, each.dimensions, value, each.unit)
    if fine:
        with call.transaction():
            payload = {"Time": time, "Metrics": [each._asdict() for each in fine]}
            call.later("FineMetrics", payload, service="logs")
