"""User pools as issuers: their public keys, and whether a sign-in still holds, for whoever checks a token inside."""

from __future__ import annotations

from typing import Any

from cloudarium.cloud import Cloud
from cloudarium.services.cognito_idp import keys
from cloudarium.services.cognito_idp.records import pools, sessions, users
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.store import Store

Data = dict[str, Any]


def _pool(store: Store, issuer: str) -> Pool | None:
    pool = pools.find(store, issuer.rpartition("/")[2]) if issuer.startswith("https://cognito-idp.") else None
    return pool if pool is not None and pool.issuer == issuer else None


def key_set(cloud: Cloud, issuer: str) -> Data | None:
    """The public keys of the pool that has this issuer's URL."""
    pool = _pool(cloud.store, issuer)
    return keys.published(cloud, pool.id) if pool is not None else None


def revoked(store: Store, issuer: str, claims: Data) -> bool:
    """Whether the user of a token is gone or disabled, or the sign-in it comes from was taken back."""
    pool = _pool(store, issuer)
    if pool is None:
        return False
    user = users.find_by_sub(store, pool.id, str(claims.get("sub", "")))
    gone = user is None or not user.enabled
    return gone or sessions.is_revoked(store, pool.id, str(claims.get("origin_jti", "")))
