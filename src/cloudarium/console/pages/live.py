"""A log group as it grows: what comes in while somebody looks, by CloudWatch Logs' own live tail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from cloudarium.console.rendering import GUARDS, text_of
from cloudarium.console.visit import Visit
from cloudarium.gateway.http import HttpResponse
from cloudarium.shared import arn

_BEFORE = 15 * 60_000  # how much older an event may be than its arrival, to be found between a page and its stream


async def follow(visit: Visit) -> HttpResponse:
    """Server-sent events, each the rows of new events as HTML in JSON; a comment when a second brings none.

    How many such streams are open at a time is bounded by StartLiveTail. Raises the AwsError of CloudWatch Logs.
    """
    group, stream, pattern = (visit.asked.get(name, "") for name in ("group", "stream", "pattern"))
    given: dict[str, Any] = {"logGroupIdentifiers": [arn.make("logs", visit.scope, f"log-group:{group}")]}
    if stream:
        given["logStreamNames"] = [stream]
    if pattern:
        given["logEventFilterPattern"] = pattern
    answer = await visit.ask("logs", "StartLiveTail", **given)
    headers = {**GUARDS, "content-type": "text/event-stream; charset=utf-8"}
    return HttpResponse(200, headers, _told(visit, answer["responseStream"]))


async def _told(visit: Visit, updates: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    try:
        async for update in updates:
            if "sessionStart" in update:
                found = await _since(visit)
            else:
                found = update.get("sessionUpdate", {}).get("sessionResults", [])
            yield (
                b"data: %b\n\n" % orjson.dumps(text_of(visit, "log_rows.html", "", events=found)) if found else b":\n\n"
            )
    finally:
        await updates.aclose()  # type: ignore[attr-defined]


async def _since(visit: Visit) -> list[dict[str, Any]]:
    """The events that have come since the page was made; from now on the live tail has them."""
    text = visit.asked.get("since", "")
    since = int(text) if text.isascii() and text.isdecimal() and len(text) < 15 else int(visit.now * 1000)
    given: dict[str, Any] = {"logGroupName": visit.asked.get("group", ""), "startTime": max(since - _BEFORE, 0)}
    if visit.asked.get("stream"):
        given["logStreamNames"] = [visit.asked["stream"]]
    if visit.asked.get("pattern"):
        given["filterPattern"] = visit.asked["pattern"]
    listing = visit.each("logs", "FilterLogEvents", "events", "nextToken", **given)
    return [each async for each in listing if each["ingestionTime"] >= since]
