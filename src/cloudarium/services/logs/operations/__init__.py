"""The operations of CloudWatch Logs, by noun."""

from cloudarium.services.logs.operations import (
    events,
    fields,
    groups,
    live_tail,
    metric_filters,
    policies,
    queries,
    saved_queries,
    streams,
    subscriptions,
    tags,
)

__all__ = [
    "events",
    "fields",
    "groups",
    "live_tail",
    "metric_filters",
    "policies",
    "queries",
    "saved_queries",
    "streams",
    "subscriptions",
    "tags",
]
