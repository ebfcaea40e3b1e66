"""The operations of Parameter Store, by noun."""

from cloudarium.services.ssm.operations import labels, listing, parameters, tags

__all__ = ["labels", "listing", "parameters", "tags"]
