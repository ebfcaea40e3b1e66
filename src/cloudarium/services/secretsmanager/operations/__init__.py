"""The operations of Secrets Manager, by noun."""

from cloudarium.services.secretsmanager.operations import (
    batches,
    deletion,
    listing,
    passwords,
    policies,
    rotation,
    secrets,
    tags,
    values,
)

__all__ = ["batches", "deletion", "listing", "passwords", "policies", "rotation", "secrets", "tags", "values"]
