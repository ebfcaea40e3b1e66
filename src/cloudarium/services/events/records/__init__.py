"""What EventBridge keeps: named resources of its kinds, rules with their targets, and the events in archives."""

from cloudarium.services.events.records import archived, managed, named, rules

TOPIC = named.TOPIC

__all__ = ["TOPIC", "archived", "managed", "named", "rules"]
