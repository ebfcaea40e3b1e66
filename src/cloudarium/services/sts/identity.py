"""STS's answer to the gateway: whose temporary credentials are these."""

from __future__ import annotations

from cloudarium.policy.principal import Credential
from cloudarium.services.sts import records
from cloudarium.store import Store


def find_credential(store: Store, access_key_id: str) -> Credential | None:
    """The principal behind a temporary access key; expiry is judged by whoever checks the signature."""
    session = records.find(store, access_key_id) if access_key_id.startswith("ASIA") else None
    return session.credential if session is not None else None
