"""The operations of the second API, by noun."""

from cloudarium.services.sesv2.operations import (
    account,
    contacts,
    custom,
    destinations,
    identities,
    policies,
    sending,
    sets,
    suppression,
    tags,
    templates,
)

__all__ = [
    "account",
    "contacts",
    "custom",
    "destinations",
    "identities",
    "policies",
    "sending",
    "sets",
    "suppression",
    "tags",
    "templates",
]
