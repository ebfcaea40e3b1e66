"""Buses, archives, replays, connections and API destinations: a name, and what is said of it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

TOPIC = "events"

Kind = Literal["event-bus", "archive", "replay", "connection", "api-destination"]


class Named(NamedTuple):
    """One resource; `data` has AWS's member names, and what AWS does not tell in names of lower case."""

    scope: Scope
    kind: Kind
    name: str
    data: dict[str, Any]


_COLUMNS = "account, region, kind, name, data"


def _named(row: tuple[Any, ...]) -> Named:
    return Named(Scope(row[0], row[1]), row[2], row[3], orjson.loads(row[4]))


def find(store: Store, scope: Scope, kind: Kind, name: str) -> Named | None:
    """The resource of this kind and name, None when there is none."""
    known = store.known(TOPIC)
    place = (*scope, kind, name)
    if place not in known:
        sql = f"SELECT {_COLUMNS} FROM events_resources WHERE account = ? AND region = ? AND kind = ? AND name = ?"
        row = store.one(sql, place)
        known[place] = row and _named(row)
    found: Named | None = known[place]
    return found and found._replace(data=dict(found.data))


def every(store: Store, scope: Scope, kind: Kind, prefix: str = "") -> list[Named]:
    """All resources of a kind whose names begin so, by name."""
    sql = f"SELECT {_COLUMNS} FROM events_resources WHERE account = ? AND region = ? AND kind = ? ORDER BY name"
    return [_named(row) for row in store.all(sql, (*scope, kind)) if row[3].startswith(prefix)]


def with_policy_on(store: Store, account: str) -> list[Named]:
    """All buses whose policies may name a principal of this account."""
    sql = f"SELECT {_COLUMNS} FROM events_resources WHERE kind = 'event-bus' AND data LIKE ?"
    return [_named(row) for row in store.all(sql, (f"%{account}%",))]


def put(store: Store, thing: Named) -> None:
    """Make a resource, or put it as it is now in the place of what was."""
    sql = f"INSERT OR REPLACE INTO events_resources ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)"
    store.run(sql, (*thing.scope, thing.kind, thing.name, orjson.dumps(thing.data)))
    store.changed(TOPIC)


def remove(store: Store, thing: Named) -> None:
    """Forget a resource."""
    sql = "DELETE FROM events_resources WHERE account = ? AND region = ? AND kind = ? AND name = ?"
    store.run(sql, (*thing.scope, thing.kind, thing.name))
    store.changed(TOPIC)
