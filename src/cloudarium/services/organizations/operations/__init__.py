"""The operations of Organizations, by noun."""

from cloudarium.services.organizations.operations import (
    accounts,
    handshakes,
    organizations,
    policies,
    tags,
    tree,
    units,
)

__all__ = ["accounts", "handshakes", "organizations", "policies", "tags", "tree", "units"]
