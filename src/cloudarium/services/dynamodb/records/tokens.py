"""Tokens of transactions: a repeated request does nothing again."""

from __future__ import annotations

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


def find(store: Store, scope: Scope, token: str, now: float) -> tuple[bytes, bytes] | None:
    """The digest of the request that used this token and what its repetition reports, while the token lives."""
    return store.one(
        "SELECT digest, response FROM dynamodb_tokens WHERE account = ? AND region = ? AND token = ? AND expires > ?",
        (scope.account, scope.region, token, now),
    )


def keep(store: Store, scope: Scope, token: str, digest: bytes, response: bytes, now: float, expires: float) -> None:
    """Remember a token; those that have expired go."""
    store.run("DELETE FROM dynamodb_tokens WHERE expires <= ?", (now,))
    store.run(
        "INSERT OR REPLACE INTO dynamodb_tokens VALUES (?, ?, ?, ?, ?, ?)",
        (scope.account, scope.region, token, digest, response, expires),
    )
