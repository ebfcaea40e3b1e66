"""The operations of user pools."""

from cloudarium.services.cognito_idp.operations import (
    admin,
    auth,
    clients,
    groups,
    mfa,
    oauth,
    own,
    pools,
    providers,
    signup,
    tags,
)

__all__ = ["admin", "auth", "clients", "groups", "mfa", "oauth", "own", "pools", "providers", "signup", "tags"]
