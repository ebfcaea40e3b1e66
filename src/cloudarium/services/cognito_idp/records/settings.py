"""What pools and clients have beside their own settings, by its kind."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.store import Store

Data = dict[str, Any]


def find(store: Store, pool: str, kind: str, id: str = "") -> Data | None:
    """What a pool has of a kind by that id."""
    row = store.one("SELECT data FROM cognito_idp_settings WHERE pool = ? AND kind = ? AND id = ?", (pool, kind, id))
    return row and orjson.loads(row[0])


def put(store: Store, pool: str, kind: str, data: Data, id: str = "") -> None:
    """Keep something of a kind."""
    sql = "INSERT OR REPLACE INTO cognito_idp_settings (pool, kind, id, data) VALUES (?, ?, ?, ?)"
    store.run(sql, (pool, kind, id, orjson.dumps(data)))


def listed(store: Store, pool: str, kind: str) -> list[Data]:
    """What a pool has of a kind, in the order of the ids."""
    sql = "SELECT data FROM cognito_idp_settings WHERE pool = ? AND kind = ? ORDER BY id"
    return [orjson.loads(row[0]) for row in store.all(sql, (pool, kind))]


def remove(store: Store, pool: str, kind: str, id: str) -> None:
    """Forget something of a kind."""
    store.run("DELETE FROM cognito_idp_settings WHERE pool = ? AND kind = ? AND id = ?", (pool, kind, id))


def remove_of_client(store: Store, pool: str, client: str) -> None:
    """Forget what a client has."""
    for id, data in store.all("SELECT id, data FROM cognito_idp_settings WHERE pool = ?", (pool,)):
        if orjson.loads(data).get("ClientId") == client:
            store.run("DELETE FROM cognito_idp_settings WHERE pool = ? AND id = ?", (pool, id))
