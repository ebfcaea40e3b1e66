"""Identity pools as issuers: the public key of their tokens, for whoever checks one inside."""

from __future__ import annotations

from typing import Any

from cloudarium.cloud import Cloud
from cloudarium.services.cognito_identity import tokens


def key_set(cloud: Cloud, issuer: str) -> dict[str, Any] | None:
    """The public key, if that is the issuer's URL."""
    return tokens.key_set(cloud) if issuer == tokens.ISSUER else None
