"""What Parameter Store keeps: parameters and their versions."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class Version(NamedTuple):
    """One version of a parameter; `value` is sealed bytes for a SecureString. `data` has AWS's member names."""

    name: str
    version: int
    value: str | bytes
    labels: list[str]
    data: dict[str, Any]


_VERSION = "name, version, value, labels, data"


def _version(row: tuple[Any, ...]) -> Version:
    return Version(row[0], row[1], row[2], orjson.loads(row[3]), orjson.loads(row[4]))


def latest(store: Store, scope: Scope, name: str) -> Version | None:
    """The newest version of a parameter, None when there is no such parameter."""
    row = store.one(
        f"SELECT {_VERSION} FROM ssm_versions WHERE account = ? AND region = ? AND name = ?"
        " ORDER BY version DESC LIMIT 1",
        (*scope, name),
    )
    return row and _version(row)


def version(store: Store, scope: Scope, name: str, number: int) -> Version | None:
    """One version of a parameter."""
    row = store.one(
        f"SELECT {_VERSION} FROM ssm_versions WHERE account = ? AND region = ? AND name = ? AND version = ?",
        (*scope, name, number),
    )
    return row and _version(row)


def versions(store: Store, scope: Scope, name: str, after: int = 0, limit: int = -1) -> list[Version]:
    """The versions of a parameter behind `after`, the oldest first."""
    rows = store.all(
        f"SELECT {_VERSION} FROM ssm_versions WHERE account = ? AND region = ? AND name = ? AND version > ?"
        " ORDER BY version LIMIT ?",
        (*scope, name, after, limit),
    )
    return [_version(row) for row in rows]


def count(store: Store, scope: Scope, tier: str) -> int:
    """How many parameters of a tier an account has in a region."""
    sql = "SELECT count(*) FROM ssm_parameters WHERE account = ? AND region = ? AND tier = ?"
    return store.one(sql, (*scope, tier))[0]


def names(store: Store, scope: Scope, after: str, first: str = "", last: str = "\U0010ffff") -> list[str]:
    """The names of parameters behind `after`, from `first` up to `last`."""
    rows = store.all(
        "SELECT name FROM ssm_parameters WHERE account = ? AND region = ? AND name > ? AND name >= ? AND name < ?"
        " ORDER BY name",
        (*scope, after, first, last),
    )
    return [row[0] for row in rows]


def add_version(store: Store, scope: Scope, new: Version) -> None:
    """Add the newest version of a parameter, and the parameter itself with its first one."""
    store.run(
        "INSERT OR REPLACE INTO ssm_parameters (account, region, name, latest, tier) VALUES (?, ?, ?, ?, ?)",
        (*scope, new.name, new.version, new.data["Tier"]),
    )
    store.run(
        "INSERT INTO ssm_versions (account, region, name, version, value, labels, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*scope, new.name, new.version, new.value, orjson.dumps(new.labels), orjson.dumps(new.data)),
    )


def set_labels(store: Store, scope: Scope, name: str, number: int, labels: list[str]) -> None:
    """Set the labels of a version."""
    store.run(
        "UPDATE ssm_versions SET labels = ? WHERE account = ? AND region = ? AND name = ? AND version = ?",
        (orjson.dumps(labels), *scope, name, number),
    )


def set_data(store: Store, scope: Scope, of: Version) -> None:
    """Keep what has changed of a version beside its value and labels."""
    store.run(
        "UPDATE ssm_versions SET data = ? WHERE account = ? AND region = ? AND name = ? AND version = ?",
        (orjson.dumps(of.data), *scope, of.name, of.version),
    )


def remove_version(store: Store, scope: Scope, name: str, number: int) -> None:
    """Forget an old version."""
    sql = "DELETE FROM ssm_versions WHERE account = ? AND region = ? AND name = ? AND version = ?"
    store.run(sql, (*scope, name, number))


def remove(store: Store, scope: Scope, name: str) -> bool:
    """Delete a parameter with all its versions; whether there was one."""
    store.run("DELETE FROM ssm_versions WHERE account = ? AND region = ? AND name = ?", (*scope, name))
    sql = "DELETE FROM ssm_parameters WHERE account = ? AND region = ? AND name = ?"
    return store.run(sql, (*scope, name)) > 0
