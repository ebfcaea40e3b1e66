"""CloudFormation's resource types of ElastiCache."""

from cloudarium.services.elasticache.stack import caches, users

__all__ = ["caches", "users"]
