"""What a call touches: for authorize. The policies of streams are the `dynamodb` room's, whose ARNs they have."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.dynamodbstreams import rules
from cloudarium.shared import arn


def stream(call: Call) -> str:
    """The stream that the call names."""
    return str(call.input.get("StreamArn") or "*")


def iterated(call: Call) -> str:
    """The stream that the call's iterator reads."""
    return rules.stream_of(call.input.get("ShardIterator")) or "*"


def listed(call: Call) -> str:
    """The streams of the table that the call names, or all of the account.

    Source: the tutorial of Streams and Lambda in AWS's guide, whose role lists on table/NAME/stream/*
    """
    table = call.input.get("TableName")
    return arn.make(
        "dynamodb", call.scope, f"table/{table}/stream/*" if isinstance(table, str) and table else "table/*"
    )
