"""Kinds of services as people call them, each with an icon of its own."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """What a service is: in words, and the name of its icon."""

    words: str
    icon: str


_KINDS = {
    "client": Kind("client", "person"),
    "AWS::ApiGateway": Kind("HTTP API", "api"),
    "AWS::ApiGateway::Stage": Kind("API", "api"),
    "AWS::Lambda": Kind("Lambda service", "function"),
    "AWS::Lambda::Function": Kind("Lambda function", "function"),
    "AWS::Lambda::Url": Kind("function URL", "api"),
    "AWS::DynamoDB::Table": Kind("DynamoDB table", "table"),
    "AWS::S3::Bucket": Kind("S3 bucket", "bucket"),
    "AWS::SQS::Queue": Kind("SQS queue", "queue"),
    "AWS::SNS": Kind("SNS topic", "topic"),
    "AWS::Events": Kind("event bus", "bus"),
    "AWS::SecretsManager": Kind("secret", "key"),
    "AWS::KMS": Kind("KMS keys", "key"),
    "AWS::SSM": Kind("parameters", "key"),
    "AWS::ssm": Kind("parameters", "key"),
    "AWS::cognito-idp": Kind("user pool", "people"),
    "AWS::ses": Kind("mail", "mail"),
    "AWS::sesv2": Kind("mail", "mail"),
    "AWS::logs": Kind("CloudWatch Logs", "box"),
    "AWS::cloudwatch": Kind("CloudWatch", "box"),
    "Database::SQL": Kind("database", "table"),
}
# Of each icon the paths of its lines, in a square of 24.
ICONS = {
    "person": "M16 8a4 4 0 1 1-8 0a4 4 0 0 1 8 0M4 21c0-4.5 3.5-7 8-7s8 2.5 8 7",
    "people": "M12 8a3.5 3.5 0 1 1-7 0a3.5 3.5 0 0 1 7 0M2 20c0-4 2.8-6 6.5-6s6.5 2 6.5 6M15 5a3.5 3.5 0 0 1 0 6.6"
    "M18 14.6c2.5.8 4 2.6 4 5.4",
    "api": "M8 6l-6 6 6 6M16 6l6 6-6 6M13.5 4l-3 16",
    "function": "M6 4h3.5l8.5 16M12.3 11l-6.3 9",
    "table": "M3 4h18v16h-18zM3 9.5h18M3 14.7h18M9 9.5v10.5",
    "bucket": "M4 6l2.2 14h11.6l2.2-14M20 6a8 2.6 0 1 1-16 0a8 2.6 0 1 1 16 0",
    "queue": "M2.5 8h4.5v8h-4.5zM9.7 8h4.5v8h-4.5zM17 8h4.5v8h-4.5z",
    "topic": "M14 12a2 2 0 1 1-4 0a2 2 0 0 1 4 0M8 8a5.7 5.7 0 0 0 0 8M16 8a5.7 5.7 0 0 1 0 8"
    "M5 5a9.9 9.9 0 0 0 0 14M19 5a9.9 9.9 0 0 1 0 14",
    "bus": "M2 12h20M6 12v-5M12 12v-5M18 12v-5M9 12v5M15 12v5",
    "key": "M11 16a4 4 0 1 1-8 0a4 4 0 0 1 8 0M10 13l9-9M16 7l3.5 3.5",
    "mail": "M3 5h18v14h-18zM3 6l9 7 9-7",
    "box": "M12 3l8 4.5v9l-8 4.5-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
}


def kind_of(type: str) -> Kind:
    """The kind of a node of X-Ray's type; what is not known is called by the end of its type."""
    return _KINDS.get(type) or Kind(type.rpartition("::")[2] or "service", "box")
