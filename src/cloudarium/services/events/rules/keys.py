"""KMS keys that buses, archives and connections name."""

from __future__ import annotations

from cloudarium.shared.errors import NotBuilt


def check_name(key: str | None) -> None:
    """Refuse a key of one's own by name: nothing is encrypted under it here, and nothing says that it is."""
    if key:
        raise NotBuilt("events encryption under a customer managed key (KmsKeyIdentifier)")
