"""Function URLs."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class FunctionUrl(NamedTuple):
    """The URL of a function or, with a `qualifier`, of an alias; `id` is the first label of its host."""

    id: str
    account: str
    region: str
    name: str
    qualifier: str
    data_json: str
    created: float
    modified: float

    @property
    def scope(self) -> Scope:
        """Where its function lives."""
        return Scope(self.account, self.region)

    @property
    def data(self) -> dict[str, Any]:
        """AuthType, InvokeMode and Cors; a fresh copy each time."""
        return orjson.loads(self.data_json)


def add(store: Store, new: FunctionUrl) -> None:
    """Keep a new URL."""
    store.run("INSERT INTO lambda_urls VALUES (?, ?, ?, ?, ?, ?, ?, ?)", new)


def find(store: Store, scope: Scope, name: str, qualifier: str) -> FunctionUrl | None:
    """The URL of a function or alias."""
    sql = "SELECT * FROM lambda_urls WHERE account=? AND region=? AND name=? AND qualifier=?"
    return store.one(sql, (*scope, name, qualifier), FunctionUrl)


def by_id(store: Store, id: str) -> FunctionUrl | None:
    """The URL with this id."""
    return store.one("SELECT * FROM lambda_urls WHERE id=?", (id,), FunctionUrl)


def of_function(store: Store, scope: Scope, name: str, after: str, limit: int) -> list[FunctionUrl]:
    """All URLs of a function, in order of qualifier, from that of `after` on."""
    sql = (
        "SELECT * FROM lambda_urls WHERE account=? AND region=? AND name=? AND qualifier>=? ORDER BY qualifier LIMIT ?"
    )
    return store.all(sql, (*scope, name, after, limit), FunctionUrl)


def change(store: Store, one: FunctionUrl, data: dict[str, Any], now: float) -> None:
    """Change the settings of a URL."""
    store.run("UPDATE lambda_urls SET data=?, modified=? WHERE id=?", (orjson.dumps(data).decode(), now, one.id))


def remove(store: Store, one: FunctionUrl) -> None:
    """Forget a URL."""
    store.run("DELETE FROM lambda_urls WHERE id=?", (one.id,))
