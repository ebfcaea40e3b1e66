"""A service map as a drawing: cards for services, arrows between them, and words beside arrows that cover nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from cloudarium.console.kinds import Kind, kind_of
from cloudarium.console.layout import placed
from cloudarium.console.rendering import took

WIDTH, HEIGHT, SMALL, RADIUS = 232, 66, 92, 17  # of a card, of a client's, of its ring
_GAP_X, _GAP_Y, _MARGIN = 108, 34, 16
_LETTER, _LINE = 6.8, 16  # of the words beside an arrow, with room around them
_ALONG = (0.5, 0.6, 0.4, 0.7, 0.3, 0.8, 0.2)  # of an arrow, where its words may stand
_READABLE = 1500  # that fits a page without its letters becoming too small
_STYLES = ("good", "warn", "held", "bad")  # in the order of Counts

Point = tuple[float, float]
Key = int | tuple[int, int, int]  # a service's number, or a place where an arrow passes a column


class Box(NamedTuple):
    """A rectangle by its left upper corner."""

    x: float
    y: float
    width: float
    height: float

    def covers(self, other: Box) -> float:
        """The area that two have in common."""
        wide = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        high = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(0.0, wide) * max(0.0, high)


class Slice(NamedTuple):
    """A part of a card's ring: its class, and the SVG path of its arc."""

    kind: str
    path: str


class Counts(NamedTuple):
    """What became of requests: by outcome, in all, and seconds that one took on the mean, None where none ended."""

    ok: int
    error: int
    throttle: int
    fault: int
    mean: float | None

    @property
    def total(self) -> int:
        """How many there were."""
        return self.ok + self.error + self.throttle + self.fault

    @property
    def failed(self) -> int:
        """How many were not answered as wished."""
        return self.total - self.ok

    @property
    def words(self) -> str:
        """What is written beside an arrow."""
        return str(self.total) if self.mean is None else f"{self.total} × {took(self.mean * 1e6)}"

    @property
    def state(self) -> str:
        """The worst that happened, as the class of what shows it; empty when all went well."""
        return "bad" if self.fault else "held" if self.throttle else "warn" if self.error else ""


class Node(NamedTuple):
    """A service on the map: its card, and the filter expression of X-Ray that finds its traces."""

    name: str
    type: str
    kind: Kind
    box: Box
    counts: Counts
    slices: list[Slice]
    expression: str


class Edge(NamedTuple):
    """An arrow between two cards, and where its words are."""

    path: str
    label: Box
    source: str
    target: str
    counts: Counts
    linked: bool


class Drawing(NamedTuple):
    """The whole map, in SVG units."""

    nodes: list[Node]
    edges: list[Edge]
    width: float
    height: float

    @property
    def scale(self) -> float:
        """How large it is shown: a wide one is rather looked at piece by piece than not read."""
        return 1.0 if self.width < _READABLE else 0.86


def drawn(services: Sequence[dict[str, Any]]) -> Drawing:
    """The drawing of a service graph as X-Ray answers it."""
    boxes, ways = _boxes(services)
    nodes = {each["ReferenceId"]: _node(each, boxes[each["ReferenceId"]]) for each in services}
    bottom = max((box.y + box.height for box in boxes.values()), default=0.0)
    taken = [node.box for node in nodes.values()]
    edges = []
    for each in services:
        for edge in each.get("Edges", ()):
            source, target = each["ReferenceId"], edge["ReferenceId"]
            if target not in nodes:
                continue
            counts = counts_of(edge)
            stops = [boxes[key] for key in (source, *ways.get((source, target), ()), target)]
            path, spots = _forward(stops) if stops[0].x < stops[-1].x else _back(stops[0], stops[-1], bottom)
            label = _free(spots, len(counts.words) * _LETTER, taken)
            names = nodes[source].name, nodes[target].name
            edges.append(Edge(path, label, *names, counts, edge.get("EdgeType") == "link"))
    low = max((box.y + box.height for box in taken), default=0.0)
    wide = max((box.x + box.width for box in taken), default=0.0)
    return Drawing(list(nodes.values()), edges, wide + _MARGIN, low + _MARGIN)


def counts_of(shown: dict[str, Any]) -> Counts:
    """The counts of a service or an edge as X-Ray answers it."""
    statistics = shown.get("SummaryStatistics") or {}
    errors, faults = statistics.get("ErrorStatistics") or {}, statistics.get("FaultStatistics") or {}
    throttled = errors.get("ThrottleCount", 0)
    wrong = max(0, errors.get("TotalCount", 0) - throttled)
    counts = Counts(statistics.get("OkCount", 0), wrong, throttled, faults.get("TotalCount", 0), None)
    return counts._replace(mean=statistics.get("TotalResponseTime", 0.0) / counts.total) if counts.total else counts


# ---- where things are -----------------------------------------------------------------------------------------------


