"""The operations of KMS, by noun."""

from cloudarium.services.kms.operations import (
    aliases,
    datakeys,
    deletion,
    encryption,
    grants,
    importing,
    keys,
    macs,
    policies,
    rotation,
    signing,
    tags,
)

__all__ = [
    "aliases",
    "datakeys",
    "deletion",
    "encryption",
    "grants",
    "importing",
    "keys",
    "macs",
    "policies",
    "rotation",
    "signing",
    "tags",
]
