"""Log groups, and the keys of KMS that they are under."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_GROUP = "id, name, class, created, retention, protected, stored_bytes, next_event, expires"


class Group(NamedTuple):
    """A log group."""

    id: int
    name: str
    log_class: str
    created: int
    retention: int | None
    protected: bool
    stored_bytes: int
    next_event: int
    expires: int | None


def find_group(store: Store, account: str, region: str, name: str) -> Group | None:
    """The group of that name, None when there is none."""
    return store.one(
        f"SELECT {_GROUP} FROM logs_groups WHERE account = ? AND region = ? AND name = ?",
        (account, region, name),
        Group,
    )


def add_group(
    store: Store, account: str, region: str, name: str, log_class: str, created: int, protected: bool
) -> None:
    """Make a group."""
    store.run(
        "INSERT INTO logs_groups (account, region, name, class, created, protected) VALUES (?, ?, ?, ?, ?, ?)",
        (account, region, name, log_class, created, protected),
    )


def groups(
    store: Store,
    account: str,
    region: str,
    *,
    after: str,
    limit: int,
    prefix: str = "",
    part: str = "",
    classes: Collection[str] = (),
) -> list[Group]:
    """Groups by name, behind `after`; `part` is looked for anywhere in the name."""
    sql = f"SELECT {_GROUP} FROM logs_groups WHERE account = ? AND region = ? AND name > ? AND name >= ?"
    params: list[Any] = [account, region, after, prefix]
    if prefix:
        sql += " AND name < ?"
        params.append(prefix + "\U0010ffff")
    if part:
        sql += " AND instr(name, ?)"
        params.append(part)
    if classes:
        sql += f" AND class IN ({', '.join('?' * len(classes))})"
        params += classes
    return store.all(f"{sql} ORDER BY name LIMIT ?", (*params, limit), Group)


def remove_group(store: Store, group: Group) -> None:
    """Delete a group and its streams; its events are left to `drop_events`."""
    store.run("DELETE FROM logs_streams WHERE group_id = ?", (group.id,))
    store.run("DELETE FROM logs_keys WHERE group_id = ?", (group.id,))
    store.run("DELETE FROM logs_groups WHERE id = ?", (group.id,))


class GroupKey(NamedTuple):
    """The key of KMS that a group is under, and the data key that KMS opens."""

    key: str
    sealed: bytes


def key_of(store: Store, group: Group) -> GroupKey | None:
    """The key that a group is under, None for nearly all."""
    return store.one("SELECT key, sealed FROM logs_keys WHERE group_id = ?", (group.id,), GroupKey)


def keys_of(store: Store, groups: Sequence[int]) -> dict[int, str]:
    """The keys of KMS that groups are under, by the groups' ids."""
    marks = ", ".join("?" * len(groups))
    return dict(store.all(f"SELECT group_id, key FROM logs_keys WHERE group_id IN ({marks})", groups))


def set_key(store: Store, group: Group, key: GroupKey | None) -> None:
    """Put a group under a key, None: under none."""
    if key is None:
        store.run("DELETE FROM logs_keys WHERE group_id = ?", (group.id,))
    else:
        store.run("INSERT OR REPLACE INTO logs_keys (group_id, key, sealed) VALUES (?, ?, ?)", (group.id, *key))


def set_retention(store: Store, group: Group, days: int | None) -> None:
    """Keep events for that many days, None: for ever."""
    store.run("UPDATE logs_groups SET retention = ? WHERE id = ?", (days, group.id))


def set_protected(store: Store, group: Group, protected: bool) -> None:
    """Turn deletion protection on or off."""
    store.run("UPDATE logs_groups SET protected = ? WHERE id = ?", (protected, group.id))


def set_expires(store: Store, group: Group, due: int | None) -> None:
    """Remember when the group's expiry timer is due."""
    store.run("UPDATE logs_groups SET expires = ? WHERE id = ?", (due, group.id))


def scope_of(store: Store, group_id: int) -> Scope:
    """Whose a group is."""
    return Scope(*store.one("SELECT account, region FROM logs_groups WHERE id = ?", (group_id,)))


def group_by_id(store: Store, group_id: int) -> Group | None:
    """The group of that id, None when it was deleted."""
    return store.one(f"SELECT {_GROUP} FROM logs_groups WHERE id = ?", (group_id,), Group)
