"""Traces: the list that a filter expression finds, and one as a waterfall with its logs and its decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.shared.clock import seconds_of
from cloudarium.shared.errors import AwsError

RANGES = {"5m": "5 minutes", "1h": "1 hour", "6h": "6 hours", "1d": "1 day", "7d": "a week"}
LONGEST_QUERY = 6 * 3600  # seconds that X-Ray looks through at once
_MOST_LISTED = 200
_MOST_LINES = 200
_WIDTH = 1000  # of a waterfall's bars, in SVG units

Data = dict[str, Any]


class Row(NamedTuple):
    """A line of a waterfall: a segment or a part of one. Times are seconds; `x` and `width` are where its bar is."""

    document: Data
    depth: int
    x: float
    width: float
    took: float | None
    status: int | None
    state: str
    decision: Data | None


def range_of(visit: Visit, ranges: Mapping[str, str] = RANGES) -> str:
    """How far back a page looks. Raises Refused for what is not offered."""
    span = visit.asked.get("range") or "1h"
    if span not in ranges:
        raise Refused(400, "range must be among those that the page offers.")
    return span


async def show(visit: Visit) -> HttpResponse:
    """The traces that `filter` finds, the newest first, or the one that the path names. Raises Refused."""
    if visit.parts:
        return await _one(visit, visit.parts[0])
    span, expression = range_of(visit), visit.asked.get("filter", "").strip()
    found, said = [], ""
    try:
        found = [each async for each in _summaries(visit, seconds_of(span), expression)]
    except AwsError as error:
        said = error.message
    found.sort(key=lambda each: int(each["Id"][2:10], 16), reverse=True)
    return page(
        visit, "traces.html", "Traces", traces=[(each, int(each["Id"][2:10], 16)) for each in found], range=span,
        ranges=RANGES, filter=expression, said=said,
    )  # fmt: skip


async def _summaries(visit: Visit, span: float, expression: str) -> Any:
    """The summaries of the traces of the last `span` seconds, asked for in pieces that X-Ray takes."""
    end, given = visit.now, {"FilterExpression": expression} if expression else {}
    left = _MOST_LISTED
    while span > 0 and left > 0:
        piece = min(span, LONGEST_QUERY)
        listing = visit.each(
            "xray", "GetTraceSummaries", "TraceSummaries", "NextToken", StartTime=end - piece, EndTime=end, **given
        )
        async for each in listing:
            yield each
            left -= 1
        span, end = span - piece, end - piece


async def _one(visit: Visit, id: str) -> HttpResponse:
    answer = await visit.ask("xray", "BatchGetTraces", TraceIds=[id])
    if not answer.get("Traces"):
        raise Refused(404, f"X-Ray has no trace {id[:80]}. Is tracing active on the function, and was it sampled?")
    documents = [orjson.loads(each["Document"]) for each in answer["Traces"][0]["Segments"]]
    rows = list(_rows(visit, documents))
    start = min(each["start_time"] for each in documents)
    lines = await _logs(visit, documents)
    took = max((_end(each) or start for each in documents), default=start) - start
    return page(
        visit, "trace.html", id, id=id, rows=rows, lines=lines, start=start, took=took, width=_WIDTH,
        exceptions=_exceptions,
    )  # fmt: skip


# ---- the waterfall --------------------------------------------------------------------------------------------------


def _rows(visit: Visit, documents: list[Data]) -> Iterator[Row]:
    """The lines from above, each below what led to it."""
    start = min(each["start_time"] for each in documents)
    span = max(max((_end(each) or start for each in documents), default=start) - start, 1e-6)
    inside = {part["id"] for each in documents for part in _whole(each)}
    below: dict[str, list[Data]] = {}
    tops = []
    for each in documents:
        if each.get("parent_id") in inside and each["parent_id"] != each["id"]:
            below.setdefault(each["parent_id"], []).append(each)
        else:
            tops.append(each)
    seen: set[int] = set()
    todo = [(each, 0) for each in sorted(tops, key=_start, reverse=True)]
    while todo:
        document, depth = todo.pop()
        if id(document) in seen:
            continue
        seen.add(id(document))
        parts = [*document.get("subsegments", ()), *below.get(document["id"], ())]
        if not document.get("inferred"):  # that would be the call above it once more
            yield _row(visit, document, depth, start, span)
            depth += 1
        todo += [(part, depth) for part in sorted(parts, key=_start, reverse=True)]


def _whole(document: Data) -> Iterator[Data]:
    todo = [document]
    while todo:
        each = todo.pop()
        yield each
        todo += each.get("subsegments", ())


def _start(document: Data) -> float:
    return float(document["start_time"])


def _end(document: Data) -> float | None:
    end = document.get("end_time")
    return None if end is None else float(end)


def _row(visit: Visit, document: Data, depth: int, start: float, span: float) -> Row:
    end = _end(document)
    took = None if end is None else end - document["start_time"]
    x = (document["start_time"] - start) / span * _WIDTH
    width = max((took or 0.0) / span * _WIDTH, 2.0)
    states = [each for each in ("fault", "throttle", "error") if document.get(each)]
    status = (document.get("http") or {}).get("response", {}).get("status")
    request_id = (document.get("aws") or {}).get("request_id")
    found = visit.cloud.journal.find(request_id=request_id, limit=1) if isinstance(request_id, str) else []
    state = "going" if document.get("in_progress") else (states or ["ok"])[0]
    return Row(document, depth, min(x, _WIDTH - 2.0), width, took, status, state, found[0] if found else None)


# ---- the logs of its functions --------------------------------------------------------------------------------------


async def _logs(visit: Visit, documents: list[Data]) -> list[Data]:
    """The lines that the trace's functions have logged for it, in their order."""
    lines: dict[str, Data] = {}
    for each in documents:
        about = each.get("aws") or {}
        if each.get("origin") != "AWS::Lambda" or not isinstance(about.get("request_id"), str):
            continue
        given = {
            "logGroupName": f"/aws/lambda/{each['name']}",
            "startTime": int((each["start_time"] - 60) * 1000),
            "filterPattern": f'"{about["request_id"]}"',
        }
        try:
            answer = await visit.ask("logs", "FilterLogEvents", **given)
        except AwsError:  # the function logs elsewhere, or has not logged yet
            continue
        lines |= {found["eventId"]: found | {"function": each["name"]} for found in answer.get("events", ())}
    return sorted(lines.values(), key=lambda line: int(line["timestamp"]))[:_MOST_LINES]


def _exceptions(document: Data) -> list[Data]:
    """What was raised in a segment or a part of one; a cause may also be the id of one told elsewhere."""
    cause = document.get("cause")
    return list(cause.get("exceptions", ())) if isinstance(cause, dict) else []
