"""Versions of secrets: sealed values and the staging labels on them."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.store import Store


class Version(NamedTuple):
    """One version; `value` is sealed, None before a rotation has put one. `data` has AWS's member names."""

    id: str
    place: int
    value: bytes | None
    stages: list[str]
    data: dict[str, Any]


_COLUMNS = "id, place, value, stages, data"
_OF = "account = ? AND region = ? AND name = ?"


def _version(row: tuple[Any, ...]) -> Version:
    return Version(row[0], row[1], row[2], orjson.loads(row[3]), orjson.loads(row[4]))


def _place(secret: Secret) -> tuple[str, ...]:
    return (*secret.scope, secret.name)


def find(store: Store, secret: Secret, id: str) -> Version | None:
    """One version of a secret."""
    sql = f"SELECT {_COLUMNS} FROM secretsmanager_versions WHERE {_OF} AND id = ?"
    row = store.one(sql, (*_place(secret), id))
    return row and _version(row)


def every(store: Store, secret: Secret) -> list[Version]:
    """All versions of a secret, the oldest first, with b"" for a value: a hundred of them may be megabytes."""
    sql = f"SELECT id, place, substr(value, 1, 0), stages, data FROM secretsmanager_versions WHERE {_OF} ORDER BY place"
    return [_version(row) for row in store.all(sql, _place(secret))]


def labels(store: Store, secret: Secret) -> dict[str, list[str]]:
    """The staging labels of all versions, the oldest first."""
    sql = f"SELECT id, stages FROM secretsmanager_versions WHERE {_OF} ORDER BY place"
    return {id: orjson.loads(stages) for id, stages in store.all(sql, _place(secret))}


def relabel(store: Store, secret: Secret, id: str, stages: list[str]) -> None:
    """Give a version these labels."""
    sql = f"UPDATE secretsmanager_versions SET stages = ? WHERE {_OF} AND id = ?"
    store.run(sql, (orjson.dumps(stages), *_place(secret), id))


def put(store: Store, secret: Secret, version: Version) -> None:
    """Add a version, or put it as it is now in the place of what was."""
    store.run(
        f"INSERT OR REPLACE INTO secretsmanager_versions (account, region, name, {_COLUMNS})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*_place(secret), *version[:3], orjson.dumps(version.stages), orjson.dumps(version.data)),
    )


def remove(store: Store, secret: Secret, id: str) -> None:
    """Forget a version."""
    store.run(f"DELETE FROM secretsmanager_versions WHERE {_OF} AND id = ?", (*_place(secret), id))
