"""The card of Systems Manager, of which Parameter Store is built."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="ssm",
    purpose="Keeps parameters: plain and secret values with versions, labels, hierarchies and expiry.",
)
