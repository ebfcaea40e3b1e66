"""Functions in which recursive loops are allowed."""

from __future__ import annotations

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_PLACE = "account=? AND region=? AND name=?"


def allowed(store: Store, scope: Scope, name: str) -> bool:
    """May a function be part of a loop?"""
    return store.one(f"SELECT 1 FROM lambda_recursion WHERE {_PLACE}", (*scope, name)) is not None


def allow(store: Store, scope: Scope, name: str, may: bool) -> None:
    """Allow loops of a function, or have them stopped."""
    if may:
        store.run("INSERT OR IGNORE INTO lambda_recursion VALUES (?, ?, ?)", (*scope, name))
    else:
        store.run(f"DELETE FROM lambda_recursion WHERE {_PLACE}", (*scope, name))
