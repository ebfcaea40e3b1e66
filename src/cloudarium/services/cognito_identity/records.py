"""What identity pools keep: pools, identities, who those are elsewhere, and the key that signs tokens."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]
_POOL = "account, region, id, data"
_IDENTITY = "pool, id, created, modified, disabled"


class Pool(NamedTuple):
    """An identity pool; `data` has AWS's own member names, roles and tag maps included."""

    scope: Scope
    id: str
    data: Data


class Identity(NamedTuple):
    """An identity of a pool."""

    pool: str
    id: str
    created: float
    modified: float
    disabled: int = 0


class Login(NamedTuple):
    """Who an identity is elsewhere."""

    provider: str
    subject: str


# ---- pools -----------------------------------------------------------------------------------------------------------


def _pool(row: tuple[Any, ...]) -> Pool:
    return Pool(Scope(row[0], row[1]), row[2], orjson.loads(row[3]))


def find_pool(store: Store, id: str) -> Pool | None:
    """The pool with this id, wherever it is."""
    row = store.one(f"SELECT {_POOL} FROM cognito_identity_pools WHERE id = ?", (id,))
    return row and _pool(row)


def pools(store: Store, scope: Scope) -> list[Pool]:
    """The pools of a scope, in the order of their ids."""
    sql = f"SELECT {_POOL} FROM cognito_identity_pools WHERE account = ? AND region = ? ORDER BY id"
    return [_pool(row) for row in store.all(sql, scope)]


def put_pool(store: Store, pool: Pool) -> None:
    """Add a pool, or change it."""
    sql = "INSERT OR REPLACE INTO cognito_identity_pools (account, region, id, data) VALUES (?, ?, ?, ?)"
    store.run(sql, (*pool.scope, pool.id, orjson.dumps(pool.data)))


def remove_pool(store: Store, pool: Pool) -> None:
    """Forget a pool and its identities."""
    store.run("DELETE FROM cognito_identity_logins WHERE pool = ?", (pool.id,))
    store.run("DELETE FROM cognito_identity_identities WHERE pool = ?", (pool.id,))
    sql = "DELETE FROM cognito_identity_pools WHERE account = ? AND region = ? AND id = ?"
    store.run(sql, (*pool.scope, pool.id))


# ---- identities ------------------------------------------------------------------------------------------------------


def find_identity(store: Store, id: str) -> Identity | None:
    """The identity with this id, of whatever pool."""
    return store.one(f"SELECT {_IDENTITY} FROM cognito_identity_identities WHERE id = ?", (id,), Identity)


def identities(store: Store, pool: str, after: str, most: int, disabled: bool) -> list[Identity]:
    """At most so many identities of a pool whose ids come after one; with `disabled`, those that are as well."""
    sql = f"SELECT {_IDENTITY} FROM cognito_identity_identities WHERE pool = ? AND id > ? AND disabled <= ?"
    return store.all(f"{sql} ORDER BY id LIMIT ?", (pool, after, int(disabled), most), Identity)


def put_identity(store: Store, identity: Identity) -> None:
    """Add an identity, or change it."""
    sql = f"INSERT OR REPLACE INTO cognito_identity_identities ({_IDENTITY}) VALUES (?, ?, ?, ?, ?)"
    store.run(sql, identity)


def remove_identity(store: Store, identity: Identity) -> None:
    """Forget an identity and its logins."""
    where = (identity.pool, identity.id)
    store.run("DELETE FROM cognito_identity_logins WHERE pool = ? AND identity = ?", where)
    store.run("DELETE FROM cognito_identity_identities WHERE pool = ? AND id = ?", where)


# ---- logins ----------------------------------------------------------------------------------------------------------


def logins(store: Store, identity: Identity) -> list[Login]:
    """Who an identity is elsewhere, in order."""
    sql = "SELECT provider, subject FROM cognito_identity_logins WHERE pool = ? AND identity = ?"
    return store.all(f"{sql} ORDER BY provider, subject", (identity.pool, identity.id), Login)


def identity_of(store: Store, pool: str, login: Login) -> Identity | None:
    """The identity of a pool that has this login."""
    sql = "SELECT identity FROM cognito_identity_logins WHERE pool = ? AND provider = ? AND subject = ?"
    row = store.one(sql, (pool, *login))
    return row and find_identity(store, row[0])


def link(store: Store, identity: Identity, login: Login) -> None:
    """Give an identity a login, which is nobody else's from then on."""
    sql = "INSERT OR REPLACE INTO cognito_identity_logins (pool, provider, subject, identity) VALUES (?, ?, ?, ?)"
    store.run(sql, (identity.pool, *login, identity.id))


def unlink(store: Store, pool: str, login: Login) -> None:
    """Take a login away from the identity that has it."""
    sql = "DELETE FROM cognito_identity_logins WHERE pool = ? AND provider = ? AND subject = ?"
    store.run(sql, (pool, *login))


# ---- the key ---------------------------------------------------------------------------------------------------------


def find_key(store: Store) -> tuple[str, bytes] | None:
    """(id, PEM) of the signing key, None as long as there is none."""
    return store.one("SELECT kid, key FROM cognito_identity_keys ORDER BY kid LIMIT 1", ())


def add_key(store: Store, kid: str, pem: bytes) -> None:
    """Keep the signing key."""
    store.run("INSERT INTO cognito_identity_keys (kid, key) VALUES (?, ?)", (kid, pem))
