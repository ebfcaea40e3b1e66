"""Rows of exported outputs and of who imports them."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class Export(NamedTuple):
    """One exported output."""

    name: str
    value: str
    stack: str


def find(store: Store, scope: Scope, name: str) -> Export | None:
    """The export of this name."""
    return store.one(
        "SELECT name, value, stack FROM cloudformation_exports WHERE account = ? AND region = ? AND name = ?",
        (*scope, name),
        Export,
    )


def page(store: Store, scope: Scope, after: str, limit: int) -> list[Export]:
    """Exports by name, those after `after`."""
    return store.all(
        "SELECT name, value, stack FROM cloudformation_exports WHERE account = ? AND region = ? AND name > ?"
        " ORDER BY name LIMIT ?",
        (*scope, after, limit),
        Export,
    )


def of(store: Store, stack: str) -> list[Export]:
    """The exports of a stack."""
    return store.all("SELECT name, value, stack FROM cloudformation_exports WHERE stack = ?", (stack,), Export)


def replace(store: Store, scope: Scope, stack: str, exports: dict[str, str]) -> None:
    """Record what a stack exports from here on."""
    store.run("DELETE FROM cloudformation_exports WHERE stack = ?", (stack,))
    for name, value in exports.items():
        store.run("INSERT INTO cloudformation_exports VALUES (?, ?, ?, ?, ?)", (*scope, name, value, stack))


def importers(store: Store, scope: Scope, name: str, after: str = "", limit: int = 1_000_000) -> list[str]:
    """The names of the stacks that import `name`, those after `after`."""
    rows = store.all(
        "SELECT DISTINCT s.name FROM cloudformation_imports i JOIN cloudformation_stacks s ON s.arn = i.stack"
        " WHERE i.account = ? AND i.region = ? AND i.name = ? AND s.name > ? ORDER BY s.name LIMIT ?",
        (*scope, name, after, limit),
    )
    return [row[0] for row in rows]


def replace_imports(store: Store, scope: Scope, stack: str, names: set[str]) -> None:
    """Record what a stack imports from here on."""
    store.run("DELETE FROM cloudformation_imports WHERE stack = ?", (stack,))
    for name in sorted(names):
        store.run("INSERT INTO cloudformation_imports VALUES (?, ?, ?, ?)", (*scope, name, stack))
