"""The operations of CloudWatch Logs, by noun."""

from cloudarium.services.logs.operations import (
    events,
    fields,
    groups,
    policies,
    queries,
    saved_queries,
    streams,
    tags,
)

__all__ = ["events", "fields", "groups", "policies", "queries", "saved_queries", "streams", "tags"]
