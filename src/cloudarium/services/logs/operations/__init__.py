"""The operations of CloudWatch Logs, by noun."""

from cloudarium.services.logs.operations import events, groups, policies, streams, tags

__all__ = ["events", "groups", "policies", "streams", "tags"]
