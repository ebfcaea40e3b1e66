"""Where the nodes of a directed graph stand: in layers from left to right, with few crossings."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)

_SWEEPS = 6


class Place(NamedTuple):
    """A node's layer, 0 is the leftmost, and its place in the layer from above, both in whole steps or halves."""

    layer: float
    row: float


def placed(nodes: Sequence[Key], edges: Sequence[tuple[Key, Key]]) -> dict[Key, Place]:
    """A place for each node; edges lead to the right wherever they do not close a circle.

    Layers by longest path; order in a layer by the mean of the neighbours' places, in a few sweeps (Sugiyama's method).
    """
    forward = _without_circles(nodes, edges)
    layers = _layers(nodes, forward)
    columns: list[list[Key]] = [[] for _ in range(max(layers.values(), default=0) + 1)]
    for node in nodes:
        columns[layers[node]].append(node)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 else reversed(columns):
            rows = _rows(columns)
            column.sort(key=lambda node: _mean(node, forward, rows))
    return _rows(columns)


def _without_circles(nodes: Sequence[Key], edges: Sequence[tuple[Key, Key]]) -> list[tuple[Key, Key]]:
    """The edges but for those that lead back to a node on the way to their start."""
    after: dict[Key, list[Key]] = {node: [] for node in nodes}
    for start, end in edges:
        if start in after and end in after and start != end:
            after[start].append(end)
    kept: list[tuple[Key, Key]] = []
    done: set[Key] = set()
    for top in nodes:
        if top in done:
            continue
        way = {top: iter(after[top])}  # in order of the way; a graph may be deeper than Python's stack
        while way:
            node = next(reversed(way))
            for end in way[node]:
                if end not in way:
                    kept.append((node, end))
                    if end not in done:
                        way[end] = iter(after[end])
                        break
            else:
                way.popitem()
                done.add(node)
    return kept


def _layers(nodes: Sequence[Key], forward: Sequence[tuple[Key, Key]]) -> dict[Key, int]:
    waiting = dict.fromkeys(nodes, 0)
    after: dict[Key, list[Key]] = {node: [] for node in nodes}
    for start, end in forward:
        waiting[end] += 1
        after[start].append(end)
    layers = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waiting[node]]
    while ready:
        node = ready.pop()
        for end in after[node]:
            layers[end] = max(layers[end], layers[node] + 1)
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    return layers


def _rows(columns: Sequence[Sequence[Key]]) -> dict[Key, Place]:
    tallest = max(map(len, columns), default=0)
    return {
        node: Place(layer, row + (tallest - len(column)) / 2)
        for layer, column in enumerate(columns)
        for row, node in enumerate(column)
    }


def _mean(node: Key, edges: Sequence[tuple[Key, Key]], rows: Mapping[Key, Place]) -> float:
    near = [rows[end].row for start, end in edges if start == node] + [
        rows[start].row for start, end in edges if end == node
    ]
    return sum(near) / len(near) if near else rows[node].row
