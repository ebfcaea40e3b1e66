"""The operations of identity pools, by noun."""

from cloudarium.services.cognito_identity.operations import credentials, developers, identities, pools, roles, tags

__all__ = ["credentials", "developers", "identities", "pools", "roles", "tags"]
