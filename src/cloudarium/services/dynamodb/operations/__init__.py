"""DynamoDB's operations, by what they touch."""

from cloudarium.services.dynamodb.operations import (
    batches,
    items,
    policies,
    reads,
    settings,
    tables,
    tags,
    transactions,
    updates,
)

__all__ = ["batches", "items", "policies", "reads", "settings", "tables", "tags", "transactions", "updates"]
