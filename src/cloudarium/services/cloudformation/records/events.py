"""Rows of stack events, the newest last."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.store import Store


def add(store: Store, stack: str, event: dict[str, Any]) -> None:
    """Record one event, in the API's members."""
    store.run("INSERT INTO cloudformation_events (stack, detail) VALUES (?, ?)", (stack, orjson.dumps(event).decode()))


def page(store: Store, stack: str, before: int | None, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """(sequence, event) of a stack, the newest first."""
    rows = store.all(
        "SELECT sequence, detail FROM cloudformation_events WHERE stack = ? AND sequence < ?"
        " ORDER BY sequence DESC LIMIT ?",
        (stack, 1 << 62 if before is None else before, limit),
    )
    return [(sequence, orjson.loads(detail)) for sequence, detail in rows]