def _boxes(services: Sequence[dict[str, Any]]) -> tuple[dict[Key, Box], dict[tuple[int, int], list[Key]]]:
    """The box of each service and of each place where an arrow passes a column, and which places an arrow passes."""
    small = {each["ReferenceId"] for each in services if each.get("Type") == "client"}
    nodes: list[Key] = [each["ReferenceId"] for each in services]
    pairs: list[tuple[Key, Key]] = [
        (each["ReferenceId"], edge["ReferenceId"]) for each in services for edge in each.get("Edges", ())
    ]
    first = placed(nodes, pairs)
    ways: dict[tuple[int, int], list[Key]] = {}
    steps: list[tuple[Key, Key]] = []
    for start, end in pairs:
        if start not in first or end not in first or not isinstance(start, int) or not isinstance(end, int):
            continue
        between = range(int(first[start].layer) + 1, int(first[end].layer))
        way: list[Key] = [(start, end, layer) for layer in between]
        ways[start, end] = way
        steps += zip((start, *way), (*way, end), strict=True)
    places = placed([*nodes, *(key for way in ways.values() for key in way)], steps)
    wide: dict[float, int] = {}
    for key, place in places.items():
        width = SMALL if key in small else 0 if isinstance(key, tuple) else WIDTH
        wide[place.layer] = max(wide.get(place.layer, 0), width)
    left, lefts = float(_MARGIN), {}
    for layer in sorted(wide):
        lefts[layer] = left
        left += wide[layer] + _GAP_X
    top = min((place.row for place in places.values()), default=0)
    boxes: dict[Key, Box] = {}
    for key, place in places.items():
        y = _MARGIN + (place.row - top) * (HEIGHT + _GAP_Y)
        boxes[key] = Box(lefts[place.layer], y, wide[place.layer], HEIGHT)
    return boxes, ways


def _forward(stops: Sequence[Box]) -> tuple[str, list[Point]]:
    """The path of an arrow to the right, and where its words may stand."""
    x, y = stops[0].x + stops[0].width, _middle(stops[0])
    path, spots = f"M{x:.1f} {y:.1f}", []
    for place, box in enumerate(stops[1:], 1):
        last = place == len(stops) - 1
        end = (box.x - (8 if last else 0), _middle(box))
        bend = (end[0] - x) / 2
        path += f"C{x + bend:.1f} {y:.1f} {end[0] - bend:.1f} {end[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
        spots += [_at((x, y), end, part) for part in _ALONG]
        x, y = end
        if not last:
            x += box.width
            path += f"H{x:.1f}"
    return path, spots


def _back(start: Box, end: Box, bottom: float) -> tuple[str, list[Point]]:
    """An arrow to the left closes a circle: it goes below all cards."""
    x1, x2, low = start.x + start.width - 30, end.x + 40, bottom + 26
    path = f"M{x1:.1f} {start.y + start.height:.1f}C{x1:.1f} {low:.1f} {x1:.1f} {low:.1f} {x1 - 20:.1f} {low:.1f}"
    path += f"H{x2 + 20:.1f}C{x2:.1f} {low:.1f} {x2:.1f} {low:.1f} {x2:.1f} {end.y + end.height + 8:.1f}"
    return path, [(x2 + (x1 - x2) * part, low) for part in _ALONG]


def _middle(box: Box) -> float:
    return box.y + box.height / 2


def _at(start: Point, end: Point, part: float) -> Point:
    """A point of the curve that leaves and arrives level."""
    rest = 1 - part
    weights = (rest**3, 3 * rest**2 * part, 3 * rest * part**2, part**3)
    half = (start[0] + end[0]) / 2
    across = (start[0], half, half, end[0])
    down = (start[1], start[1], end[1], end[1])
    return (
        sum(one * x for one, x in zip(weights, across, strict=True)),
        sum(one * y for one, y in zip(weights, down, strict=True)),
    )


def _free(spots: Iterable[Point], width: float, taken: list[Box]) -> Box:
    """Where words cover nothing, else where they cover least: beside the first spots if possible; it is taken then."""
    found: tuple[float, Box] | None = None
    for x, y in spots:
        for rise in (0.0, -_LINE, _LINE):
            box = Box(x - width / 2, y + rise - _LINE / 2, width, _LINE)
            covered = sum(box.covers(other) for other in taken)
            if found is None or covered < found[0]:
                found = covered, box
            if not covered:
                break
        if found is not None and not found[0]:
            break
    assert found is not None
    taken.append(found[1])
    return found[1]


# ---- cards ----------------------------------------------------------------------------------------------------------


def _node(service: dict[str, Any], box: Box) -> Node:
    name, type = service.get("Name") or "?", service.get("Type") or ""
    counts, slices, start = counts_of(service), [], 0.0
    for count, style in zip(counts[:4], _STYLES, strict=True):
        if count:
            share = count / counts.total
            slices.append(Slice(style, _arc(box.x + 28, _middle(box), start, start + share)))
            start += share
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    expression = "" if type == "client" else f'service(id(name: "{quoted}", type: "{type}"))'
    return Node(name, type, kind_of(type), box, counts, slices, expression)


def _arc(x: float, y: float, start: float, end: float) -> str:
    """The path of a part of a circle's line; a whole one is two halves."""
    if end - start > 0.999:
        top, bottom, half = y - RADIUS, y + RADIUS, f"A{RADIUS} {RADIUS} 0 1 1"
        return f"M{x} {top}{half} {x} {bottom}{half} {x} {top}"
    (x1, y1), (x2, y2) = (
        (x + RADIUS * math.sin(2 * math.pi * part), y - RADIUS * math.cos(2 * math.pi * part)) for part in (start, end)
    )
    return f"M{x1:.2f} {y1:.2f}A{RADIUS} {RADIUS} 0 {int(end - start > 0.5)} 1 {x2:.2f} {y2:.2f}"
