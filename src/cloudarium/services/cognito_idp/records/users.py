"""Users, the other names they sign in by, and their groups."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store

Data = dict[str, Any]


class User(NamedTuple):
    """A user of a pool: `data` has its attributes, the password's verifier and what it signs in with beside that."""

    pool: str
    key: str
    username: str
    sub: str
    status: str
    enabled: bool
    created: float
    modified: float
    data: Data

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes by name, sub first."""
        return self.data["attributes"]

    def with_attributes(self, **changes: str) -> User:
        """The user with some attributes set."""
        return self.with_data(attributes={**self.attributes, **changes})

    def with_data(self, **changes: Any) -> User:
        """The user with some of its data replaced."""
        return self._replace(data={**self.data, **changes})


_USER = "pool, key, username, sub, status, enabled, created, modified, data"


def _user(row: tuple[Any, ...]) -> User:
    pool, key, username, sub, status, enabled, created, modified, data = row
    return User(pool, key, username, sub, status, bool(enabled), created, modified, orjson.loads(data))


def find(store: Store, pool: str, key: str) -> User | None:
    """The user with that name."""
    row = store.one(f"SELECT {_USER} FROM cognito_idp_users WHERE pool = ? AND key = ?", (pool, key))
    return row and _user(row)


def find_by_sub(store: Store, pool: str, sub: str) -> User | None:
    """The user with that sub."""
    row = store.one(f"SELECT {_USER} FROM cognito_idp_users WHERE pool = ? AND sub = ?", (pool, sub))
    return row and _user(row)


def find_by_alias(store: Store, pool: str, kind: str, value: str) -> User | None:
    """The user who signs in by that address or preferred name."""
    sql = "SELECT user FROM cognito_idp_aliases WHERE pool = ? AND kind = ? AND value = ?"
    row = store.one(sql, (pool, kind, value))
    return row and find(store, pool, row[0])


def listed(store: Store, pool: str, after: str = "", limit: int = -1) -> list[User]:
    """The users of a pool behind a name, in the order of their names."""
    rows = store.all(
        f"SELECT {_USER} FROM cognito_idp_users WHERE pool = ? AND key > ? ORDER BY key LIMIT ?", (pool, after, limit)
    )
    return [_user(row) for row in rows]


def put(store: Store, user: User) -> None:
    """Add a user, or change it."""
    row = (*user[:5], int(user.enabled), user.created, user.modified, orjson.dumps(user.data))
    store.run(f"INSERT OR REPLACE INTO cognito_idp_users ({_USER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def remove(store: Store, user: User) -> None:
    """Forget a user with all that belongs to it."""
    for table in ("aliases", "members", "codes", "attempts", "refresh", "links"):
        store.run(f"DELETE FROM cognito_idp_{table} WHERE pool = ? AND user = ?", (user.pool, user.key))
    store.run("DELETE FROM cognito_idp_users WHERE pool = ? AND key = ?", (user.pool, user.key))


def set_aliases(store: Store, user: User, aliases: dict[str, str]) -> None:
    """Make these the other names of a user; whoever had one of them loses it."""
    store.run("DELETE FROM cognito_idp_aliases WHERE pool = ? AND user = ?", (user.pool, user.key))
    for kind, value in aliases.items():
        store.run(
            "INSERT OR REPLACE INTO cognito_idp_aliases (pool, kind, value, user) VALUES (?, ?, ?, ?)",
            (user.pool, kind, value, user.key),
        )


# ---- groups ----------------------------------------------------------------------------------------------------------


class Group(NamedTuple):
    """A group of a pool; `data` has AWS's own member names."""

    pool: str
    name: str
    data: Data


def find_group(store: Store, pool: str, name: str) -> Group | None:
    """The group with that name."""
    row = store.one("SELECT pool, name, data FROM cognito_idp_groups WHERE pool = ? AND name = ?", (pool, name))
    return row and Group(row[0], row[1], orjson.loads(row[2]))


def groups(store: Store, pool: str) -> list[Group]:
    """The groups of a pool, in the order of their names."""
    rows = store.all("SELECT pool, name, data FROM cognito_idp_groups WHERE pool = ? ORDER BY name", (pool,))
    return [Group(row[0], row[1], orjson.loads(row[2])) for row in rows]


def put_group(store: Store, group: Group) -> None:
    """Add a group, or change it."""
    store.run(
        "INSERT OR REPLACE INTO cognito_idp_groups (pool, name, data) VALUES (?, ?, ?)",
        (group.pool, group.name, orjson.dumps(group.data)),
    )


def remove_group(store: Store, group: Group) -> None:
    """Forget a group; its members stay users."""
    store.run("DELETE FROM cognito_idp_members WHERE pool = ? AND name = ?", (group.pool, group.name))
    store.run("DELETE FROM cognito_idp_groups WHERE pool = ? AND name = ?", (group.pool, group.name))


def join(store: Store, group: Group, user: User) -> None:
    """Put a user into a group; twice is once."""
    sql = "INSERT OR IGNORE INTO cognito_idp_members (pool, name, user) VALUES (?, ?, ?)"
    store.run(sql, (group.pool, group.name, user.key))


def leave(store: Store, group: Group, user: User) -> None:
    """Take a user out of a group."""
    sql = "DELETE FROM cognito_idp_members WHERE pool = ? AND name = ? AND user = ?"
    store.run(sql, (group.pool, group.name, user.key))


def groups_of(store: Store, user: User) -> list[Group]:
    """The groups of a user, in the order of their names."""
    rows = store.all(
        "SELECT pool, name, data FROM cognito_idp_groups WHERE pool = ? AND name IN"
        " (SELECT name FROM cognito_idp_members WHERE pool = ? AND user = ?) ORDER BY name",
        (user.pool, user.pool, user.key),
    )
    return [Group(row[0], row[1], orjson.loads(row[2])) for row in rows]


def members(store: Store, group: Group) -> list[User]:
    """The users in a group, in the order of their names."""
    rows = store.all(
        f"SELECT {_USER} FROM cognito_idp_users WHERE pool = ? AND key IN"
        " (SELECT user FROM cognito_idp_members WHERE pool = ? AND name = ?) ORDER BY key",
        (group.pool, group.pool, group.name),
    )
    return [_user(row) for row in rows]
