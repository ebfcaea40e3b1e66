"""The operations of ElastiCache, by noun."""

from cloudarium.services.elasticache.operations import (
    changing_groups,
    clusters,
    events,
    parameter_groups,
    replication_groups,
    resharding,
    serverless,
    serverless_snapshots,
    snapshots,
    subnet_groups,
    tags,
    user_groups,
    users,
)

__all__ = [
    "changing_groups",
    "clusters",
    "events",
    "parameter_groups",
    "replication_groups",
    "resharding",
    "serverless",
    "serverless_snapshots",
    "snapshots",
    "subnet_groups",
    "tags",
    "user_groups",
    "users",
]
