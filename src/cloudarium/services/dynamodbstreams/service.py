"""The card of DynamoDB Streams."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="dynamodbstreams",
    purpose="Reads the changes of DynamoDB's tables, in order, for a day.",
    signing_name="dynamodb",
    validation_error="ValidationException",
)
