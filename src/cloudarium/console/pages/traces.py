"""Traces: the last ones or those that an expression finds, and one as a waterfall with its decisions and its logs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

from cloudarium.console.kinds import ICONS, kind_of
from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.glass.maps import regions
from cloudarium.glass.trace_logs import add_logs
from cloudarium.glass.traces import Span, run_of_line, trace, traces, whole
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
    if visit.parts == ["of-line"]:
        return _of_line(visit)
    if visit.parts:
        return await _one(visit, visit.parts[0])
    span, expression = visit.range_of(RANGES, "1d"), visit.asked.get("filter", "").strip()
    about, type, failed = visit.asked.get("about", ""), visit.asked.get("type", ""), "failed" in visit.asked
    shown: dict[str, Any] = {"range": span, "ranges": RANGES, "filter": expression, "about": about, "type": type}
    shown |= {"kind": kind_of(type).words if type else "", "failed": failed, "kind_of": kind_of, "icons": ICONS}
    shown |= {"said": "", "found": [], "last": [], "elsewhere": []}
    if not expression:
        shown["last"] = traces(
            visit.cloud, _MOST_LISTED, about=(about, type) if about else None, account=visit.scope.account,
            region=visit.region, failed=failed, since=visit.now - seconds_of(span),
        )  # fmt: skip
        shown["elsewhere"] = [] if shown["last"] else regions_of(visit, other=True)
        return page(visit, "traces.html", "Traces", **shown)
    try:
        found = [
            each
            for region in regions_of(visit)
            async for each in _summaries(visit, region, seconds_of(span), expression)
            if not failed or each["HasFault"] or each["HasError"] or each["HasThrottle"] or _blamed(each)
        ]
        found.sort(key=lambda each: int(each["Id"][2:10], 16), reverse=True)
        shown["found"] = [(each, int(each["Id"][2:10], 16), _blamed(each)) for each in found]
    except AwsError as error:
        shown["said"] = error.message
    return page(visit, "traces.html", "Traces", **shown)


def regions_of(visit: Visit, *, other: bool = False) -> list[str]:
    """The regions that the page shows; or the others in which calls were made, which may be what is looked for."""
    if not other and visit.region is not None:
        return [visit.region]
    found = regions(visit.cloud, visit.scope.account)
    return [one for one in found if one != visit.region] if other else found or [visit.scope.region]


def _blamed(summary: dict[str, Any]) -> list[str]:
    """The services in which something failed, also below the root, whose answer is all that HasFault tells."""
    causes = [*summary.get("FaultRootCauses", ()), *summary.get("ErrorRootCauses", ())]
    return list(dict.fromkeys(cause["Services"][-1]["Name"] for cause in causes if cause.get("Services")))


async def _summaries(visit: Visit, region: str, span: float, expression: str) -> AsyncIterator[dict[str, Any]]:
    """The summaries of X-Ray's traces of the last `span` seconds, asked for in pieces that it takes."""
    end, left = visit.now, _MOST_LISTED
    while span > 0 and left > 0:
        piece = min(span, LONGEST_QUERY)
        listing = visit.each(
            "xray", "GetTraceSummaries", "TraceSummaries", "NextToken", region=region, StartTime=end - piece,
            EndTime=end, FilterExpression=expression,
        )  # fmt: skip
        async for each in listing:
            yield each
            left -= 1
        span, end = span - piece, end - piece


def _of_line(visit: Visit) -> HttpResponse:
    """To the trace of the run that wrote a line of a function's log."""
    group, stream, moment = visit.asked.get("group", ""), visit.asked.get("stream", ""), visit.moment("at")
    run = run_of_line(visit.cloud, (*visit.scope, group, stream), moment or 0.0)
    if run is None:
        raise Refused(404, "No run that wrote into this log is known: it has not ended yet, or is not kept any more.")
    return HttpResponse(303, {"location": f"{visit.href('traces', run.root)}#logs-{run.function}"})


async def _one(visit: Visit, id: str) -> HttpResponse:
    told = trace(visit.cloud, id)
    if told is None:
        raise Refused(404, f"Nothing is known of a trace or request {id[:80]}.")
    await add_logs(visit.cloud, told)
    first = told["spans"][0]
    title = f"{first['name']} → {first['status'] or ''}"
    return page(visit, "trace.html", title, told=told, rows=list(_rows(told)), logged=_logged(told), width=_WIDTH)


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


def _logged(told: dict[str, Any]) -> list[Span]:
    """The functions that have logged something, each with as many of its lines as one looks through."""
    found = [span for top in told["spans"] for span in whole(top) if span.get("logs")]
    for span in found:
        span["logs"] = span["logs"][:_MOST_LINES]
    return sorted(found, key=lambda span: float(span["start"]))
