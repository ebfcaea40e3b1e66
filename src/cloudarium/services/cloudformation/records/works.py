"""Rows of the work under way on a stack: the operation and its steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from cloudarium.store import Store


@dataclass(slots=True)
class Operation:
    """What is being done to a stack, for whom, and how far it is. `cancelled` is "" or what is to happen instead."""

    stack: str
    kind: str
    phase: str
    cancelled: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Step:
    """One resource's part in the present phase."""

    stack: str
    logical: str
    generation: int
    action: str
    state: str = "ready"
    at: float | None = None
    needs: list[tuple[str, int]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, int]:
        """The resource it works on."""
        return self.logical, self.generation


def find(store: Store, stack: str) -> Operation | None:
    """The operation under way on a stack."""
    row = store.one(
        "SELECT stack, kind, phase, cancelled, detail FROM cloudformation_operations WHERE stack = ?", (stack,)
    )
    return Operation(row[0], row[1], row[2], row[3], orjson.loads(row[4])) if row else None


def cancelled(store: Store, stack: str) -> str:
    """What is to happen instead of the operation under way, "" for nothing."""
    row = store.one("SELECT cancelled FROM cloudformation_operations WHERE stack = ?", (stack,))
    return row[0] if row else ""


def cancel(store: Store, stack: str, instead: str) -> None:
    """Ask the operation under way to stop for something else: `rollback` or `delete`."""
    store.run("UPDATE cloudformation_operations SET cancelled = ? WHERE stack = ?", (instead, stack))


def save(store: Store, operation: Operation) -> None:
    """Record an operation as it is, but for its cancellation, which others write."""
    store.run(
        "INSERT INTO cloudformation_operations (stack, kind, phase, detail) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (stack) DO UPDATE SET kind = excluded.kind, phase = excluded.phase, detail = excluded.detail",
        (operation.stack, operation.kind, operation.phase, orjson.dumps(operation.detail).decode()),
    )


def finish(store: Store, stack: str) -> None:
    """Forget the operation and its steps: it is over."""
    store.run("DELETE FROM cloudformation_operations WHERE stack = ?", (stack,))
    store.run("DELETE FROM cloudformation_steps WHERE stack = ?", (stack,))


def steps(store: Store, stack: str) -> list[Step]:
    """The steps of the present phase."""
    rows = store.all(
        "SELECT stack, logical, generation, action, state, at, needs FROM cloudformation_steps WHERE stack = ?"
        " ORDER BY logical, generation",
        (stack,),
    )
    return [_step(row) for row in rows]


def replace_steps(store: Store, stack: str, steps: list[Step]) -> None:
    """Record the steps of a new phase."""
    store.run("DELETE FROM cloudformation_steps WHERE stack = ?", (stack,))
    for step in steps:
        save_step(store, step)


def save_step(store: Store, step: Step) -> None:
    """Record a step as it is."""
    store.run(
        "INSERT OR REPLACE INTO cloudformation_steps VALUES (?, ?, ?, ?, ?, ?, ?)",
        (step.stack, *step.key, step.action, step.state, step.at, orjson.dumps(step.needs).decode()),
    )


def _step(row: Any) -> Step:
    stack, logical, generation, action, state, at, needs = row
    return Step(stack, logical, generation, action, state, at, [(need[0], need[1]) for need in orjson.loads(needs)])
