"""The operations of the first API, by noun."""

from cloudarium.services.ses.operations import account, destinations, identities, policies, sending, sets, templates

__all__ = ["account", "destinations", "identities", "policies", "sending", "sets", "templates"]
