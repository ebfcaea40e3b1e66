"""The card of Lambda."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="lambda",
    purpose="Runs functions as real processes: versions, layers, permissions, invocations, URLs, event sources.",
    validation_error="ValidationException",
    doors={"lambda-code": "code", "lambda-url": "function_url"},
    max_body=100 * 1024 * 1024,
)
