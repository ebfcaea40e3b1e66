"""The card of Lambda."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="lambda",
    purpose="Runs functions as real processes: code, versions, aliases, layers, permissions, invocations.",
    validation_error="ValidationException",
    doors={"lambda-code": "code"},
    max_body=100 * 1024 * 1024,
)
