"""Pools, their signing keys and their clients."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]
_OWNED = (
    "keys", "clients", "users", "aliases", "groups", "members", "codes", "attempts", "sessions", "refresh", "revoked",
    "servers", "domains", "imports", "settings", "providers", "links",
)  # fmt: skip


class Pool(NamedTuple):
    """A user pool; `data` has AWS's own member names."""

    scope: Scope
    id: str
    data: Data

    @property
    def issuer(self) -> str:
        """Who the tokens say that made them."""
        return f"https://cognito-idp.{self.scope.region}.amazonaws.com/{self.id}"

    @property
    def folds(self) -> bool:
        """Whether upper and lower case of names are the same."""
        return not self.data.get("UsernameConfiguration", {}).get("CaseSensitive", True)


class Client(NamedTuple):
    """An app client of a pool."""

    pool: str
    id: str
    data: Data

    @property
    def secret(self) -> str | None:
        """The client's secret, None when it has none."""
        return self.data.get("ClientSecret")

    @property
    def secrets(self) -> list[str]:
        """All secrets that hold: while they are rotated there are two."""
        kept = [one["ClientSecretValue"] for one in self.data.get("_secrets", ())]
        return kept or ([self.secret] if self.secret is not None else [])


class Key(NamedTuple):
    """A signing key of a pool."""

    use: str
    kid: str
    pem: bytes


def _pool(row: tuple[Any, ...]) -> Pool:
    return Pool(Scope(row[0], row[1]), row[2], orjson.loads(row[3]))


def find(store: Store, id: str) -> Pool | None:
    """The pool with this id, wherever it is."""
    row = store.one("SELECT account, region, id, data FROM cognito_idp_pools WHERE id = ?", (id,))
    return row and _pool(row)


def listed(store: Store, scope: Scope) -> list[Pool]:
    """The pools of a scope, in the order of their ids."""
    rows = store.all(
        "SELECT account, region, id, data FROM cognito_idp_pools WHERE account = ? AND region = ? ORDER BY id", scope
    )
    return [_pool(row) for row in rows]


def put(store: Store, pool: Pool) -> None:
    """Add a pool, or change it."""
    store.run(
        "INSERT OR REPLACE INTO cognito_idp_pools (account, region, id, data) VALUES (?, ?, ?, ?)",
        (*pool.scope, pool.id, orjson.dumps(pool.data)),
    )


def remove(store: Store, pool: Pool) -> None:
    """Forget a pool and all that is in it."""
    for name in _OWNED:
        store.run(f"DELETE FROM cognito_idp_{name} WHERE pool = ?", (pool.id,))
    store.run("DELETE FROM cognito_idp_pools WHERE account = ? AND region = ? AND id = ?", (*pool.scope, pool.id))


def count_users(store: Store, id: str) -> int:
    """How many users a pool has."""
    return store.one("SELECT count(*) FROM cognito_idp_users WHERE pool = ?", (id,))[0]


# ---- keys ------------------------------------------------------------------------------------------------------------


def add_key(store: Store, pool: str, key: Key) -> None:
    """Keep a signing key."""
    store.run("INSERT INTO cognito_idp_keys (pool, use, kid, key) VALUES (?, ?, ?, ?)", (pool, *key))


def keys(store: Store, pool: str) -> list[Key]:
    """The signing keys of a pool."""
    return store.all("SELECT use, kid, key FROM cognito_idp_keys WHERE pool = ? ORDER BY use", (pool,), Key)


# ---- clients ---------------------------------------------------------------------------------------------------------


def find_client(store: Store, id: str) -> Client | None:
    """The client with this id, of whatever pool."""
    row = store.one("SELECT pool, id, data FROM cognito_idp_clients WHERE id = ?", (id,))
    return row and Client(row[0], row[1], orjson.loads(row[2]))


def clients(store: Store, pool: str) -> list[Client]:
    """The clients of a pool, in the order of their ids."""
    rows = store.all("SELECT pool, id, data FROM cognito_idp_clients WHERE pool = ? ORDER BY id", (pool,))
    return [Client(row[0], row[1], orjson.loads(row[2])) for row in rows]


def put_client(store: Store, client: Client) -> None:
    """Add a client, or change it."""
    store.run(
        "INSERT OR REPLACE INTO cognito_idp_clients (pool, id, data) VALUES (?, ?, ?)",
        (client.pool, client.id, orjson.dumps(client.data)),
    )


def remove_client(store: Store, client: Client) -> None:
    """Forget a client."""
    store.run("DELETE FROM cognito_idp_clients WHERE pool = ? AND id = ?", (client.pool, client.id))
