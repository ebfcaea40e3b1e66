"""The operations of EventBridge Scheduler, by noun."""

from cloudarium.services.scheduler.operations import groups, schedules, tags

__all__ = ["groups", "schedules", "tags"]
