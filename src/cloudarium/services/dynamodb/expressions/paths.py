"""Document paths over items: reading, writing and projecting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cloudarium.services.dynamodb.rules.values import Item, Value

Steps = tuple[str | int, ...]


def read(item: Item, steps: Steps) -> Value | None:
    """The value at the path, None when there is none."""
    value = item.get(str(steps[0]))
    for step in steps[1:]:
        if value is None:
            return None
        value = _child(value, step)
    return value


def _child(value: Value, step: str | int) -> Value | None:
    if isinstance(step, int):
        members = value.get("L")
        return members[step] if members is not None and step < len(members) else None
    fields = value.get("M")
    return fields.get(step) if fields is not None else None


def container(item: Item, steps: Steps) -> Any | None:
    """The dict or list that holds (or would hold) the path's last step; None when the path does not lead there."""
    if len(steps) == 1:
        return item
    parent = read(item, steps[:-1])
    return None if parent is None else parent.get("L" if isinstance(steps[-1], int) else "M")


Projector = Callable[[Item], Item]


def projector(paths: Sequence[Steps]) -> Projector:
    """The function that gives an item with nothing but what lies at the paths; elements of lists close ranks."""
    tops = tuple(str(steps[0]) for steps in paths if len(steps) == 1)
    tree: dict[str | int, Any] = {}
    for steps in paths:
        if len(steps) > 1:
            node = tree
            for step in steps[:-1]:
                node = node.setdefault(step, {})
            node[steps[-1]] = None

    def project(item: Item) -> Item:
        found = {name: item[name] for name in tops if name in item}
        if tree:
            found.update(_kept(item, tree))
        return found

    return project


def _kept(fields: Item, tree: dict[str | int, Any]) -> list[tuple[str, Value]]:
    found = []
    for step, below in tree.items():
        value = fields.get(str(step))
        part = None if value is None else _part(value, below)
        if part is not None:
            found.append((str(step), part))
    return found


def _part(value: Value, tree: dict[str | int, Any] | None) -> Value | None:
    """What of `value` lies under `tree` (None: all of it), None when nothing does."""
    if tree is None:
        return value
    if "M" in value:
        kept = dict(_kept(value["M"], {step: below for step, below in tree.items() if isinstance(step, str)}))
        return {"M": kept} if kept else None
    if "L" in value:
        members = value["L"]
        wanted = sorted(step for step in tree if isinstance(step, int) and step < len(members))
        picked = [part for step in wanted if (part := _part(members[step], tree[step])) is not None]
        return {"L": picked} if picked else None
    return None
