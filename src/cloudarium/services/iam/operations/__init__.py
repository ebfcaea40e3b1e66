"""IAM's operations, by the noun they are about."""

from cloudarium.services.iam.operations import (
    account,
    attachments,
    credentials,
    details,
    groups,
    inline,
    linked,
    oidc,
    policies,
    profiles,
    roles,
    simulations,
    tagging,
    users,
)

__all__ = [
    "account",
    "attachments",
    "credentials",
    "details",
    "groups",
    "inline",
    "linked",
    "oidc",
    "policies",
    "profiles",
    "roles",
    "simulations",
    "tagging",
    "users",
]
