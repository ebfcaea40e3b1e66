"""The operations of CloudWatch Logs, by noun."""

from cloudarium.services.logs.operations import (
    data_protection,
    events,
    exports,
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
    "data_protection",
    "events",
    "exports",
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
