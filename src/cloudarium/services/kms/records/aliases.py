"""Aliases: names for keys."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.services.kms.records import TOPIC
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class Alias(NamedTuple):
    """An alias, with the id of the key that it stands for."""

    name: str
    key: str
    made: float
    changed: float


_ALIAS = "name, key, made, changed"


def alias_arn(scope: Scope, name: str) -> str:
    """The ARN of an alias; its name begins with alias/."""
    return arn.make("kms", scope, name)


def find(store: Store, scope: Scope, name: str) -> Alias | None:
    """The alias of this name."""
    known = store.known(TOPIC)
    place = ("alias", *scope, name)
    if place not in known:
        sql = f"SELECT {_ALIAS} FROM kms_aliases WHERE account = ? AND region = ? AND name = ?"
        known[place] = store.one(sql, (*scope, name), Alias)
    return known[place]


def of_key(store: Store, scope: Scope, key: str) -> list[Alias]:
    """The aliases of a key by name."""
    sql = f"SELECT {_ALIAS} FROM kms_aliases WHERE account = ? AND region = ? AND key = ? ORDER BY name"
    return store.all(sql, (*scope, key), Alias)


def page(store: Store, scope: Scope, after: str, limit: int, key: str | None = None) -> list[Alias]:
    """Up to `limit` aliases behind `after`, of one key or of all."""
    only, more = ("", ()) if key is None else (" AND key = ?", (key,))
    sql = f"SELECT {_ALIAS} FROM kms_aliases WHERE account = ? AND region = ? AND name > ?{only} ORDER BY name LIMIT ?"
    return store.all(sql, (*scope, after, *more, limit), Alias)


def put(store: Store, scope: Scope, alias: Alias) -> None:
    """Keep an alias that is new or stands for another key now."""
    store.run(
        "INSERT OR REPLACE INTO kms_aliases (account, region, name, key, made, changed) VALUES (?, ?, ?, ?, ?, ?)",
        (*scope, *alias),
    )
    store.changed(TOPIC)


def remove(store: Store, scope: Scope, name: str) -> None:
    """Forget an alias."""
    store.run("DELETE FROM kms_aliases WHERE account = ? AND region = ? AND name = ?", (*scope, name))
    store.changed(TOPIC)
