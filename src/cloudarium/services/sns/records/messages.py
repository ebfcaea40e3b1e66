"""Text messages and what belongs to them, and the key by which messages are signed."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

ATTRIBUTES, SANDBOX, OPTED_OUT, REMOVED = "attributes", "sandbox", "opted out", "removed"
MOST_KEPT = 10_000  # text messages; the oldest go


class Sms(NamedTuple):
    """A text message in the box."""

    place: int
    id: str
    account: str
    region: str
    phone: str
    sent: float
    data: dict[str, Any]


def get(store: Store, scope: Scope, kind: str, name: str) -> dict[str, Any] | None:
    """A setting of an account's SMS."""
    row = store.one(
        "SELECT data FROM sns_kept WHERE account = ? AND region = ? AND kind = ? AND name = ?",
        (*scope, kind, name),
    )
    return None if row is None else orjson.loads(row[0])


def named(store: Store, kind: str, name: str) -> dict[str, Any] | None:
    """A setting by a name that is nobody else's, such as a token, of whatever account."""
    row = store.one("SELECT data FROM sns_kept WHERE kind = ? AND name = ?", (kind, name))
    return None if row is None else orjson.loads(row[0])


def put(store: Store, scope: Scope, kind: str, name: str, data: dict[str, Any]) -> None:
    """Keep a setting."""
    values = (*scope, kind, name, orjson.dumps(data).decode())
    store.run("INSERT OR REPLACE INTO sns_kept VALUES (?, ?, ?, ?, ?)", values)


def drop(store: Store, scope: Scope, kind: str, name: str) -> bool:
    """Forget a setting; whether there was one."""
    sql = "DELETE FROM sns_kept WHERE account = ? AND region = ? AND kind = ? AND name = ?"
    return bool(store.run(sql, (*scope, kind, name)))


def drop_expired(store: Store, scope: Scope, kind: str, now: float) -> None:
    """Forget what is no longer wanted of a kind that expires."""
    sql = "DELETE FROM sns_kept WHERE account = ? AND region = ? AND kind = ? AND json_extract(data, '$.Expires') < ?"
    store.run(sql, (*scope, kind, now))


def listed(store: Store, scope: Scope, kind: str, after: str, limit: int) -> list[tuple[str, dict[str, Any]]]:
    """The settings of a kind behind a name."""
    rows = store.all(
        "SELECT name, data FROM sns_kept WHERE account = ? AND region = ? AND kind = ? AND name > ?"
        " ORDER BY name LIMIT ?",
        (*scope, kind, after, limit),
    )
    return [(name, orjson.loads(data)) for name, data in rows]


def add(store: Store, scope: Scope, id: str, phone: str, sent: float, data: dict[str, Any]) -> None:
    """Put a text message into the box; one that is there already stays."""
    store.run(
        "INSERT OR IGNORE INTO sns_sms (id, account, region, phone, sent, data) VALUES (?, ?, ?, ?, ?, ?)",
        (id, *scope, phone, sent, orjson.dumps(data).decode()),
    )
    store.run("DELETE FROM sns_sms WHERE place <= (SELECT max(place) FROM sns_sms) - ?", (MOST_KEPT,))


def newest(store: Store, wanted: dict[str, str], limit: int) -> list[Sms]:
    """The newest text messages; `wanted` has phone, account and region to narrow by."""
    names = [name for name in ("phone", "account", "region") if name in wanted]
    where = " AND ".join(f"{name} = ?" for name in names) or "1"
    sql = f"SELECT place, id, account, region, phone, sent, data FROM sns_sms WHERE {where} ORDER BY place DESC LIMIT ?"
    return [
        Sms._make((*row[:6], orjson.loads(row[6])))
        for row in store.all(sql, (*(wanted[name] for name in names), limit))
    ]


def clear(store: Store) -> None:
    """Empty the box."""
    store.run("DELETE FROM sns_sms")


# ---- Signing ---------------------------------------------------------------------------------------------------------


class Signing(NamedTuple):
    """A signing key and its certificate, both as PEM; the id names the certificate's file."""

    id: str
    made: float
    key: bytes
    certificate: bytes


def signing(store: Store) -> Signing | None:
    """The newest signing key of this cloud."""
    found: Signing | None = store.one(
        "SELECT id, made, key, certificate FROM sns_signing ORDER BY made DESC", (), Signing
    )
    return found


def certificate(store: Store, id: str) -> bytes | None:
    """The certificate of an id."""
    row = store.one("SELECT certificate FROM sns_signing WHERE id = ?", (id,))
    return None if row is None else row[0]


def keep_signing(store: Store, new: Signing) -> None:
    """Keep a signing key."""
    store.run("INSERT OR IGNORE INTO sns_signing VALUES (?, ?, ?, ?)", new)
