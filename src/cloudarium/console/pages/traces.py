"""Traces: the last ones or those that an expression finds, and one as a waterfall with its decisions and its logs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.glass.trace_logs import add_logs
from cloudarium.glass.traces import Span, trace, traces, whole
from cloudarium.shared.clock import seconds_of
from cloudarium.shared.errors import AwsError

RANGES = {"5m": "5 minutes", "1h": "1 hour", "6h": "6 hours", "1d": "1 day", "7d": "a week"}
LONGEST_QUERY = 6 * 3600  # seconds that X-Ray looks through at once
_MOST_LISTED = 200
_MOST_LINES = 200
_MOST_ROWS = 1000
_WIDTH = 1000  # of a waterfall's bars, in SVG units


class Row(NamedTuple):
    """A line of a waterfall: a span, how deep it is, and where its bar is; `took` is in seconds."""

    span: Span
    depth: int
    x: float
    width: float
    took: float | None
    state: str


async def show(visit: Visit) -> HttpResponse:
    """The last traces, those of X-Ray that `filter` finds, or the one that the path names. Raises Refused."""
    if visit.parts:
        return await _one(visit, visit.parts[0])
    span, expression, about = (
        visit.range_of(RANGES),
        visit.asked.get("filter", "").strip(),
        visit.asked.get("about", ""),
    )
    shown: dict[str, Any] = {"range": span, "ranges": RANGES, "filter": expression, "about": about}
    shown |= {"said": "", "found": [], "last": []}
    if not expression:
        shown["last"] = traces(
            visit.cloud,
            _MOST_LISTED,
            about=(about, visit.asked.get("type", "")) if about else None,
            account=visit.scope.account,
        )
        return page(visit, "traces.html", "Traces", **shown)
    try:
        found = [each async for each in _summaries(visit, seconds_of(span), expression)]
        found.sort(key=lambda each: int(each["Id"][2:10], 16), reverse=True)
        shown["found"] = [(each, int(each["Id"][2:10], 16)) for each in found]
    except AwsError as error:
        shown["said"] = error.message
    return page(visit, "traces.html", "Traces", **shown)


async def _summaries(visit: Visit, span: float, expression: str) -> AsyncIterator[dict[str, Any]]:
    """The summaries of X-Ray's traces of the last `span` seconds, asked for in pieces that it takes."""
    end, left = visit.now, _MOST_LISTED
    while span > 0 and left > 0:
        piece = min(span, LONGEST_QUERY)
        listing = visit.each(
            "xray", "GetTraceSummaries", "TraceSummaries", "NextToken", StartTime=end - piece, EndTime=end,
            FilterExpression=expression,
        )  # fmt: skip
        async for each in listing:
            yield each
            left -= 1
        span, end = span - piece, end - piece


async def _one(visit: Visit, id: str) -> HttpResponse:
    told = trace(visit.cloud, id)
    if told is None:
        raise Refused(404, f"Nothing is known of a trace or request {id[:80]}.")
    lines = await _logs(visit, told)
    return page(visit, "trace.html", told["id"], told=told, rows=list(_rows(told)), lines=lines, width=_WIDTH)


# ---- the waterfall --------------------------------------------------------------------------------------------------


def _rows(told: dict[str, Any]) -> Iterator[Row]:
    """The lines from above, each below what led to it, as many as one looks through."""
    start, length = told["start"], max(told["end"] - told["start"], 1e-6)
    todo = [(each, 0) for each in reversed(told["spans"])]
    shown = 0
    while todo and shown < _MOST_ROWS:
        span, depth = todo.pop()
        shown += 1
        took = None if span["end"] is None else span["end"] - span["start"]
        x = min((span["start"] - start) / length * _WIDTH, _WIDTH - 2.0)
        yield Row(span, depth, x, max((took or 0.0) / length * _WIDTH, 2.0), took, _state(span))
        todo += [(each, depth + 1) for each in reversed(span["spans"])]


def _state(span: Span) -> str:
    status = span["status"] or 0
    if span["end"] is None:
        return "going"
    if span["ok"]:
        return "ok"
    if status == 429:
        return "throttle"
    return "error" if 400 <= status < 500 else "fault"


# ---- the logs of its functions --------------------------------------------------------------------------------------


async def _logs(visit: Visit, told: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines that the trace's functions have logged in its runs, in their order, each with who wrote it where."""
    await add_logs(visit.cloud, told)
    lines = [
        line | {"function": span["name"], "group": span["log_group"]}
        for top in told["spans"]
        for span in whole(top)
        for line in span.get("logs", ())
    ]
    return sorted(lines, key=lambda line: int(line["timestamp"]))[:_MOST_LINES]
