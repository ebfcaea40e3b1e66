"""Data protection policies of groups and accounts, and the masked messages of the events that they found data in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from cloudarium.services.logs.records.filters import FILTERS
from cloudarium.services.logs.records.groups import Group
from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class KeptPolicy(NamedTuple):
    """The policy of a group; a document of None was deleted."""

    document: str | None
    updated: int


class AccountPolicy(NamedTuple):
    """A policy for all groups of an account in a region."""

    name: str
    document: str
    updated: int


def group_policy(store: Store, group_id: int) -> KeptPolicy | None:
    """The policy of a group, None when it never had one."""
    sql = "SELECT document, updated FROM logs_data_protection WHERE group_id = ?"
    return store.one(sql, (group_id,), KeptPolicy)


def group_policies(store: Store, groups: Sequence[int]) -> dict[int, KeptPolicy]:
    """The policies of groups, by the groups' ids."""
    marks = ", ".join("?" * len(groups))
    sql = f"SELECT group_id, document, updated FROM logs_data_protection WHERE group_id IN ({marks})"
    return {row[0]: KeptPolicy(*row[1:]) for row in store.all(sql, groups)}


def put_group_policy(store: Store, group: Group, policy: KeptPolicy) -> None:
    """Keep a policy in place of the group's present one."""
    store.run("INSERT OR REPLACE INTO logs_data_protection VALUES (?, ?, ?)", (group.id, *policy))
    store.changed(FILTERS)


def account_policies(store: Store, scope: Scope) -> list[AccountPolicy]:
    """The data protection policies of an account in a region, by name."""
    sql = "SELECT name, document, updated FROM logs_account_protection WHERE account = ? AND region = ? ORDER BY name"
    return store.all(sql, scope, AccountPolicy)


def put_account_policy(store: Store, scope: Scope, policy: AccountPolicy) -> None:
    """Keep an account's policy in place of the one of that name."""
    store.run("INSERT OR REPLACE INTO logs_account_protection VALUES (?, ?, ?, ?, ?)", (*scope, *policy))
    store.changed(FILTERS)


def remove_account_policy(store: Store, scope: Scope, name: str) -> bool:
    """Forget an account's policy; whether there was one."""
    store.changed(FILTERS)
    sql = "DELETE FROM logs_account_protection WHERE account = ? AND region = ? AND name = ?"
    return bool(store.run(sql, (*scope, name)))


def any_masked(store: Store, groups: Collection[int]) -> bool:
    """Whether events of one of the groups have masked messages."""
    sql = "SELECT 1 FROM logs_masks WHERE group_id = ? LIMIT 1"
    return any(store.one(sql, (group,)) is not None for group in groups)
