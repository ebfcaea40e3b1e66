"""The card of CloudWatch Logs."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="logs",
    purpose="Keeps log lines: groups, streams, events, retention and search by filter patterns.",
    validation_error="InvalidParameterException",
)
