"""Traces as they are asked for: whole by their ids, or as summaries by a filter expression."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.xray import errors
from cloudarium.services.xray.operations import groups
from cloudarium.shared import paging
from cloudarium.traces import filters, records
from cloudarium.traces.aspects import OfTrace
from cloudarium.traces.assembled import Assembled, nested
from cloudarium.traces.records import Kept
from cloudarium.traces.summaries import Summary

_MOST_IDS = 5
_SCANNED = 1000  # traces that one page looks at
_PAGE = 200  # summaries of a page
_REMEMBERED = 8 * 1024 * 1024  # bytes of documents
_TURN = 100  # traces that are looked at before others get their turn, or
_TURN_BYTES = 1024 * 1024  # of their documents
_KEEP = "xray assembled"
_PARTS = 1_000_000


class _Memory:
    """The traces that were put together last, as long as their documents are not too much."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, int], tuple[Assembled, int]] = OrderedDict()
        self._bytes = 0

    def of(self, call: Call, kept: Kept) -> Assembled:
        """A trace put together."""
        key = (kept.number, kept.revision)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key][0]
        found = Assembled(kept.id, records.documents_of(call.store, kept))
        self._known[key] = found, kept.bytes
        self._bytes += kept.bytes
        while self._bytes > _REMEMBERED:
            self._bytes -= self._known.popitem(last=False)[1][1]
        return found


def assembled(call: Call, kept: Kept) -> Assembled:
    """A trace put together; the last ones that were asked for are remembered."""
    memory: _Memory = call.cloud.keep.setdefault(_KEEP, _Memory())
    return memory.of(call, kept)


async def scanned(
    call: Call, kind: str, first: float, last: float, after: int = 0, most: int = 10_000
) -> AsyncIterator[Kept]:
    """The traces of a time frame, letting others have their turn now and then."""
    count = size = 0
    while count < most:
        found = records.within(call.store, call.scope, kind, first, last, after, min(_TURN, most - count))
        for one in found:
            yield one
            size += one.bytes
            if size > _TURN_BYTES:
                size = 0
                await asyncio.sleep(0)
        if len(found) < _TURN:
            return
        count, after = count + len(found), found[-1].number
        await asyncio.sleep(0)


def time_frame(call: Call, longest: float | None = None) -> tuple[float, float]:
    """The call's StartTime and EndTime. Raises Invalid."""
    first, last = float(call.input["StartTime"]), float(call.input["EndTime"])
    if last < first:
        raise errors.Invalid("EndTime cannot be before StartTime")
    if longest is not None and last - first > longest:
        raise errors.Invalid(f"Time range cannot be longer than {int(longest // 3600)} hours")
    return first, last


def condition(call: Call, text: str) -> Callable[[OfTrace], bool]:
    """A filter expression as a condition. Raises Invalid."""
    try:
        return filters.compiled(text, filters.Groups(lambda name: groups.expression(call, name)))
    except filters.InvalidFilter as error:
        raise errors.Invalid(f"Invalid filter expression: {error}") from None


def page_start(call: Call) -> int:
    """The number of the trace behind which a page begins. Raises Invalid."""
    try:
        return paging.number(call.input.get("NextToken") or None)
    except ValueError:
        raise errors.Invalid("Invalid NextToken") from None


@operation("BatchGetTraces")
def batch_get_traces(call: Call) -> dict[str, Any]:
    """Traces with all their documents; ids of which nothing is known are named as unprocessed."""
    wanted = list(dict.fromkeys(call.input["TraceIds"]))
    if len(wanted) > _MOST_IDS:
        raise errors.Invalid(f"At most {_MOST_IDS} trace IDs can be requested at once")
    if page_start(call):  # all that is asked for stands on the first page
        return {"Traces": [], "UnprocessedTraceIds": []}
    traces, unknown = [], []
    for id in wanted:
        kept = records.find(call.store, call.scope, id)
        if kept is None:
            unknown.append(id)
        else:
            traces.append(_whole(call, kept))
    return {"Traces": traces, "UnprocessedTraceIds": unknown}


def _whole(call: Call, kept: Kept) -> dict[str, Any]:
    trace = assembled(call, kept)
    shown = [{"Id": one.id, "Document": orjson.dumps(nested(one)).decode()} for one in [*trace.segments, *trace.loose]]
    duration = max(0.0, round(trace.end - trace.start, 3))
    return {"Id": kept.id, "Duration": duration, "LimitExceeded": bool(kept.cut), "Segments": shown}


@operation("GetTraceSummaries")
async def get_trace_summaries(call: Call) -> dict[str, Any]:
    """What is known of the traces of a time frame that fit a filter expression, a page at a time."""
    first, last = time_frame(call)
    kind = call.input.get("TimeRangeType", "TraceId")
    text = call.input.get("FilterExpression")
    fits = condition(call, text) if text else None
    chosen = _sampling(call)
    found: list[dict[str, Any]] = []
    count, number = 0, page_start(call)
    full = False
    async for kept in scanned(call, kind, first, last, number, _SCANNED):
        count, number = count + 1, kept.number
        if not chosen(kept):
            continue
        summary = Summary(kept, assembled(call, kept), call.account)
        if fits is None or fits(OfTrace(summary)):
            found.append(summary.shown())
        full = len(found) >= _PAGE
        if full:
            break
    more = {"NextToken": paging.encode(number)} if full or count >= _SCANNED else {}
    return {"TraceSummaries": found, "ApproximateTime": last, "TracesProcessedCount": count, **more}


def _sampling(call: Call) -> Callable[[Kept], bool]:
    """Which traces a call with Sampling looks at: the same share of them each time."""
    strategy = call.input.get("SamplingStrategy") or {}
    if not call.input.get("Sampling") and not strategy:
        return lambda kept: True
    share = float(strategy.get("Value", 1.0))
    if not 0 <= share <= 1:
        raise errors.Invalid("SamplingStrategy value must be between 0 and 1")
    return lambda kept: int(hashlib.sha256(kept.id.encode()).hexdigest(), 16) % _PARTS < share * _PARTS
