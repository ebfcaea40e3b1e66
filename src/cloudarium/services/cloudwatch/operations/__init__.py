"""The operations of CloudWatch, by noun."""

from cloudarium.services.cloudwatch.operations import (
    alarms,
    dashboards,
    data,
    describing,
    detectors,
    images,
    metrics,
    states,
    tags,
)

__all__ = ["alarms", "dashboards", "data", "describing", "detectors", "images", "metrics", "states", "tags"]
