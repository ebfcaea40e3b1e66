"""The card of CloudWatch Logs."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="logs",
    purpose="Keeps log lines, finds them by filter patterns and queries, makes metrics of them, passes them on.",
    validation_error="InvalidParameterException",
    usage="Logs",
)
