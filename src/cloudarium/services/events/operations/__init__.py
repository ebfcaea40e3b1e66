"""The operations of EventBridge, by noun."""

from cloudarium.services.events.operations import (
    archives,
    buses,
    connections,
    destinations,
    policies,
    putting,
    replays,
    rules,
    tags,
    targets,
)

__all__ = [
    "archives", "buses", "connections", "destinations", "policies", "putting", "replays", "rules", "tags", "targets",
]  # fmt: skip
