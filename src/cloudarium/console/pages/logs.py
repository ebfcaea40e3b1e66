"""Logs: the groups, the newest events of one, filtered and live; the newest is the last, as in a terminal."""

from __future__ import annotations

from typing import Any

from cloudarium.console.pages import insights, live, record
from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.shared.clock import seconds_of

RANGES = {"5m": "5 minutes", "1h": "1 hour", "1d": "1 day", "7d": "a week", "30d": "30 days"}
_MOST_SHOWN = 500
_STREAMS = 20
_AROUND = 10  # seconds before and after the time that a page is asked for


async def show(visit: Visit) -> HttpResponse:
    """The log groups, the events of the one that `group` names, or the editor of queries. Raises Refused."""
    if visit.parts == ["insights"]:
        return await insights.show(visit)
    if visit.parts == ["live"]:
        return await live.follow(visit)
    if visit.parts == ["record"]:
        return await record.show(visit)
    if visit.parts:
        raise Refused(404, "There is no such page of logs.")
    group = visit.asked.get("group", "")
    if group:
        return await _events(visit, group)
    listing = visit.each("logs", "DescribeLogGroups", "logGroups", "nextToken")
    return page(visit, "log_groups.html", "Logs", groups=[each async for each in listing])


async def _events(visit: Visit, group: str) -> HttpResponse:
    span, pattern, stream = visit.range_of(RANGES), visit.asked.get("pattern", ""), visit.asked.get("stream", "")
    first, last = visit.moment("at"), visit.moment("until")
    given: dict[str, Any] = {"logGroupName": group, "startTime": int((visit.now - seconds_of(span)) * 1000)}
    if first is not None:
        last = first if last is None else last
        given |= {"startTime": int(max(first - _AROUND, 0) * 1000), "endTime": int((last + _AROUND) * 1000)}
    if pattern:
        given["filterPattern"] = pattern
    if stream:
        given["logStreamNames"] = [stream]
    listing = visit.each("logs", "FilterLogEvents", "events", "nextToken", **given)
    found = [each async for each in listing][-_MOST_SHOWN:]
    shown: dict[str, Any] = {"group": group, "events": found, "most": _MOST_SHOWN, "since": int(visit.now * 1000)}
    streams = await visit.ask(
        "logs", "DescribeLogStreams", logGroupName=group, orderBy="LastEventTime", descending=True, limit=_STREAMS
    )
    shown |= {"range": span, "ranges": RANGES, "pattern": pattern, "stream": stream, "live": "live" in visit.asked}
    shown |= {"first": first, "last": last}
    return page(visit, "log_events.html", group, streams=streams["logStreams"], **shown)
