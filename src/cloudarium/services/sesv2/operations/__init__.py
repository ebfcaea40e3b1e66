"""The operations of the second API, by noun."""

from cloudarium.services.sesv2.operations import (
    account,
    identities,
    policies,
    sending,
    sets,
    suppression,
    tags,
    templates,
)

__all__ = ["account", "identities", "policies", "sending", "sets", "suppression", "tags", "templates"]
