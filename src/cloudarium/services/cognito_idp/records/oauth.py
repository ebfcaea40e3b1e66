"""Resource servers with their scopes, and the domains of pools' sign-in pages."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store

Data = dict[str, Any]


class Server(NamedTuple):
    """A resource server; `data` has AWS's own member names."""

    pool: str
    id: str
    data: Data


class Domain(NamedTuple):
    """The domain of a pool's sign-in pages."""

    name: str
    pool: str
    data: Data


def servers(store: Store, pool: str) -> list[Server]:
    """The resource servers of a pool, in the order of their identifiers."""
    rows = store.all("SELECT pool, id, data FROM cognito_idp_servers WHERE pool = ? ORDER BY id", (pool,))
    return [Server(row[0], row[1], orjson.loads(row[2])) for row in rows]


def find_server(store: Store, pool: str, id: str) -> Server | None:
    """The resource server with that identifier."""
    row = store.one("SELECT pool, id, data FROM cognito_idp_servers WHERE pool = ? AND id = ?", (pool, id))
    return row and Server(row[0], row[1], orjson.loads(row[2]))


def put_server(store: Store, server: Server) -> None:
    """Add a resource server, or change it."""
    sql = "INSERT OR REPLACE INTO cognito_idp_servers (pool, id, data) VALUES (?, ?, ?)"
    store.run(sql, (server.pool, server.id, orjson.dumps(server.data)))


def remove_server(store: Store, server: Server) -> None:
    """Forget a resource server."""
    store.run("DELETE FROM cognito_idp_servers WHERE pool = ? AND id = ?", (server.pool, server.id))


def find_domain(store: Store, name: str) -> Domain | None:
    """The domain with that name, of whatever pool."""
    row = store.one("SELECT name, pool, data FROM cognito_idp_domains WHERE name = ?", (name,))
    return row and Domain(row[0], row[1], orjson.loads(row[2]))


def domain_of(store: Store, pool: str) -> Domain | None:
    """The domain of a pool."""
    row = store.one("SELECT name, pool, data FROM cognito_idp_domains WHERE pool = ?", (pool,))
    return row and Domain(row[0], row[1], orjson.loads(row[2]))


def put_domain(store: Store, domain: Domain) -> None:
    """Keep a domain."""
    sql = "INSERT OR REPLACE INTO cognito_idp_domains (name, pool, data) VALUES (?, ?, ?)"
    store.run(sql, (domain.name, domain.pool, orjson.dumps(domain.data)))


def remove_domain(store: Store, domain: Domain) -> None:
    """Forget a domain."""
    store.run("DELETE FROM cognito_idp_domains WHERE name = ?", (domain.name,))
