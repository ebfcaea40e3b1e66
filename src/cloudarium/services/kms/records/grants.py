"""Grants on keys."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.kms.records import TOPIC
from cloudarium.services.kms.records.keys import Key
from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class Grant(NamedTuple):
    """A grant; `grantee` and `retiring` are the principals in its data, whatever their kind, "" for none."""

    key: str
    id: str
    grantee: str
    retiring: str
    data: dict[str, Any]


_GRANT = "key, id, grantee, retiring, data"


def _grants(rows: list[tuple[Any, ...]]) -> list[Grant]:
    return [Grant(row[0], row[1], row[2], row[3], orjson.loads(row[4])) for row in rows]


def find(store: Store, scope: Scope, key: str, id: str) -> Grant | None:
    """The grant of this id on a key."""
    rows = store.all(
        f"SELECT {_GRANT} FROM kms_grants WHERE account = ? AND region = ? AND key = ? AND id = ?", (*scope, key, id)
    )
    found = _grants(rows)
    return found[0] if found else None


def concerning(store: Store, key: Key, names: frozenset[str]) -> list[Grant]:
    """The grants on a key whose grantee or retiring principal goes by one of these names."""
    known = store.known(TOPIC)
    place = ("grants", *key.scope, key.id, names)
    if place not in known:
        marks = ", ".join("?" * len(names))
        rows = store.all(
            f"SELECT {_GRANT} FROM kms_grants WHERE account = ? AND region = ? AND key = ?"
            f" AND (grantee IN ({marks}) OR retiring IN ({marks})) ORDER BY id",
            (*key.scope, key.id, *names, *names),
        )
        known[place] = _grants(rows)
    return known[place]


def page(store: Store, key: Key, after: str, limit: int, id: str = "", grantee: str = "") -> list[Grant]:
    """Up to `limit` grants on a key behind `after`; only the one of this id, or those to this grantee."""
    rows = store.all(
        f"SELECT {_GRANT} FROM kms_grants WHERE account = ? AND region = ? AND key = ? AND id > ?"
        " AND (? = '' OR id = ?) AND (? = '' OR grantee = ?) ORDER BY id LIMIT ?",
        (*key.scope, key.id, after, id, id, grantee, grantee, limit),
    )
    return _grants(rows)


def retirable(store: Store, region: str, retiring: str, after: str, limit: int) -> list[tuple[str, Grant]]:
    """Up to `limit` (account, grant) behind `after` that a principal may retire, whosever the keys are."""
    rows = store.all(
        f"SELECT {_GRANT}, account FROM kms_grants WHERE retiring = ? AND region = ? AND id > ? ORDER BY id LIMIT ?",
        (retiring, region, after, limit),
    )
    return [(row[5], grant) for row, grant in zip(rows, _grants(rows), strict=True)]


def count(store: Store, key: Key) -> int:
    """How many grants a key has."""
    sql = "SELECT count(*) FROM kms_grants WHERE account = ? AND region = ? AND key = ?"
    return store.one(sql, (*key.scope, key.id))[0]


def put(store: Store, scope: Scope, grant: Grant) -> None:
    """Keep a grant."""
    store.run(
        "INSERT OR REPLACE INTO kms_grants (account, region, key, id, grantee, retiring, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*scope, grant.key, grant.id, grant.grantee, grant.retiring, orjson.dumps(grant.data)),
    )
    store.changed(TOPIC)


def remove(store: Store, scope: Scope, key: str, id: str) -> None:
    """Forget a grant."""
    store.run("DELETE FROM kms_grants WHERE account = ? AND region = ? AND key = ? AND id = ?", (*scope, key, id))
    store.changed(TOPIC)


def naming(store: Store, principal: str) -> list[tuple[Scope, Grant]]:
    """The grants that name a principal, with where they are."""
    rows = store.all(
        f"SELECT {_GRANT}, account, region FROM kms_grants WHERE grantee = ? OR retiring = ?", (principal, principal)
    )
    return [(Scope(row[5], row[6]), grant) for row, grant in zip(rows, _grants(rows), strict=True)]
