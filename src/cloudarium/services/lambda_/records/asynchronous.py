"""How asynchronous events are treated."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class InvokeConfig(NamedTuple):
    """How a function's asynchronous events are treated."""

    qualifier: str
    config_json: str
    modified: float

    @property
    def config(self) -> dict[str, Any]:
        """The settings in AWS's member names."""
        return orjson.loads(self.config_json)


def find_invoke_config(store: Store, scope: Scope, name: str, qualifier: str) -> InvokeConfig | None:
    """The settings of a function's version or alias."""
    sql = "SELECT qualifier, config, modified FROM lambda_invoke_configs WHERE account=? AND region=? AND name=?"
    return store.one(sql + " AND qualifier=?", (*scope, name, qualifier), InvokeConfig)


def invoke_configs(store: Store, scope: Scope, name: str, after: str, limit: int) -> list[InvokeConfig]:
    """All settings of a function, in order of qualifier."""
    sql = "SELECT qualifier, config, modified FROM lambda_invoke_configs WHERE account=? AND region=? AND name=?"
    return store.all(sql + " AND qualifier>? ORDER BY qualifier LIMIT ?", (*scope, name, after, limit), InvokeConfig)


def put_invoke_config(
    store: Store, scope: Scope, name: str, qualifier: str, config: dict[str, Any], now: float
) -> None:
    """Set the settings of a function's version or alias."""
    store.run(
        "INSERT OR REPLACE INTO lambda_invoke_configs VALUES (?, ?, ?, ?, ?, ?)",
        (*scope, name, qualifier, orjson.dumps(config).decode(), now),
    )


def delete_invoke_config(store: Store, scope: Scope, name: str, qualifier: str) -> bool:
    """Take settings away; whether there were any."""
    sql = "DELETE FROM lambda_invoke_configs WHERE account=? AND region=? AND name=? AND qualifier=?"
    return store.run(sql, (*scope, name, qualifier)) > 0
