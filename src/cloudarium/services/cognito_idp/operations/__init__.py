"""The operations of user pools."""

from cloudarium.services.cognito_idp.operations import (
    admin,
    auth,
    clients,
    groups,
    imports,
    logs,
    mfa,
    oauth,
    own,
    pools,
    providers,
    secrets,
    signup,
    tags,
)

__all__ = [
    "admin",
    "auth",
    "clients",
    "groups",
    "imports",
    "logs",
    "mfa",
    "oauth",
    "own",
    "pools",
    "providers",
    "secrets",
    "signup",
    "tags",
]
