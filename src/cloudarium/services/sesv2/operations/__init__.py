"""The operations of the second API, by noun."""

from cloudarium.services.sesv2.operations import (
    account,
    destinations,
    identities,
    policies,
    sending,
    sets,
    suppression,
    tags,
    templates,
)

__all__ = ["account", "destinations", "identities", "policies", "sending", "sets", "suppression", "tags", "templates"]
