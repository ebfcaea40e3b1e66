"""Code signing configurations, and the functions that they are for."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class SigningConfig(NamedTuple):
    """A code signing configuration; `data` has Description, AllowedPublishers and CodeSigningPolicies."""

    account: str
    region: str
    id: str
    data_json: str
    modified: float

    @property
    def scope(self) -> Scope:
        """Where it lives."""
        return Scope(self.account, self.region)

    @property
    def data(self) -> dict[str, Any]:
        """What it says."""
        return orjson.loads(self.data_json)


_PLACE = "account=? AND region=?"


def find(store: Store, scope: Scope, id: str) -> SigningConfig | None:
    """A configuration by its id."""
    return store.one(f"SELECT * FROM lambda_signing WHERE {_PLACE} AND id=?", (*scope, id), SigningConfig)


def put(store: Store, scope: Scope, id: str, data: dict[str, Any], now: float) -> None:
    """Make or change a configuration."""
    text = orjson.dumps(data).decode()
    store.run("INSERT OR REPLACE INTO lambda_signing VALUES (?, ?, ?, ?, ?)", (*scope, id, text, now))


def all_of(store: Store, scope: Scope, after: str, limit: int) -> list[SigningConfig]:
    """The configurations of an account in a region, in order, from behind `after`."""
    sql = f"SELECT * FROM lambda_signing WHERE {_PLACE} AND id>? ORDER BY id LIMIT ?"
    return store.all(sql, (*scope, after, limit), SigningConfig)


def remove(store: Store, one: SigningConfig) -> None:
    """Delete a configuration."""
    store.run(f"DELETE FROM lambda_signing WHERE {_PLACE} AND id=?", one[:3])


def of_function(store: Store, scope: Scope, name: str) -> SigningConfig | None:
    """The configuration that a function's packages are checked against."""
    row = store.one(f"SELECT config FROM lambda_signed WHERE {_PLACE} AND name=?", (*scope, name))
    return find(store, scope, row[0]) if row is not None else None


def assign(store: Store, scope: Scope, name: str, id: str) -> None:
    """Have a function's packages checked against a configuration; against none when `id` is empty."""
    if id:
        store.run("INSERT OR REPLACE INTO lambda_signed VALUES (?, ?, ?, ?)", (*scope, name, id))
    else:
        store.run(f"DELETE FROM lambda_signed WHERE {_PLACE} AND name=?", (*scope, name))


def functions(store: Store, scope: Scope, id: str, after: str = "", limit: int = -1) -> list[str]:
    """The names of the functions that a configuration is for, in order, from behind `after`."""
    sql = f"SELECT name FROM lambda_signed WHERE {_PLACE} AND config=? AND name>? ORDER BY name LIMIT ?"
    return [name for (name,) in store.all(sql, (*scope, id, after, limit))]
