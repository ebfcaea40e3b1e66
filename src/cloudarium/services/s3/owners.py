"""Owners as S3 shows them: canonical ids instead of account numbers."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from cloudarium.policy.principal import Principal


@lru_cache(maxsize=1024)
def canonical_id(account: str) -> str:
    """The 64 hex digits by which S3 knows an account."""
    return hashlib.sha256(f"canonical user of {account}".encode()).hexdigest()


def owner(account: str) -> dict[str, str]:
    """An Owner element. S3 stopped answering DisplayName in November 2025."""
    return {"ID": canonical_id(account)}


def initiator(principal: Principal) -> dict[str, str]:
    """An Initiator element: users and roles by ARN, a root by its canonical id."""
    if principal.kind in ("user", "role", "federated"):
        return {"ID": principal.arn}
    return {"ID": canonical_id(principal.account)}
