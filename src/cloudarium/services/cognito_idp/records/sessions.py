"""What passes: codes that were sent, attempts, sign-ins under way, refresh tokens and what was revoked."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store

Data = dict[str, Any]


class Code(NamedTuple):
    """A code that was sent to a user for a purpose."""

    code: str
    expires: float


def put_code(store: Store, pool: str, user: str, purpose: str, code: Code) -> None:
    """Keep a code; an earlier one for the same purpose is worth nothing from here on."""
    store.run(
        "INSERT OR REPLACE INTO cognito_idp_codes (pool, user, purpose, code, expires) VALUES (?, ?, ?, ?, ?)",
        (pool, user, purpose, *code),
    )


def find_code(store: Store, pool: str, user: str, purpose: str) -> Code | None:
    """The latest code for a purpose."""
    sql = "SELECT code, expires FROM cognito_idp_codes WHERE pool = ? AND user = ? AND purpose = ?"
    return store.one(sql, (pool, user, purpose), Code)


def drop_code(store: Store, pool: str, user: str, purpose: str) -> None:
    """A code is used."""
    store.run("DELETE FROM cognito_idp_codes WHERE pool = ? AND user = ? AND purpose = ?", (pool, user, purpose))


class Attempts(NamedTuple):
    """How often something was tried, and when last (for codes: since when it is counted)."""

    tries: int
    latest: float


def attempts(store: Store, pool: str, user: str, kind: str) -> Attempts:
    """The attempts of a kind that are counted."""
    sql = "SELECT count, latest FROM cognito_idp_attempts WHERE pool = ? AND user = ? AND kind = ?"
    return store.one(sql, (pool, user, kind), Attempts) or Attempts(0, 0.0)


def set_attempts(store: Store, pool: str, user: str, kind: str, found: Attempts) -> None:
    """Count attempts."""
    store.run(
        "INSERT OR REPLACE INTO cognito_idp_attempts (pool, user, kind, count, latest) VALUES (?, ?, ?, ?, ?)",
        (pool, user, kind, *found),
    )


def forget_attempts(store: Store, pool: str, user: str, kind: str) -> None:
    """Begin to count anew."""
    store.run("DELETE FROM cognito_idp_attempts WHERE pool = ? AND user = ? AND kind = ?", (pool, user, kind))


# ---- sign-ins under way ----------------------------------------------------------------------------------------------


def put_session(store: Store, pool: str, id: str, expires: float, data: Data, now: float) -> None:
    """Keep a sign-in that waits for an answer; those that nobody finished in time go."""
    store.run("DELETE FROM cognito_idp_sessions WHERE pool = ? AND expires <= ?", (pool, now))
    store.run(
        "INSERT OR REPLACE INTO cognito_idp_sessions (pool, id, expires, data) VALUES (?, ?, ?, ?)",
        (pool, id, expires, orjson.dumps(data)),
    )


def find_session(store: Store, pool: str, id: str, now: float) -> Data | None:
    """What is known of a sign-in that still may be answered."""
    row = store.one("SELECT data FROM cognito_idp_sessions WHERE pool = ? AND id = ? AND expires > ?", (pool, id, now))
    return row and orjson.loads(row[0])


def find_session_anywhere(store: Store, id: str, now: float) -> tuple[str, Data] | None:
    """(pool, what is known) of a sign-in that names no client."""
    row = store.one("SELECT pool, data FROM cognito_idp_sessions WHERE id = ? AND expires > ?", (id, now))
    return row and (row[0], orjson.loads(row[1]))


def drop_session(store: Store, pool: str, id: str) -> bool:
    """A session is used; whether it was there."""
    return store.run("DELETE FROM cognito_idp_sessions WHERE pool = ? AND id = ?", (pool, id)) > 0


# ---- refresh tokens --------------------------------------------------------------------------------------------------


class Refresh(NamedTuple):
    """A refresh token: `id` is its digest, `origin` its sign-in. `data`: client, auth_time, scope, rotated."""

    pool: str
    id: str
    origin: str
    user: str
    expires: float
    data: Data


_REFRESH = "pool, id, origin, user, expires, data"


def put_refresh(store: Store, token: Refresh, now: float) -> None:
    """Keep a refresh token, or change it; the user's expired ones go."""
    sql = "DELETE FROM cognito_idp_refresh WHERE pool = ? AND user = ? AND expires <= ?"
    store.run(sql, (token.pool, token.user, now))
    store.run(
        f"INSERT OR REPLACE INTO cognito_idp_refresh ({_REFRESH}) VALUES (?, ?, ?, ?, ?, ?)",
        (*token[:5], orjson.dumps(token.data)),
    )


def find_refresh(store: Store, pool: str, id: str) -> Refresh | None:
    """The refresh token with that digest."""
    row = store.one(f"SELECT {_REFRESH} FROM cognito_idp_refresh WHERE pool = ? AND id = ?", (pool, id))
    if row is None:
        return None
    pool, id, origin, user, expires, data = row
    return Refresh(pool, id, origin, user, expires, orjson.loads(data))


def origins(store: Store, pool: str, user: str) -> list[str]:
    """The sign-ins of a user of which refresh tokens are kept."""
    sql = "SELECT DISTINCT origin FROM cognito_idp_refresh WHERE pool = ? AND user = ?"
    return [row[0] for row in store.all(sql, (pool, user))]


def revoke(store: Store, pool: str, origin: str, expires: float, now: float) -> None:
    """Take back all tokens of a sign-in; it is remembered until the last of them would have expired."""
    sql = f"SELECT {_REFRESH} FROM cognito_idp_refresh WHERE pool = ? AND origin = ?"
    for row in store.all(sql, (pool, origin)):
        kept = Refresh(*row)
        put_refresh(store, kept._replace(data={**orjson.loads(row[5]), "revoked": True}), now)
    store.run("DELETE FROM cognito_idp_revoked WHERE pool = ? AND expires <= ?", (pool, now))
    store.run(
        "INSERT OR REPLACE INTO cognito_idp_revoked (pool, origin, expires) VALUES (?, ?, ?)", (pool, origin, expires)
    )


def is_revoked(store: Store, pool: str, origin: str) -> bool:
    """Whether the tokens of a sign-in were taken back."""
    return store.one("SELECT 1 FROM cognito_idp_revoked WHERE pool = ? AND origin = ?", (pool, origin)) is not None
