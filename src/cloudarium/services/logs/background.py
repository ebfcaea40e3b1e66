"""Work of CloudWatch Logs without a request: events that expire, and events whose group or stream is gone.

Both go in portions, so that no transaction holds up the calls.
"""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.policy.principal import Principal
from cloudarium.services.logs import exporting, forwarding, protecting, records
from cloudarium.services.logs.filtering import filters_of
from cloudarium.services.logs.records import exports, queries
from cloudarium.services.logs.rules import DAY
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError
from cloudarium.shared.retrying import Failure, exhausted, pause

_PORTION = 2000


@delivery("ExpireLogEvents")
async def expire_log_events(event: Event) -> Retry | None:
    """Delete what the group's retention has run out for, and come back when the next event's time is up."""
    with event.transaction():
        group = records.group_by_id(event.store, event.payload["GroupId"])
        if group is None or group.retention is None:
            return None
        now = round(event.now * 1000)  # at the due millisecond itself a float may lie just below it
        if records.expire_events(event.store, group, now - group.retention * DAY, _PORTION) == _PORTION:
            return Retry(at=event.now)
        oldest = records.oldest_event(event.store, group)
        due = None if oldest is None else oldest + group.retention * DAY + 1
        records.set_expires(event.store, group, due)
    return None if due is None else Retry(at=due / 1000)


@delivery("DropLogEvents")
async def drop_log_events(event: Event) -> Retry | None:
    """Delete the events of a deleted group (GroupId) or stream (StreamId)."""
    column = "group_id" if "GroupId" in event.payload else "stream_id"
    value = event.payload.get("GroupId") or event.payload["StreamId"]
    with event.transaction():
        more = records.drop_events(event.store, column, value, _PORTION) == _PORTION
    return Retry(at=event.now) if more else None


@delivery("RunQuery")
async def run_query(event: Event) -> Retry | None:
    """Run a query of Logs Insights; after a crash it is run again from its start."""
    from cloudarium.services.logs.insights import running

    query = queries.find_query(event.store, event.scope, event.payload["QueryId"])
    if query is not None and query.status in ("Scheduled", "Running"):
        await running.run(event.cloud, query)
    return None


@delivery("ForgetQuery")
async def forget_query(event: Event) -> Retry | None:
    """Forget a query and its results when AWS would."""
    with event.transaction():
        queries.forget_query(event.store, event.payload["QueryId"])
    return None


@delivery("Subscription")
async def deliver_subscription(event: Event) -> Retry | None:
    """Bring events to a subscription's function, for up to a day."""
    given = event.payload
    own = (
        ("DestinationType", "Lambda"),
        ("FilterName", given["Filter"]),
        ("LogGroupName", given["Group"]),
    )
    add, now = event.cloud.meter.add, event.now
    try:
        await forwarding.invoke(event, given["Destination"], given["Group"], given["Data"], "Event")
    except AwsError as error:
        failure = Failure.of(error)
        add(now, event.scope, "AWS/Logs", "DeliveryErrors", own, 1.0, "Count")
        if not failure.again or exhausted({}, event.attempts, now - event.due):
            return None
        return Retry(at=now + pause(event.attempts, ids.fraction()))
    add(now, event.scope, "AWS/Logs", "ForwardedLogEvents", own, float(given["Events"]), "Count")
    add(now, event.scope, "AWS/Logs", "ForwardedBytes", own, float(len(given["Data"])), "Bytes")
    return None


@delivery("Findings")
async def deliver_findings(event: Event) -> Retry | None:
    """Report what data protection policies found to their log group."""
    given = event.payload
    await protecting.deliver(event, given["Group"], given["Reports"], given["Time"])
    return None


@delivery("DefaultValue")
async def deliver_default_value(event: Event) -> Retry | None:
    """Give a minute in which events came and none matched the default value of its metric filter."""
    given = event.payload
    for metric in filters_of(event.store, given["GroupId"]).metrics:
        if metric.name == given["Name"] and metric.default is not None:
            moment = given["Minute"] * 60.0
            event.cloud.meter.add(moment, event.scope, metric.namespace, metric.metric, (), metric.default, metric.unit)
    return None


@delivery("FineMetrics")
async def deliver_fine_metrics(event: Event) -> Retry | None:
    """Put embedded metrics that are kept by the second: meters count by the minute."""
    by_namespace: dict[str, list[dict[str, Any]]] = {}
    for each in event.payload["Metrics"]:
        datum = {
            "MetricName": each["name"],
            "Dimensions": [{"Name": name, "Value": value} for name, value in each["dimensions"]],
            "Timestamp": event.payload["Time"] / 1000,
            "Values": each["values"],
            "Unit": each["unit"],
            "StorageResolution": 1,
        }
        by_namespace.setdefault(each["namespace"], []).append(datum)
    for namespace, data in by_namespace.items():
        given = {"Namespace": namespace, "MetricData": data}
        await event.send("cloudwatch", "PutMetricData", given, as_=Principal.root(event.account))
    return None


@delivery("Export")
async def deliver_export(event: Event) -> Retry | None:
    """Carry out an export task; after a crash it writes the same files again."""
    export = exports.find_export(event.store, event.scope, event.payload["TaskId"])
    if export is not None:
        await exporting.run(event, export)
    return None
