"""The service map: nodes and edges of traces, and how they did minute by minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.xray import errors
from cloudarium.services.xray.operations import groups
from cloudarium.services.xray.operations.traces import assembled, condition, page_start, scanned, time_frame
from cloudarium.traces import filters, graph, records
from cloudarium.traces.aspects import OfTrace
from cloudarium.traces.assembled import Assembled, Node
from cloudarium.traces.graph import Graph, Request, Statistics
from cloudarium.traces.summaries import Summary

_LONGEST = 6 * 3600.0
_PERIODS = (60, 300)
_MOST_IDS = 100


def _of_group(call: Call) -> Callable[[OfTrace], bool] | None:
    """The filter of the group that a call names, None when it names none or one without a filter."""
    if not call.input.get("GroupName") and not call.input.get("GroupARN"):
        return None
    text = groups.named(call).filter
    return condition(call, text) if text else None


@operation("GetServiceGraph")
async def get_service_graph(call: Call) -> dict[str, Any]:
    """The map of a time frame: services that took part in traces, and who called whom."""
    first, last = time_frame(call, _LONGEST)
    fits = _of_group(call)
    page_start(call)  # the whole map stands on the first page
    made = Graph(call.account)
    async for kept in scanned(call, "TraceId", first, last):
        trace = assembled(call, kept)
        if fits is None or fits(OfTrace(Summary(kept, trace, call.account))):
            made.add(trace)
    return {"StartTime": first, "EndTime": last, "Services": made.shown(), "ContainsOldGroupVersions": False}


@operation("GetTraceGraph")
def get_trace_graph(call: Call) -> dict[str, Any]:
    """The map of the traces that are named."""
    wanted = list(dict.fromkeys(call.input["TraceIds"]))
    if len(wanted) > _MOST_IDS:
        raise errors.Invalid(f"At most {_MOST_IDS} trace IDs can be requested at once")
    page_start(call)
    found = (records.find(call.store, call.scope, id) for id in wanted)
    traces = [assembled(call, kept) for kept in found if kept is not None]
    return {"Services": graph.of(traces, call.account).shown()}


@operation("GetTimeSeriesServiceStatistics", refuses=("ForecastStatistics",))
async def get_time_series_service_statistics(call: Call) -> dict[str, Any]:
    """How the nodes or edges that are selected did in each period of a time frame; all edges without a selection."""
    first, last = time_frame(call, _LONGEST)
    period = call.input.get("Period", _PERIODS[0])
    if period not in _PERIODS:
        raise errors.Invalid("Period must be 60 or 300 seconds")
    text = call.input.get("EntitySelectorExpression")
    names = _selector(text) if text else ()
    fits = _of_group(call)
    page_start(call)
    periods: dict[float, Statistics] = {}
    async for kept in scanned(call, "TraceId", first, last):
        trace = assembled(call, kept)
        if fits is not None and not fits(OfTrace(Summary(kept, trace, call.account))):
            continue
        for one in _selected(trace, names, call.account):
            at = one.start - one.start % period
            periods.setdefault(at, Statistics()).requests.append(one)
    kind = "ServiceSummaryStatistics" if len(names) == 1 else "EdgeSummaryStatistics"
    shown = [
        {"Timestamp": at, kind: made.shown(), "ResponseTimeHistogram": made.histogram()}
        for at, made in sorted(periods.items())
    ]
    return {"TimeSeriesServiceStatistics": shown, "ContainsOldGroupVersions": False}


def _selector(text: str) -> tuple[Callable[[Node], bool], ...]:
    try:
        return filters.selector(text)
    except filters.InvalidFilter as error:
        raise errors.Invalid(f"Invalid entity selector expression: {error}") from None


def _selected(trace: Assembled, names: tuple[Callable[[Node], bool], ...], account: str) -> list[Request]:
    if len(names) == 1:
        return [graph.request(one) for one in trace.segments if names[0](one.node(account))]
    return [
        made
        for source, target, made in graph.edges(trace, account)
        if not names or (names[0](source) and names[1](target))
    ]
