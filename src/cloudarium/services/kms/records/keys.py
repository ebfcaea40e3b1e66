"""Keys, and the versions of their material."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.kms.records import TOPIC
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class Key(NamedTuple):
    """A key; `data` has AWS's member names and is never changed in place."""

    account: str
    region: str
    id: str
    data: dict[str, Any]
    policy: str

    @property
    def scope(self) -> Scope:
        """Whose it is and where."""
        return Scope(self.account, self.region)

    @property
    def arn(self) -> str:
        """Its ARN; its tags are kept under it."""
        return arn.make("kms", self.scope, f"key/{self.id}")

    @property
    def spec(self) -> str:
        """Its spec, such as SYMMETRIC_DEFAULT."""
        return self.data["KeySpec"]

    @property
    def usage(self) -> str:
        """Its usage, such as ENCRYPT_DECRYPT."""
        return self.data["KeyUsage"]

    @property
    def state(self) -> str:
        """Its state, such as Enabled."""
        return self.data["KeyState"]


class Material(NamedTuple):
    """One version of a key's material; `sealed` None: it was deleted, or has yet to be imported."""

    number: int
    id: str
    sealed: bytes | None
    made: float
    data: dict[str, Any]


def find(store: Store, scope: Scope, id: str) -> Key | None:
    """The key of this id in an account and region."""
    known = store.known(TOPIC)
    place = (scope.account, scope.region, id)
    if place not in known:
        sql = "SELECT data, policy FROM kms_keys WHERE account = ? AND region = ? AND id = ?"
        row = store.one(sql, place)
        known[place] = row and Key(*place, orjson.loads(row[0]), row[1])
    return known[place]


def find_anywhere(store: Store, region: str, id: str) -> Key | None:
    """The key of this id in a region, whichever account's it is."""
    known = store.known(TOPIC)
    place = (region, id)
    if place not in known:
        row = store.one("SELECT account FROM kms_keys WHERE id = ? AND region = ?", (id, region))
        known[place] = row and row[0]
    account = known[place]
    return find(store, Scope(account, region), id) if account is not None else None


def page(store: Store, scope: Scope, after: str, limit: int) -> list[str]:
    """Up to `limit` ids of keys behind `after`."""
    sql = "SELECT id FROM kms_keys WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?"
    return [row[0] for row in store.all(sql, (*scope, after, limit))]


def count(store: Store, scope: Scope) -> int:
    """How many keys an account has in a region."""
    return store.one("SELECT count(*) FROM kms_keys WHERE account = ? AND region = ?", (*scope,))[0]


def put(store: Store, key: Key) -> None:
    """Keep a key that is new or has changed."""
    store.run(
        "INSERT OR REPLACE INTO kms_keys (account, region, id, data, policy) VALUES (?, ?, ?, ?, ?)",
        (key.account, key.region, key.id, orjson.dumps(key.data), key.policy),
    )
    store.changed(TOPIC)


def change(store: Store, key: Key, **members: Any) -> Key:
    """The key with other values for these members; None takes one away."""
    data = {name: value for name, value in {**key.data, **members}.items() if value is not None}
    changed = key._replace(data=data)
    put(store, changed)
    return changed


def remove(store: Store, key: Key) -> None:
    """Forget a key with its material, aliases and grants."""
    place = (*key.scope, key.id)
    store.run("DELETE FROM kms_keys WHERE account = ? AND region = ? AND id = ?", place)
    store.run("DELETE FROM kms_materials WHERE account = ? AND region = ? AND key = ?", place)
    store.run("DELETE FROM kms_aliases WHERE account = ? AND region = ? AND key = ?", place)
    store.run("DELETE FROM kms_grants WHERE account = ? AND region = ? AND key = ?", place)
    store.changed(TOPIC)


def policies_on(store: Store, account: str) -> list[Key]:
    """The keys whose policy speaks of an account."""
    sql = "SELECT account, region, id, data, policy FROM kms_keys WHERE instr(policy, ?)"
    rows = store.all(sql, (account,))
    return [Key(row[0], row[1], row[2], orjson.loads(row[3]), row[4]) for row in rows]


def expiring(store: Store) -> list[Key]:
    """The keys of all accounts whose imported material expires."""
    sql = "SELECT account, region, id, data, policy FROM kms_keys WHERE json_extract(data, '$.ValidTo') IS NOT NULL"
    return [Key(row[0], row[1], row[2], orjson.loads(row[3]), row[4]) for row in store.all(sql)]


# ---- Material --------------------------------------------------------------------------------------------------------

_MATERIAL = "number, id, sealed, made, data"


def _material(row: tuple[Any, ...]) -> Material:
    return Material(row[0], row[1], row[2], row[3], orjson.loads(row[4]))


def material(store: Store, key: Key, number: int) -> Material | None:
    """One version of a key's material."""
    row = store.one(
        f"SELECT {_MATERIAL} FROM kms_materials WHERE account = ? AND region = ? AND key = ? AND number = ?",
        (*key.scope, key.id, number),
    )
    return row and _material(row)


def materials(store: Store, key: Key) -> list[Material]:
    """All versions of a key's material, the oldest first."""
    rows = store.all(
        f"SELECT {_MATERIAL} FROM kms_materials WHERE account = ? AND region = ? AND key = ? ORDER BY number",
        (*key.scope, key.id),
    )
    return [_material(row) for row in rows]


def put_material(store: Store, key: Key, new: Material) -> None:
    """Keep a version of a key's material."""
    store.run(
        "INSERT OR REPLACE INTO kms_materials (account, region, key, number, id, sealed, made, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*key.scope, key.id, new.number, new.id, new.sealed, new.made, orjson.dumps(new.data)),
    )
    store.changed(TOPIC)
