"""The operations of the first API, by noun."""

from cloudarium.services.ses.operations import (
    account,
    bounces,
    custom,
    destinations,
    identities,
    notifications,
    policies,
    receipt_filters,
    receipt_rules,
    receipt_sets,
    sending,
    sets,
    templates,
)

__all__ = [
    "account", "bounces", "custom", "destinations", "identities", "notifications", "policies", "receipt_filters",
    "receipt_rules", "receipt_sets", "sending", "sets", "templates",
]  # fmt: skip
