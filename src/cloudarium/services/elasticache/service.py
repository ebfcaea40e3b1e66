"""The card of ElastiCache."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="elasticache",
    purpose="Runs caches: clusters, replication groups and serverless caches, each a real Valkey at its own address.",
    validation_error="InvalidParameterValue",
)
