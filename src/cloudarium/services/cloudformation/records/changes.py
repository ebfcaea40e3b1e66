"""Rows of change sets."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_COLUMNS = "account, region, arn, name, stack, created, status, reason, execution, detail"


class ChangeSet(NamedTuple):
    """One change set; `detail` holds the state aimed at and the changes that lead there."""

    account: str
    region: str
    arn: str
    name: str
    stack: str
    created: float
    status: str
    reason: str | None
    execution: str
    detail: dict[str, Any]


def _decoded(row: Any) -> ChangeSet:
    return ChangeSet._make([*row[:9], orjson.loads(row[9])])


def add(store: Store, change_set: ChangeSet) -> None:
    """Record a new change set."""
    store.run(
        f"INSERT INTO cloudformation_change_sets ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*change_set[:9], orjson.dumps(change_set.detail).decode()),
    )


def by_arn(store: Store, scope: Scope, arn: str) -> ChangeSet | None:
    """The change set with this ARN."""
    row = store.one(
        f"SELECT {_COLUMNS} FROM cloudformation_change_sets WHERE account = ? AND region = ? AND arn = ?",
        (*scope, arn),
    )
    return _decoded(row) if row else None


def by_name(store: Store, stack: str, name: str) -> ChangeSet | None:
    """The stack's change set with this name."""
    row = store.one(f"SELECT {_COLUMNS} FROM cloudformation_change_sets WHERE stack = ? AND name = ?", (stack, name))
    return _decoded(row) if row else None


def of(store: Store, stack: str, after: tuple[float, str] | None = None, limit: int = 1_000_000) -> list[ChangeSet]:
    """The change sets of a stack, the oldest first, those after (created, arn)."""
    created, arn = after or (0.0, "")
    rows = store.all(
        f"SELECT {_COLUMNS} FROM cloudformation_change_sets WHERE stack = ? AND (created, arn) > (?, ?)"
        " ORDER BY created, arn LIMIT ?",
        (stack, created, arn, limit),
    )
    return [_decoded(row) for row in rows]


def set_execution(store: Store, arn: str, execution: str) -> None:
    """Move a change set to an execution status."""
    store.run("UPDATE cloudformation_change_sets SET execution = ? WHERE arn = ?", (execution, arn))


def make_obsolete(store: Store, stack: str) -> None:
    """Nobody may execute a stack's change sets any more: it was created without them."""
    store.run(
        "UPDATE cloudformation_change_sets SET execution = 'OBSOLETE' WHERE stack = ? AND execution = 'AVAILABLE'",
        (stack,),
    )


def remove(store: Store, arn: str) -> None:
    """Forget a change set."""
    store.run("DELETE FROM cloudformation_change_sets WHERE arn = ?", (arn,))


def remove_others(store: Store, stack: str, kept: str) -> None:
    """Forget a stack's change sets but the one that is executed: they no longer fit the stack."""
    store.run("DELETE FROM cloudformation_change_sets WHERE stack = ? AND arn <> ?", (stack, kept))
