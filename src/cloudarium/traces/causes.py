"""Root causes: on which way through services and their pieces a trace failed, or took so long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.traces.assembled import Assembled, Entity

Data = dict[str, Any]
_MOST = 10  # of one trace
_SHARE = 0.5  # a piece is a cause of its parent's time when it took so much of it


def failures(trace: Assembled, failed: Callable[[Entity], bool], account: str) -> list[Data]:
    """The ways to what failed deepest; the caller of the trace felt it when the root failed too."""
    found = []
    for path in _deepest(trace, failed):
        services = [
            {**_service(segment, account), "EntityPath": [_failed_entity(one) for one in entities]}
            for segment, entities in _by_segment(path)
        ]
        found.append({"Services": services, "ClientImpacting": failed(path[0])})
    return found


def slowness(trace: Assembled, account: str) -> list[Data]:
    """The way along which most of the root's time went, with each piece's share of it."""
    if not trace.roots or not trace.roots[0].duration:
        return []
    root = one = trace.roots[0]
    path = [root]
    while one.below:
        longest = max(one.below, key=lambda each: each.duration)
        if longest.duration < one.duration * _SHARE or longest.duration == 0:
            break
        path.append(longest)
        one = longest
    services = [
        {**_service(segment, account), "EntityPath": [_slow_entity(each, root.duration) for each in entities]}
        for segment, entities in _by_segment(path)
    ]
    return [{"Services": services, "ClientImpacting": True}]


def _deepest(trace: Assembled, failed: Callable[[Entity], bool]) -> list[list[Entity]]:
    """The paths from a root to each entity that failed with nothing below it failing."""
    wrong = [one for one in trace.entities() if failed(one)]
    passed: set[Entity] = set()  # what has a failure below it
    for one in wrong:
        above = one.above
        while above is not None and above not in passed:
            passed.add(above)
            above = above.above
    leaves = sorted((one for one in wrong if one not in passed), key=lambda one: one.start)
    return [_path(one) for one in leaves[:_MOST]]


def _path(one: Entity) -> list[Entity]:
    path = [one]
    while path[-1].above is not None:
        path.append(path[-1].above)
    return path[::-1]


def _by_segment(path: list[Entity]) -> list[tuple[Entity, list[Entity]]]:
    parts: list[tuple[Entity, list[Entity]]] = []
    for one in path:
        segment = one.segment or one
        if not parts or parts[-1][0] is not segment:
            parts.append((segment, []))
        parts[-1][1].append(one)
    return parts


def _service(segment: Entity, account: str) -> Data:
    node = segment.node(account)
    said = {"Name": node.name, "Names": [node.name], "Inferred": segment.inferred}
    if node.account:
        said["AccountId"] = node.account
    if node.type:
        said["Type"] = node.type
    return said


def _is_remote(one: Entity) -> bool:
    return one.data.get("namespace") == "remote" or one.inferred


def _failed_entity(one: Entity) -> Data:
    said: Data = {"Name": one.name, "Remote": _is_remote(one)}
    exceptions = one.part("cause", "exceptions")
    shown = [
        {"Name": str(each.get("type") or ""), "Message": str(each.get("message") or "")}
        for each in (exceptions if isinstance(exceptions, list) else ())[:20]
        if isinstance(each, dict)
    ]
    return {**said, "Exceptions": shown} if shown else said


def _slow_entity(one: Entity, whole: float) -> Data:
    coverage = min(1.0, round(one.duration / whole, 4)) if whole else 0.0
    return {"Name": one.name, "Coverage": coverage, "Remote": _is_remote(one)}
