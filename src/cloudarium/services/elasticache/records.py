"""What ElastiCache keeps."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]

# The kinds, as ARNs name them.
CLUSTER, GROUP, SERVERLESS = "cluster", "replicationgroup", "serverlesscache"
USER, USER_GROUP, PARAMETERS, SUBNETS = "user", "usergroup", "parametergroup", "subnetgroup"
SNAPSHOT, SERVERLESS_SNAPSHOT = "snapshot", "serverlesscachesnapshot"
EVENT_DAYS = 14


def put(store: Store, scope: Scope, kind: str, id: str, data: Data) -> None:
    """Keep a thing, new or changed."""
    sql = "INSERT OR REPLACE INTO elasticache_resources VALUES (?, ?, ?, ?, ?)"
    store.run(sql, (*scope, kind, id, orjson.dumps(data)))


def remove(store: Store, scope: Scope, kind: str, id: str) -> None:
    """Forget a thing."""
    sql = "DELETE FROM elasticache_resources WHERE account = ? AND region = ? AND kind = ? AND id = ?"
    store.run(sql, (*scope, kind, id))


def find(store: Store, scope: Scope, kind: str, id: str) -> Data | None:
    """The thing of a kind with an id."""
    sql = "SELECT data FROM elasticache_resources WHERE account = ? AND region = ? AND kind = ? AND id = ?"
    row = store.one(sql, (*scope, kind, id))
    return orjson.loads(row[0]) if row is not None else None


def every(store: Store, scope: Scope, kind: str) -> list[Data]:
    """All things of a kind, by their ids."""
    sql = "SELECT data FROM elasticache_resources WHERE account = ? AND region = ? AND kind = ? ORDER BY id"
    return [orjson.loads(row[0]) for row in store.all(sql, (*scope, kind))]


def everywhere(store: Store, kind: str) -> list[tuple[Scope, str]]:
    """The places and ids of all things of a kind, in all accounts and regions."""
    sql = "SELECT account, region, id FROM elasticache_resources WHERE kind = ?"
    return [(Scope(account, region), id) for account, region, id in store.all(sql, (kind,))]


# ---- Where caches listen ---------------------------------------------------------------------------------------------


def is_taken(store: Store, address: str, port: int) -> bool:
    """Does a cache of this cloud listen there?"""
    return store.one("SELECT 1 FROM elasticache_addresses WHERE address = ? AND port = ?", (address, port)) is not None


def take(store: Store, scope: Scope, owner: str, address: str, port: int) -> None:
    """Keep a place for a cache."""
    store.run("INSERT INTO elasticache_addresses VALUES (?, ?, ?, ?, ?)", (address, port, *scope, owner))


def give_back(store: Store, address: str, port: int) -> None:
    """Give one place back."""
    store.run("DELETE FROM elasticache_addresses WHERE address = ? AND port = ?", (address, port))


def release(store: Store, scope: Scope, owner: str) -> None:
    """Give all places of a cache back."""
    store.run("DELETE FROM elasticache_addresses WHERE account = ? AND region = ? AND owner = ?", (*scope, owner))


# ---- Events ----------------------------------------------------------------------------------------------------------


def add_event(store: Store, scope: Scope, at: float, source_type: str, source: str, message: str) -> None:
    """Note that something happened, and forget what is too old to be asked for."""
    sql = "DELETE FROM elasticache_events WHERE account = ? AND region = ? AND at < ?"
    store.run(sql, (*scope, at - EVENT_DAYS * 86400))
    sql = "INSERT INTO elasticache_events (account, region, at, source_type, source, message) VALUES (?, ?, ?, ?, ?, ?)"
    store.run(sql, (*scope, at, source_type, source, message))


def events(store: Store, scope: Scope, since: float, until: float) -> list[tuple[int, float, str, str, str]]:
    """What happened in between, oldest first: its place, when, the type and name of its source, and the message."""
    sql = "SELECT place, at, source_type, source, message FROM elasticache_events"
    sql += " WHERE account = ? AND region = ? AND at >= ? AND at <= ? ORDER BY at, place"
    return list(store.all(sql, (*scope, since, until)))
