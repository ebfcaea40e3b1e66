"""OpenID Connect providers."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from cloudarium.store import Store

_COLUMNS = "account, url, clients, thumbprints, created"


class OidcProvider(NamedTuple):
    """An OpenID Connect provider that the account trusts; `url` is without its scheme."""

    account: str
    url: str
    clients: list[str]
    thumbprints: list[str]
    created: float

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:iam::{self.account}:oidc-provider/{self.url}"


def _provider(row: tuple[str, str, str, str, float]) -> OidcProvider:
    account, url, clients, thumbprints, created = row
    return OidcProvider(account, url, orjson.loads(clients), orjson.loads(thumbprints), created)


def find(store: Store, account: str, url: str) -> OidcProvider | None:
    """The provider of that URL."""
    row = store.one(f"SELECT {_COLUMNS} FROM iam_oidc_providers WHERE account = ? AND url = ?", (account, url))
    return None if row is None else _provider(row)


def every(store: Store, account: str) -> list[OidcProvider]:
    """The account's providers, by URL."""
    rows = store.all(f"SELECT {_COLUMNS} FROM iam_oidc_providers WHERE account = ? ORDER BY url", (account,))
    return [_provider(row) for row in rows]


def put(store: Store, provider: OidcProvider) -> None:
    """Keep a provider, new or changed."""
    lists = (orjson.dumps(provider.clients).decode(), orjson.dumps(provider.thumbprints).decode())
    row = (provider.account, provider.url, *lists, provider.created)
    store.run("INSERT OR REPLACE INTO iam_oidc_providers VALUES (?, ?, ?, ?, ?)", row)


def remove(store: Store, provider: OidcProvider) -> None:
    """Forget a provider."""
    store.run("DELETE FROM iam_oidc_providers WHERE account = ? AND url = ?", (provider.account, provider.url))
    store.tags.drop(provider.arn)
