"""The operations of SQS, by noun."""

from cloudarium.services.sqs.operations import (
    dead_letters,
    deleting,
    moving,
    permissions,
    queues,
    receiving,
    sending,
    tags,
    visibility,
)

__all__ = [
    "dead_letters",
    "deleting",
    "moving",
    "permissions",
    "queues",
    "receiving",
    "sending",
    "tags",
    "visibility",
]
