"""Rows of stacks."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_COLUMNS = "account, region, arn, name, status, reason, created, updated, deleted, parent, detail, template, processed"


class Stack(NamedTuple):
    """One stack; `detail` is what was asked for (parameters, tags, role, …) and its outputs."""

    account: str
    region: str
    arn: str
    name: str
    status: str
    reason: str | None
    created: float
    updated: float | None
    deleted: float | None
    parent: str | None
    detail: dict[str, Any]
    template: str
    processed: dict[str, Any]

    @property
    def scope(self) -> Scope:
        """Whose and where."""
        return Scope(self.account, self.region)


def _decoded(row: Any) -> Stack:
    *plain, detail, template, processed = row
    return Stack._make([*plain, orjson.loads(detail), template, orjson.loads(processed)])


def find(store: Store, scope: Scope, name: str) -> Stack | None:
    """The stack with this ARN, deleted or not, or the live one with this name."""
    column, live = ("arn", "") if name.startswith("arn:") else ("name", " AND deleted IS NULL")
    row = store.one(
        f"SELECT {_COLUMNS} FROM cloudformation_stacks WHERE account = ? AND region = ? AND {column} = ?{live}",
        (*scope, name),
    )
    return _decoded(row) if row else None


def arn_of(store: Store, scope: Scope, name: str) -> str | None:
    """The ARN of the live stack with this name."""
    row = store.one(
        "SELECT arn FROM cloudformation_stacks WHERE account = ? AND region = ? AND name = ? AND deleted IS NULL",
        (*scope, name),
    )
    return row[0] if row else None


def page(store: Store, scope: Scope, live: bool, after: tuple[float, str] | None, limit: int) -> list[Stack]:
    """Stacks, the newest first, those after (created, arn)."""
    created, arn = after or (float("inf"), "")
    rows = store.all(
        f"SELECT {_COLUMNS} FROM cloudformation_stacks WHERE account = ? AND region = ?"
        + (" AND deleted IS NULL" if live else "")
        + " AND (created, arn) < (?, ?) ORDER BY created DESC, arn DESC LIMIT ?",
        (*scope, created, arn, limit),
    )
    return [_decoded(row) for row in rows]


def children(store: Store, parent: str) -> list[str]:
    """The ARNs of the live stacks nested in `parent`."""
    rows = store.all("SELECT arn FROM cloudformation_stacks WHERE parent = ? AND deleted IS NULL", (parent,))
    return [row[0] for row in rows]


def add(store: Store, stack: Stack) -> None:
    """Record a new stack."""
    store.run(
        f"INSERT INTO cloudformation_stacks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*stack[:10], _json(stack.detail), stack.template, _json(stack.processed)),
    )


def set_status(store: Store, arn: str, status: str, reason: str | None) -> None:
    """Move a stack to a status."""
    store.run("UPDATE cloudformation_stacks SET status = ?, reason = ? WHERE arn = ?", (status, reason, arn))


def set_updated(store: Store, arn: str, moment: float) -> None:
    """Record when an update began."""
    store.run("UPDATE cloudformation_stacks SET updated = ? WHERE arn = ?", (moment, arn))


def set_deleted(store: Store, arn: str, moment: float) -> None:
    """Record when the stack ceased to be; its name is free from here on."""
    store.run("UPDATE cloudformation_stacks SET deleted = ? WHERE arn = ?", (moment, arn))


def set_detail(store: Store, arn: str, detail: dict[str, Any]) -> None:
    """Record what the stack is made of."""
    store.run("UPDATE cloudformation_stacks SET detail = ? WHERE arn = ?", (_json(detail), arn))


def set_template(store: Store, arn: str, template: str, processed: dict[str, Any]) -> None:
    """Record the template that the stack follows from here on."""
    store.run(
        "UPDATE cloudformation_stacks SET template = ?, processed = ? WHERE arn = ?",
        (template, _json(processed), arn),
    )


def forget(store: Store, arn: str) -> None:
    """Take away a stack that never came to be (a change set's REVIEW_IN_PROGRESS stack)."""
    store.run("DELETE FROM cloudformation_stacks WHERE arn = ?", (arn,))


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
