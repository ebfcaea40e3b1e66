"""The card of EventBridge."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="events",
    purpose="Takes events, matches them to the rules of buses, and brings them to targets; schedules and replays.",
)
