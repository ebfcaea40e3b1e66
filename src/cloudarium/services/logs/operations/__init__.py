"""The operations of CloudWatch Logs, by noun."""

from cloudarium.services.logs.operations import events, groups, streams, tags

__all__ = ["events", "groups", "streams", "tags"]
