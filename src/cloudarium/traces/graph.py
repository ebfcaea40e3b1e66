"""The service map: nodes and edges of many traces, with what their requests came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cloudarium.traces.assembled import Assembled, Entity, Node

Data = dict[str, Any]
CLIENT = "client"
_UNKNOWN = ("client", "remote", "Database::SQL")
_MOST_VALUES = 100  # of a histogram


class Request(NamedTuple):
    """One request that a node answered, or that went along an edge."""

    start: float
    end: float
    took: float
    error: bool
    throttled: bool
    fault: bool
    inferred: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong with it."""
        return not (self.error or self.fault)


@dataclass
class Statistics:
    """What requests came to."""

    requests: list[Request] = field(default_factory=list)

    def shown(self) -> Data:
        """As the API says it."""
        errors = [one for one in self.requests if one.error and not one.fault]
        throttled = sum(one.throttled for one in errors)
        faults = sum(one.fault for one in self.requests)
        return {
            "OkCount": sum(one.ok for one in self.requests),
            "ErrorStatistics": {
                "ThrottleCount": throttled,
                "OtherCount": len(errors) - throttled,
                "TotalCount": len(errors),
            },
            "FaultStatistics": {"OtherCount": faults, "TotalCount": faults},
            "TotalCount": len(self.requests),
            "TotalResponseTime": round(sum(one.took for one in self.requests), 3),
        }

    def histogram(self) -> list[Data]:
        """How many requests took how long; like values are taken together when there are many."""
        for digits in (3, 2, 1, 0):
            counts = Counter(round(one.took, digits) for one in self.requests)
            if len(counts) <= _MOST_VALUES:
                break
        return [{"Value": value, "Count": count} for value, count in sorted(counts.items())[:_MOST_VALUES]]

    @property
    def start(self) -> float:
        """When the first one began."""
        return min((one.start for one in self.requests), default=0.0)

    @property
    def end(self) -> float:
        """When the last one ended."""
        return max((one.end for one in self.requests), default=0.0)


class Graph:
    """Nodes and edges, filled trace by trace."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.nodes: dict[Node, Statistics] = {}
        self.edges: dict[tuple[Node, Node], Statistics] = {}
        self.roots: set[Node] = set()
        self.inferred: set[Node] = set()

    def add(self, trace: Assembled) -> None:
        """Count the requests of a trace in."""
        for one in trace.segments:
            node = one.node(self.account)
            if one.inferred:
                self.inferred.add(node)
            self.nodes.setdefault(node, Statistics()).requests.append(request(one))
        for source, target, made in edges(trace, self.account):
            if source.type == CLIENT:
                self.roots.add(target)
            self.nodes.setdefault(source, Statistics())
            self.edges.setdefault((source, target), Statistics()).requests.append(made)

    def shown(self) -> list[Data]:
        """The services as the API has them."""
        numbers = {node: number for number, node in enumerate(self.nodes)}
        leaving: dict[Node, list[tuple[Node, Statistics]]] = {node: [] for node in self.nodes}
        for (source, target), made in self.edges.items():
            leaving[source].append((target, made))
        return [self._service(node, numbers, leaving[node]) for node in self.nodes]

    def _service(self, node: Node, numbers: dict[Node, int], leaving: list[tuple[Node, Statistics]]) -> Data:
        mine = self.nodes[node]
        whole = mine if mine.requests else Statistics([one for _, made in leaving for one in made.requests])
        said: Data = {
            "ReferenceId": numbers[node],
            "Name": node.name,
            "Names": [node.name],
            "State": "unknown" if node.type in _UNKNOWN or node in self.inferred else "active",
            "StartTime": whole.start,
            "EndTime": whole.end,
            "Edges": [self._edge(numbers[target], made) for target, made in leaving],
        }
        if node.account:
            said["AccountId"] = node.account
        if node.type:
            said["Type"] = node.type
        if node in self.roots:
            said["Root"] = True
        if mine.requests:
            histogram = mine.histogram()
            said |= {
                "SummaryStatistics": mine.shown(),
                "DurationHistogram": histogram,
                "ResponseTimeHistogram": histogram,
            }
        return said

    @staticmethod
    def _edge(number: int, made: Statistics) -> Data:
        return {
            "ReferenceId": number,
            "StartTime": made.start,
            "EndTime": made.end,
            "SummaryStatistics": made.shown(),
            "ResponseTimeHistogram": made.histogram(),
            "Aliases": [],
            "EdgeType": "",
            "ReceivedEventAgeHistogram": [],
        }


def request(one: Entity) -> Request:
    """The request that an entity answered or made."""
    end = one.end if one.end is not None else one.start
    return Request(one.start, end, one.duration, one.error, one.throttled, one.fault, one.inferred)


def edges(trace: Assembled, account: str) -> Iterator[tuple[Node, Node, Request]]:
    """(from, to, request) for each segment: who led to it, a client for the trace's first ones."""
    for one in trace.segments:
        target = one.node(account)
        above = one.above
        if above is None:
            yield Node(target.name, CLIENT), target, request(one)
        else:
            source = above.segment or above
            yield source.node(account), target, request(above if not above.is_segment else one)


def of(traces: Iterable[Assembled], account: str) -> Graph:
    """The graph of traces."""
    made = Graph(account)
    for trace in traces:
        made.add(trace)
    return made
