"""Identity providers of pools, and which of a pool's users their people are linked with."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store

Data = dict[str, Any]


class Provider(NamedTuple):
    """An identity provider of a pool; `data` has AWS's own member names."""

    pool: str
    name: str
    data: Data


class Link(NamedTuple):
    """Whoever has this value of an attribute at a provider is that user."""

    pool: str
    provider: str
    attribute: str
    value: str
    user: str


def providers(store: Store, pool: str) -> list[Provider]:
    """The providers of a pool, in the order of their names."""
    rows = store.all("SELECT pool, name, data FROM cognito_idp_providers WHERE pool = ? ORDER BY name", (pool,))
    return [Provider(row[0], row[1], orjson.loads(row[2])) for row in rows]


def find_provider(store: Store, pool: str, name: str) -> Provider | None:
    """The provider of a pool with that name."""
    row = store.one("SELECT pool, name, data FROM cognito_idp_providers WHERE pool = ? AND name = ?", (pool, name))
    return row and Provider(row[0], row[1], orjson.loads(row[2]))


def put_provider(store: Store, provider: Provider) -> None:
    """Add a provider, or change it."""
    sql = "INSERT OR REPLACE INTO cognito_idp_providers (pool, name, data) VALUES (?, ?, ?)"
    store.run(sql, (provider.pool, provider.name, orjson.dumps(provider.data)))


def remove_provider(store: Store, provider: Provider) -> None:
    """Forget a provider; the users that came from it stay, and so do the links."""
    store.run("DELETE FROM cognito_idp_providers WHERE pool = ? AND name = ?", (provider.pool, provider.name))


# ---- links -----------------------------------------------------------------------------------------------------------

_LINK = "pool, provider, attribute, value, user"


def find_link(store: Store, pool: str, provider: str, attribute: str, value: str) -> Link | None:
    """The link of whoever has this value at a provider."""
    sql = f"SELECT {_LINK} FROM cognito_idp_links WHERE pool = ? AND provider = ? AND attribute = ? AND value = ?"
    return store.one(sql, (pool, provider, attribute, value), Link)


def links_at(store: Store, pool: str, provider: str) -> list[str]:
    """The attributes by which people of a provider are linked."""
    sql = "SELECT DISTINCT attribute FROM cognito_idp_links WHERE pool = ? AND provider = ? ORDER BY attribute"
    return [row[0] for row in store.all(sql, (pool, provider))]


def links_of(store: Store, pool: str, user: str) -> list[Link]:
    """Whom a user is linked with."""
    sql = f"SELECT {_LINK} FROM cognito_idp_links WHERE pool = ? AND user = ? ORDER BY provider, attribute, value"
    return store.all(sql, (pool, user), Link)


def put_link(store: Store, link: Link) -> None:
    """Link somebody of a provider with a user."""
    store.run(f"INSERT OR REPLACE INTO cognito_idp_links ({_LINK}) VALUES (?, ?, ?, ?, ?)", link)


def remove_link(store: Store, link: Link) -> None:
    """Somebody of a provider is that user no more."""
    sql = "DELETE FROM cognito_idp_links WHERE pool = ? AND provider = ? AND attribute = ? AND value = ?"
    store.run(sql, link[:4])
