"""The card of EventBridge Scheduler."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="scheduler",
    purpose="Invokes targets at a time, at a rate or by a cron expression in a time zone, as a role.",
)
