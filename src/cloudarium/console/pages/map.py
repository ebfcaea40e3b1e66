"""The service map: who calls whom, how fast, and what share of it fails; each node leads to its traces."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from cloudarium.console.layout import placed
from cloudarium.console.pages.traces import LONGEST_QUERY, RANGES
from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse
from cloudarium.glass.maps import service_map
from cloudarium.shared.clock import seconds_of

_STEP_X, _STEP_Y, _MARGIN_X, _MARGIN_Y, _RADIUS = 230, 130, 110, 70, 30
_RANGES = {span: words for span, words in RANGES.items() if seconds_of(span) <= LONGEST_QUERY}
_SOURCES = {"all": "what led to other calls", "calls": "every single call", "xray": "what X-Ray has"}
_KINDS = (("ok", "good"), ("error", "warn"), ("throttle", "held"), ("fault", "bad"))


class Slice(NamedTuple):
    """A part of a node's ring: its class, and the SVG path of its arc."""

    kind: str
    path: str


class Node(NamedTuple):
    """A service on the map; `mean` is in seconds, None where nothing has ended. Places are SVG units."""

    name: str
    type: str
    x: float
    y: float
    calls: int
    mean: float | None
    failed: float
    slices: list[Slice]
    expression: str


class Edge(NamedTuple):
    """An arrow between two nodes, with how often it was gone."""

    path: str
    x: float
    y: float
    calls: int
    mean: float | None
    failed: bool
    linked: bool


async def show(visit: Visit) -> HttpResponse:
    """The map of the last minutes or hours: of what the cloud has seen, or of X-Ray's traces. Raises Refused."""
    span, source = visit.range_of(_RANGES), visit.asked.get("of") or "all"
    if source not in _SOURCES:
        raise Refused(400, "of must be all, calls or xray.")
    start, end = visit.now - seconds_of(span), visit.now
    if source != "xray":
        services = service_map(visit.cloud, start, end, visit.scope.account, single=source == "calls")
    else:
        listing = visit.each("xray", "GetServiceGraph", "Services", "NextToken", StartTime=start, EndTime=end)
        services = [each async for each in listing]
    nodes, edges = drawn(services)
    width = max((node.x for node in nodes), default=0) + _MARGIN_X
    height = max((node.y for node in nodes), default=0) + _MARGIN_Y
    return page(
        visit, "map.html", "Service map", nodes=nodes, edges=edges, width=width, height=height, range=span,
        ranges=_RANGES, of=source, sources=_SOURCES,
    )  # fmt: skip


def drawn(services: list[dict[str, Any]]) -> tuple[list[Node], list[Edge]]:
    """The nodes and arrows of a service graph as X-Ray answers it."""
    numbers = [each["ReferenceId"] for each in services]
    pairs = [(each["ReferenceId"], edge["ReferenceId"]) for each in services for edge in each.get("Edges", ())]
    places = {
        number: (_MARGIN_X + place.layer * _STEP_X, _MARGIN_Y + place.row * _STEP_Y)
        for number, place in placed(numbers, pairs).items()
    }
    nodes = [_node(each, *places[each["ReferenceId"]]) for each in services]
    edges = [
        _edge(edge, places[each["ReferenceId"]], places[edge["ReferenceId"]])
        for each in services
        for edge in each.get("Edges", ())
        if edge["ReferenceId"] in places
    ]
    return nodes, edges


def _node(service: dict[str, Any], x: float, y: float) -> Node:
    counts, total, mean = _summed(service.get("SummaryStatistics") or {})
    name, kind = service.get("Name") or "?", service.get("Type") or ""
    slices, start = [], 0.0
    for key, style in _KINDS:
        if counts[key]:
            share = counts[key] / total
            slices.append(Slice(style, _arc(x, y, start, start + share)))
            start += share
    failed = (total - counts["ok"]) / total if total else 0.0
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    expression = "" if kind == "client" else f'service(id(name: "{quoted}", type: "{kind}"))'
    return Node(name, kind, x, y, total, mean, failed, slices, expression)


def _summed(statistics: dict[str, Any]) -> tuple[dict[str, int], int, float | None]:
    """(answers by kind, how many in all, seconds that one took on the mean)."""
    errors, faults = statistics.get("ErrorStatistics") or {}, statistics.get("FaultStatistics") or {}
    throttled = errors.get("ThrottleCount", 0)
    counts = {
        "ok": statistics.get("OkCount", 0),
        "error": max(0, errors.get("TotalCount", 0) - throttled),
        "throttle": throttled,
        "fault": faults.get("TotalCount", 0),
    }
    total = sum(counts.values())
    return counts, total, statistics.get("TotalResponseTime", 0.0) / total if total else None


def _arc(x: float, y: float, start: float, end: float) -> str:
    """The path of a part of a circle's line; a whole one is two halves."""
    if end - start > 0.999:
        top, bottom, half = y - _RADIUS, y + _RADIUS, f"A{_RADIUS} {_RADIUS} 0 1 1"
        return f"M{x} {top}{half} {x} {bottom}{half} {x} {top}"
    (x1, y1), (x2, y2) = (
        (x + _RADIUS * math.sin(2 * math.pi * part), y - _RADIUS * math.cos(2 * math.pi * part))
        for part in (start, end)
    )
    return f"M{x1:.2f} {y1:.2f}A{_RADIUS} {_RADIUS} 0 {int(end - start > 0.5)} 1 {x2:.2f} {y2:.2f}"


def _edge(edge: dict[str, Any], start: tuple[float, float], end: tuple[float, float]) -> Edge:
    counts, total, mean = _summed(edge.get("SummaryStatistics") or {})
    x1, y1, x2, y2 = start[0] + _RADIUS + 4, start[1], end[0] - _RADIUS - 9, end[1]
    if x2 > x1:
        bend = (x2 - x1) / 2
        path = f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
        middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    else:  # it closes a circle: an arrow back, below the nodes
        low = max(y1, y2) + _STEP_Y * 0.55
        x1, x2 = start[0], end[0]
        y1, y2 = start[1] + _RADIUS + 4, end[1] + _RADIUS + 9
        path = f"M{x1} {y1}C{x1} {low} {x2} {low} {x2} {y2}"
        middle = ((x1 + x2) / 2, low - 12)
    failed = total > counts["ok"]
    return Edge(path, *middle, total, mean, failed, edge.get("EdgeType") == "link")
