"""The operations, by noun."""

from cloudarium.services.dynamodbstreams.operations import reading, streams

__all__ = ["reading", "streams"]
