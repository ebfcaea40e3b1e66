"""Who may read a stream: by the stream's ARN, also from another account by the stream's own policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.conftest import RunningCloud
from tests.services.dynamodbstreams.conftest import Reader

Refused = Callable[..., str]
OTHER = "750000000019"


def test_a_stream_is_read_by_who_may_read_that_stream(
    reader: Reader, iam_user: Callable[..., Any], refused: Refused
) -> None:
    iterator = reader.iterator()
    actions = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"]

    def granted(*resources: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
        return {"Version": "2012-10-17", "Statement": [statement]}

    every = reader.arn.rpartition("/")[0] + "/*"
    allowed = iam_user(granted(every), "allowed")("dynamodbstreams")
    assert allowed.get_records(ShardIterator=iterator)["Records"] == []
    assert len(allowed.list_streams(TableName="things")["Streams"]) == 1
    table = reader.arn.partition("/stream/")[0]
    denied = iam_user(granted(table, table + "/index/*"), "denied")("dynamodbstreams")
    text = refused(denied.get_records, ShardIterator=iterator)
    assert text.startswith("AccessDeniedException") and f"dynamodb:GetRecords on resource: {reader.arn}" in text
    assert refused(denied.describe_stream, StreamArn=reader.arn).startswith("AccessDeniedException")


def test_the_policy_of_a_stream_lets_another_account_read_it(
    reader: Reader, cloud: RunningCloud, refused: Refused
) -> None:
    other = reader._replace(
        streams=cloud.client("dynamodbstreams", key=OTHER), tables=cloud.client("dynamodb", key=OTHER)
    )
    reader.put("a")
    assert refused(other.records).startswith("AccessDeniedException")
    actions = [f"dynamodb:{name}" for name in ("DescribeStream", "GetShardIterator", "GetRecords")]
    allowing = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": actions}
    table = reader.arn.partition("/stream/")[0]

    def policy(resource: str) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [{**allowing, "Resource": resource}]})

    reader.tables.put_resource_policy(ResourceArn=table, Policy=policy(f"{table}/*"))
    assert refused(other.records).startswith("AccessDeniedException")  # the table's is not the stream's
    assert refused(reader.tables.get_resource_policy, ResourceArn=reader.arn).startswith("PolicyNotFoundException")
    wrong = policy(table)
    assert refused(reader.tables.put_resource_policy, ResourceArn=reader.arn, Policy=wrong).startswith("Validation")
    made = reader.tables.put_resource_policy(ResourceArn=reader.arn, Policy=policy(reader.arn))
    found = reader.tables.get_resource_policy(ResourceArn=reader.arn)
    assert (found["RevisionId"], found["Policy"]) == (made["RevisionId"], policy(reader.arn))
    assert len(other.records()) == 1
    gone = {"ResourceArn": reader.arn, "ExpectedRevisionId": "1"}
    assert refused(reader.tables.delete_resource_policy, **gone).startswith("PolicyNotFoundException")
    reader.tables.delete_resource_policy(ResourceArn=reader.arn)
    assert refused(other.records).startswith("AccessDeniedException")
    missing = reader.arn + "9"
    assert refused(reader.tables.get_resource_policy, ResourceArn=missing).startswith("ResourceNotFoundException")
