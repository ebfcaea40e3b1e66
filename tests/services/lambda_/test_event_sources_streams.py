"""Event source mappings of tables' streams: order, tries, halves, ages, destinations."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.lambda_.conftest import TRUST, refused
from tests.services.lambda_.test_event_sources_queues import Room

STREAMS = "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole"
# Tells the queue `results` which items came and how often; fails as items and variables say.
KEYS = """
import json, os, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    names = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(names))
    bad = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]
           if record["dynamodb"]["Keys"]["id"]["S"].startswith("bad")]
    if os.environ.get("ANSWER"):
        return {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}
    if bad:
        raise ValueError("told to")
"""


class Table(Room):
    """A table with a stream, and functions for it."""

    def __init__(self, client: Callable[..., Any]) -> None:
        super().__init__(client)
        self.iam.attach_role_policy(RoleName="worker", PolicyArn=STREAMS)
        self.dynamodb = client("dynamodb")
        made = self.dynamodb.create_table(
            TableName="items",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.stream = made["TableDescription"]["LatestStreamArn"]

    def put(self, *names: str, **more: Any) -> None:
        for name in names:
            self.dynamodb.put_item(TableName="items", Item={"id": {"S": name}, **more})

    def follow(self, **settings: Any) -> str:
        return self.map(self.stream, **{"StartingPosition": "TRIM_HORIZON", **settings})

    def result(self, uuid: str) -> str:
        return str(self.functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"])

    def waits(self, uuid: str) -> None:
        """Return once a batch has failed, and its next try waits for its time."""
        deadline = time.monotonic() + 30
        while self.result(uuid) != "PROBLEM: Function call failed":
            assert time.monotonic() < deadline


@pytest.fixture
def table(client: Callable[..., Any]) -> Table:
    """A table in the account of the test."""
    return Table(client)


@pytest.fixture
def timed(clients: Callable[[str], Any]) -> Table:
    """A table in a cloud whose clock stands still until it is moved."""
    made = Table(clients)
    made.function(source=KEYS)
    return made


def test_change_reaches_the_function_as_on_aws(table: Table, account: str) -> None:
    table.function()
    uuid = table.follow()
    table.put("a", n={"N": "1"}, raw={"B": b"\0"})
    [event] = table.told()
    [record] = event["Records"]
    assert record.pop("eventID") and record["dynamodb"].pop("SequenceNumber")
    assert isinstance(record["dynamodb"].pop("ApproximateCreationDateTime"), float)
    assert record["dynamodb"].pop("SizeBytes") > 0
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "Keys": {"id": {"S": "a"}},
            "NewImage": {"id": {"S": "a"}, "n": {"N": "1"}, "raw": {"B": "AA=="}},
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": table.stream,
    }
    shown = table.functions.get_event_source_mapping(UUID=uuid)
    assert {name: shown[name] for name in shown if name not in ("LastModified", "ResponseMetadata")} == {
        "UUID": uuid,
        "BatchSize": 100,
        "BisectBatchOnFunctionError": False,
        "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": table.stream,
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:{account}:event-source-mapping:{uuid}",
        "FunctionArn": f"arn:aws:lambda:us-east-1:{account}:function:teller",
        "FunctionResponseTypes": [],
        "LastProcessingResult": shown["LastProcessingResult"],
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": -1,
        "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1,
        "StartingPosition": "TRIM_HORIZON",
        "State": "Enabled",
        "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
    }
    with refused("ResourceConflictException") as refusal:
        table.follow()
    assert refusal.message == (
        f'The event source arn (" {table.stream} ") and function (" teller ") provided mapping already exists.'
        f" Please update or delete the existing mapping with UUID {uuid}"
    )


def test_latest_begins_with_what_comes_and_batches_are_in_order(table: Table) -> None:
    table.function(source=KEYS)
    table.put("before")
    table.follow(StartingPosition="LATEST", BatchSize=2)
    names = [f"n{number}" for number in range(7)]
    table.put(*names)
    got: list[str] = []
    while len(got) < 7:
        [batch] = table.told()
        assert len(batch) <= 2
        got += batch
    assert got == names


def test_filter_and_parallel_lanes(table: Table) -> None:
    table.function(source=KEYS)
    pattern = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["order"]}}}}
    table.follow(ParallelizationFactor=4, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    for number in range(6):
        table.put(f"o{number}", kind={"S": "order"})
        table.put(f"x{number}", kind={"S": "other"})
    got: list[str] = []
    while len(got) < 6:
        got += table.told()[0]
    assert sorted(got) == [f"o{number}" for number in range(6)]


def test_batch_that_fails_blocks_until_its_tries_are_over_and_is_told(timed: Table, still: RunningCloud) -> None:
    failed, failed_arn = timed.queue("failed")
    uuid = timed.follow(
        BatchSize=1, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": failed_arn}}
    )
    timed.put("bad", "good")
    assert timed.told() == [["bad"]]
    timed.waits(uuid)
    assert "Messages" not in timed.sqs.receive_message(QueueUrl=timed.results)
    still.clock_advance(2)
    assert timed.told(2) == [["bad"], ["good"]]
    message = timed.sqs.receive_message(QueueUrl=failed, WaitTimeSeconds=10)["Messages"][0]
    told = json.loads(message["Body"])
    assert told["requestContext"].pop("requestId")
    assert told["requestContext"] == {
        "functionArn": timed.functions.get_function(FunctionName="teller")["Configuration"]["FunctionArn"],
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 2,
    }
    assert told["responseContext"] == {
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled",
    }  # fmt: skip
    assert told["version"] == "1.0" and told["timestamp"]
    about = told["DDBStreamBatchInfo"]
    assert about["batchSize"] == 1 and about["streamArn"] == timed.stream and about["shardId"].startswith("shardId-")
    assert about["startSequenceNumber"] == about["endSequenceNumber"]
    assert timed.result(uuid) == "OK"


def test_failing_batch_is_halved(timed: Table) -> None:
    timed.follow(MaximumRetryAttempts=0, BisectBatchOnFunctionError=True, Enabled=False)
    timed.put("a", "b", "bad", "c")
    uuid = timed.functions.list_event_source_mappings()["EventSourceMappings"][0]["UUID"]
    timed.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert timed.told(5) == [["a", "b", "bad", "c"], ["a", "b"], ["bad", "c"], ["bad"], ["c"]]


def test_reported_failure_is_where_it_goes_on(still: RunningCloud, clients: Callable[[str], Any]) -> None:
    table = Table(clients)
    table.function(source=KEYS, Variables={"ANSWER": "1"})
    table.put("a", "bad", "c")
    uuid = table.follow(MaximumRetryAttempts=1, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert table.told() == [["a", "bad", "c"]]
    table.waits(uuid)
    still.clock_advance(2)
    assert table.told() == [["bad", "c"]]


def test_records_that_are_too_old_are_given_up(timed: Table, still: RunningCloud) -> None:
    failed, failed_arn = timed.queue("failed")
    timed.put("old")
    still.clock_advance(120)
    timed.put("young")
    timed.follow(MaximumRecordAgeInSeconds=60, DestinationConfig={"OnFailure": {"Destination": failed_arn}})
    assert timed.told() == [["young"]]
    message = timed.sqs.receive_message(QueueUrl=failed, WaitTimeSeconds=10)["Messages"][0]
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RecordAgeExceeded" and "responseContext" not in told


def test_killed_cloud_goes_on_behind_what_is_done(fresh_cloud: Any) -> None:
    table = Table(fresh_cloud.client)
    table.function(source=KEYS)
    uuid = table.follow(StartingPosition="LATEST")
    table.put("first")
    assert table.told() == [["first"]]
    while table.result(uuid) != "OK":
        pass
    fresh_cloud.kill()
    fresh_cloud.restart()
    table.put("second")
    assert table.told() == [["second"]]


def test_what_a_stream_cannot_be_mapped_with(table: Table, account: str) -> None:
    table.function()
    invalid = "InvalidParameterValueException"
    gone = table.stream[:-3] + "999"
    for given, code, text in (
        ({}, invalid, "Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."),
        (
            {"StartingPosition": "LATEST", "StartingPositionTimestamp": 1}, invalid,
            "Timestamp only valid with StartingPosition AT_TIMESTAMP",
        ),
        (
            {"StartingPosition": "0"}, "ValidationException",
            "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
        ),
        ({"StartingPosition": "AT_TIMESTAMP"}, invalid, "Unsupported starting position for arn type"),
        ({"StartingPosition": "LATEST", "EventSourceArn": gone}, invalid, "Stream not found"),
        (
            {"StartingPosition": "LATEST", "ScalingConfig": {"MaximumConcurrency": 2}}, invalid,
            "Unsupported ScalingConfig parameter",
        ),
        (
            {"StartingPosition": "LATEST", "TumblingWindowInSeconds": 5, "ParallelizationFactor": 2},
            "NotImplemented", "TumblingWindowInSeconds",
        ),
        ({"StartingPosition": "LATEST", "MaximumRecordAgeInSeconds": 5}, invalid, "MaximumRecordAgeInSeconds"),
    ):  # fmt: skip
        with refused(code) as refusal:
            table.functions.create_event_source_mapping(
                **{"EventSourceArn": table.stream, "FunctionName": "teller", **given}
            )
        assert text in refusal.message, given
    poor = table.iam.create_role(RoleName="poor", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    table.functions.update_function_configuration(FunctionName="teller", Role=poor)
    with refused(invalid) as refusal:
        table.functions.create_event_source_mapping(
            EventSourceArn=table.stream, FunctionName="teller", StartingPosition="LATEST"
        )
    assert refusal.message.startswith(f"Cannot access stream {table.stream}. Please ensure the role can perform")
