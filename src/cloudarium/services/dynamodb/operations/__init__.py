"""DynamoDB's operations, by what they touch."""

from cloudarium.services.dynamodb.operations import (
    backups,
    batches,
    items,
    policies,
    reads,
    recoveries,
    settings,
    tables,
    tags,
    transactions,
    updates,
)

__all__ = [
    "backups",
    "batches",
    "items",
    "policies",
    "reads",
    "recoveries",
    "settings",
    "tables",
    "tags",
    "transactions",
    "updates",
]
