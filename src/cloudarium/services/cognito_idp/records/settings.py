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
