"""The operations of ElastiCache, by noun."""

from cloudarium.services.elasticache.operations import (
    clusters,
    events,
    parameter_groups,
    replication_groups,
    serverless,
    subnet_groups,
    tags,
    user_groups,
    users,
)

__all__ = [
    "clusters",
    "events",
    "parameter_groups",
    "replication_groups",
    "serverless",
    "subnet_groups",
    "tags",
    "user_groups",
    "users",
]
