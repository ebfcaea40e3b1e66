"""The operations of CloudWatch, by noun."""

from cloudarium.services.cloudwatch.operations import alarms, dashboards, data, describing, metrics, states, tags

__all__ = ["alarms", "dashboards", "data", "describing", "metrics", "states", "tags"]
