"""X-Ray's operations, by subject."""

from cloudarium.services.xray.operations import (
    graphs,
    groups,
    policies,
    sampling,
    segments,
    settings,
    tagging,
    traces,
)

__all__ = ["graphs", "groups", "policies", "sampling", "segments", "settings", "tagging", "traces"]
