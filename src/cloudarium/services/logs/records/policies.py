"""Resource policies of log groups."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

POLICIES = "logs policies"  # the store's topic for all resource policies


class ResourcePolicy(NamedTuple):
    """A policy of the account's log groups in one region: which services and accounts may write to them."""

    name: str
    document: str
    updated: int


def resource_policies(store: Store, scope: Scope, after: str = "", limit: int = 100) -> list[ResourcePolicy]:
    """The policies behind a name, by name."""
    sql = (
        "SELECT name, document, updated FROM logs_resource_policies"
        " WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?"
    )
    return store.all(sql, (*scope, after, limit), ResourcePolicy)


def put_resource_policy(store: Store, scope: Scope, policy: ResourcePolicy) -> None:
    """Keep a policy in place of the one of that name."""
    store.run("INSERT OR REPLACE INTO logs_resource_policies VALUES (?, ?, ?, ?, ?)", (*scope, *policy))
    store.changed(POLICIES)


def resource_policies_on(store: Store, text: str) -> list[tuple[Scope, ResourcePolicy]]:
    """Every policy in which a text occurs, and where it holds."""
    sql = "SELECT account, region, name, document, updated FROM logs_resource_policies WHERE instr(document, ?)"
    return [(Scope(row[0], row[1]), ResourcePolicy(*row[2:])) for row in store.all(sql, (text,))]


def remove_resource_policy(store: Store, scope: Scope, name: str) -> bool:
    """Forget a policy; whether there was one."""
    sql = "DELETE FROM logs_resource_policies WHERE account = ? AND region = ? AND name = ?"
    store.changed(POLICIES)
    return bool(store.run(sql, (*scope, name)))
