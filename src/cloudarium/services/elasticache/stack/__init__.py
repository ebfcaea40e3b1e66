"""CloudFormation's resource types of ElastiCache."""

from cloudarium.services.elasticache.stack import caches, snapshots, users

__all__ = ["caches", "snapshots", "users"]
