"""DynamoDB's card."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="dynamodb",
    purpose="Tables of items by key: secondary indexes, conditions, transactions, expiry (TTL), change streams.",
    validation_error="ValidationException",
)
