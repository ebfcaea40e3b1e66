"""Work of CloudWatch Logs without a request: events that expire, and events whose group or stream is gone.

Both go in portions, so that no transaction holds up the calls.
"""

from __future__ import annotations

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.services.logs import records
from cloudarium.services.logs.records import queries
from cloudarium.services.logs.rules import DAY

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
