"""Calls of DynamoDB Streams that succeed, and what they need."""

from __future__ import annotations

from typing import Any

from tests.permissions.example import Case, Examples, Stage

EXAMPLES = Examples()


def stream(at: Stage) -> str:
    """The ARN of the stream of a new table of the operation's name."""
    made: dict[str, Any] = at.root("dynamodb").create_table(
        TableName=at.name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    return str(made["TableDescription"]["LatestStreamArn"])


def oldest(at: Stage, arn: str) -> dict[str, Any]:
    """What to ask for an iterator with."""
    shards = at.root().describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    return {"StreamArn": arn, "ShardId": shards[0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}


@EXAMPLES("ListStreams")
def list_streams(at: Stage) -> Case:
    stream(at)
    on = at.arn(f"table/{at.name}/stream/*", service="dynamodb")
    tutorial = "AWS's tutorial of Streams and Lambda allows it on table/NAME/stream/*; the reference names no resource."
    return Case({"TableName": at.name}, on=on, outside=tutorial)


@EXAMPLES("DescribeStream")
def describe_stream(at: Stage) -> Case:
    arn = stream(at)
    return Case({"StreamArn": arn}, on=arn)


@EXAMPLES("GetShardIterator")
def get_shard_iterator(at: Stage) -> Case:
    arn = stream(at)
    return Case(oldest(at, arn), on=arn)


@EXAMPLES("GetRecords")
def get_records(at: Stage) -> Case:
    arn = stream(at)
    iterator = at.root().get_shard_iterator(**oldest(at, arn))["ShardIterator"]
    return Case({"ShardIterator": iterator}, on=arn)
