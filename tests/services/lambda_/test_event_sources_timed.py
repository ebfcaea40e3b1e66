"""Event source mappings in a cloud whose clock stands still: windows, throttling, limits, and what is counted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.lambda_.test_event_sources_queues import Room
from tests.services.lambda_.test_event_sources_streams import KEYS, Table

# Tells what it got of a window, and counts its records in the state; `bad` gets no state, `big` one that is too big.
COUNTER = """
import json, os, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    names = [record["dynamodb"]["Keys"]["id"]["S"] for record in event.pop("Records")]
    count = event["state"].get("count", 0) + len(names)
    event["state"].pop("pad", None)
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps({"names": names, **event}))
    if event["isFinalInvokeForWindow"] or "bad" in names:
        return {}
    return {"state": {"count": count, **({"pad": "x" * 2**20} if "big" in names else {})}}
"""
SLOW = """
import json, os, time, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    time.sleep(0.2)
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(context.log_stream_name))
"""


@pytest.fixture
def table(clients: Callable[..., Any]) -> Table:
    """A table in the account of the test."""
    return Table(clients)


class Metrics:
    """Sums of Lambda's metrics."""

    def __init__(self, clients: Callable[..., Any]) -> None:
        self._cloudwatch = clients("cloudwatch")

    def total(self, name: str, statistic: str = "Sum", **dimensions: str) -> float:
        found = self._cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=name, Period=86400, Statistics=[statistic],
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=datetime.now(UTC) - timedelta(days=3), EndTime=datetime.now(UTC) + timedelta(days=30),
        )  # fmt: skip
        values = [point[statistic] for point in found["Datapoints"]]
        return float(sum(values) if statistic == "Sum" else max(values, default=-1))

    def until(self, name: str, least: float, **dimensions: str) -> float:
        """The sum, once it is so much."""
        deadline = time.monotonic() + 30
        while (found := self.total(name, **dimensions)) < least:
            assert time.monotonic() < deadline, (name, found)
        return found


@pytest.fixture
def metrics(clients: Callable[..., Any]) -> Metrics:
    """The account's metrics."""
    return Metrics(clients)


def test_state_goes_through_a_window_and_survives_a_killed_cloud(table: Table, still: RunningCloud) -> None:
    table.function(source=COUNTER)
    table.put("a", "b")
    table.follow(TumblingWindowInSeconds=60, BatchSize=1)
    first, second = table.told(2)
    assert first["names"] == ["a"] and first["state"] == {} and second["state"] == {"count": 1}
    start, end = (datetime.fromisoformat(first["window"][side]) for side in ("start", "end"))
    assert (end - start).total_seconds() == 60 and start.second == 0 and first["window"]["end"][-1] == "Z"
    assert first["eventSourceARN"] == table.stream and first["shardId"].startswith("shardId-")
    assert not first["isFinalInvokeForWindow"] and not first["isWindowTerminatedEarly"]
    still.settle()  # the second batch is done, not only told of: else it would rightly come again
    still.kill()
    still.restart()
    still.clock_advance(60)
    table.put("c")
    final, third = table.told(2)
    assert final["names"] == [] and final["isFinalInvokeForWindow"] and final["state"] == {"count": 2}
    assert final["window"] == first["window"]
    assert third["names"] == ["c"] and third["state"] == {} and third["window"]["start"] >= final["window"]["end"]


def test_answer_without_state_has_failed_and_too_much_state_ends_a_window_early(
    table: Table, still: RunningCloud
) -> None:
    table.function(source=COUNTER)
    uuid = table.follow(TumblingWindowInSeconds=900, BatchSize=1, MaximumRetryAttempts=1)
    table.put("bad")
    assert [event["names"] for event in table.told()] == [["bad"]]
    table.waits(uuid)
    table.put("big", "after")
    still.clock_advance(2)
    again, big, early, after = table.told(4)
    assert again["names"] == ["bad"] and big["names"] == ["big"] and big["state"] == {}
    assert early["names"] == [] and early["isWindowTerminatedEarly"] and early["state"] == {"count": 1}
    assert after["names"] == ["after"] and after["state"] == {}


def test_throttled_batches_wait_and_that_is_no_try(table: Table, still: RunningCloud, metrics: Metrics) -> None:
    table.function(source=KEYS)
    table.function("reader", source="import os, boto3\n"
                   "def handler(event, context):\n"
                   "    for one in event['Records']:\n"
                   "        boto3.client('sqs').send_message(QueueUrl=os.environ['RESULTS'],"
                   " MessageBody='\"' + one['attributes']['ApproximateReceiveCount'] + '\"')\n")  # fmt: skip
    for name in ("teller", "reader"):
        table.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    url, arn = table.queue("work", VisibilityTimeout="30")
    uuid = table.follow(MaximumRetryAttempts=0)
    table.map(arn, "reader")
    table.put("a")
    table.sqs.send_message(QueueUrl=url, MessageBody="work")
    for name in ("teller", "reader"):
        metrics.until("Throttles", 1, FunctionName=name)
    still.clock_advance(2)
    metrics.until("Throttles", 2, FunctionName="teller")
    assert table.result(uuid) == "No records processed"
    left = table.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    assert left["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"
    for name in ("teller", "reader"):
        table.functions.delete_function_concurrency(FunctionName=name)
    still.clock_advance(61)
    told = table.told(2)
    assert ["a"] in told and "2" in told  # the message came back, and was received once more


def test_no_more_batches_at_once_than_the_mapping_may(clients: Callable[..., Any]) -> None:
    room = Room(clients)
    room.function("slow", SLOW)
    url, arn = room.queue("work")
    for start in (0, 10):
        entries = [{"Id": str(at), "MessageBody": str(at)} for at in range(start, start + 10)]
        room.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    uuid = room.map(arn, "slow", BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    assert room.functions.get_event_source_mapping(UUID=uuid)["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert len(set(room.told(20))) == 2
    answer = room.functions.update_event_source_mapping(UUID=uuid, ScalingConfig={})
    assert "ScalingConfig" not in answer


def test_a_move_of_the_clock_waits_for_what_a_function_has_in_hand(
    clients: Callable[..., Any], still: RunningCloud
) -> None:
    room = Room(clients)
    room.function("slow", SLOW)
    url, arn = room.queue("work")
    room.map(arn, "slow")
    before = datetime.fromisoformat(still.control("clock")["now"]).timestamp()
    room.sqs.send_message(QueueUrl=url, MessageBody="now")
    still.clock_advance(86_400)
    (told,) = room.sqs.receive_message(QueueUrl=room.results, AttributeNames=["SentTimestamp"])["Messages"]
    assert int(told["Attributes"]["SentTimestamp"]) == pytest.approx(before * 1000, abs=1)  # not a day later


def test_failures_reach_topics_and_buckets_and_are_counted(
    table: Table, clients: Callable[..., Any], metrics: Metrics, account: str, still: RunningCloud
) -> None:
    sns, s3 = clients("sns"), clients("s3")
    topic = sns.create_topic(Name="failed")["TopicArn"]
    url, arn = table.queue("failed")
    allow = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}]}
    table.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allow)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    bucket = f"failed-{account}"
    s3.create_bucket(Bucket=bucket)
    tell = {"Statement": [{"Effect": "Allow", "Action": ["sns:Publish", "s3:PutObject"], "Resource": "*"}]}
    table.iam.put_role_policy(RoleName="worker", PolicyName="more", PolicyDocument=json.dumps(tell))
    table.function(source=KEYS)
    table.function("keeper", source=KEYS)
    counted: dict[str, Any] = {"MaximumRetryAttempts": 0, "MetricsConfig": {"Metrics": ["EventCount"]}}
    told = table.follow(DestinationConfig={"OnFailure": {"Destination": topic}}, **counted)
    kept = table.map(
        table.stream, "keeper", StartingPosition="TRIM_HORIZON",
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}, **counted,
    )  # fmt: skip
    assert table.functions.get_event_source_mapping(UUID=kept)["MetricsConfig"] == {"Metrics": ["EventCount"]}
    table.put("bad")
    [message] = table.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=15)["Messages"]
    record = json.loads(json.loads(message["Body"])["Message"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted" and "payload" not in record
    for uuid in (told, kept):
        assert metrics.until("OnFailureDestinationDeliveredEventCount", 1, EventSourceMappingUUID=uuid) == 1
    [found] = s3.list_objects_v2(Bucket=bucket)["Contents"]
    shard, day = record["DDBStreamBatchInfo"]["shardId"], record["timestamp"][:10]
    assert found["Key"].startswith(f"aws/lambda/{kept}/{shard}/{day.replace('-', '/')}/{day}T"), found["Key"]
    body = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    [change] = json.loads(body["payload"])["Records"]
    assert change["dynamodb"]["Keys"] == {"id": {"S": "bad"}}
    assert body["DDBStreamBatchInfo"]["batchSize"] == 1 and body["responseContext"]["functionError"] == "Unhandled"
    for name in ("PolledEventCount", "InvokedEventCount", "FailedInvokeEventCount"):
        assert metrics.until(name, 1, EventSourceMappingUUID=kept) == 1, name
    assert metrics.total("DroppedEventCount", EventSourceMappingUUID=kept) == 0
    assert 0 <= metrics.total("IteratorAge", "Maximum", FunctionName="keeper") <= 1000  # within the stream's second

    def roots(operation: str) -> set[str]:
        entries = still.control(f"journal?account={account}&operation={operation}")["entries"]
        return {entry["trace"].partition(";")[0] for entry in entries if "/worker/" in entry["principal"]}

    # What the function does, and what becomes of its failure, is one trace.
    assert len(roots("Publish") | roots("PutObject")) == 2
    assert roots("Publish") | roots("PutObject") == roots("SendMessage")


def test_batch_that_cannot_be_told_is_dropped(table: Table, clients: Callable[..., Any], metrics: Metrics) -> None:
    table.function(source=KEYS)
    url, arn = table.queue("failed")
    settings: dict[str, Any] = {"MaximumRetryAttempts": 0, "MetricsConfig": {"Metrics": ["EventCount"]}}
    uuid = table.follow(DestinationConfig={"OnFailure": {"Destination": arn}}, **settings)
    table.sqs.delete_queue(QueueUrl=url)
    table.put("bad")
    assert metrics.until("DroppedEventCount", 1, EventSourceMappingUUID=uuid) == 1
    assert metrics.total("DestinationDeliveryFailures", FunctionName="teller") == 1


def test_queue_mapping_counts_what_it_polls_filters_and_deletes(clients: Callable[..., Any], metrics: Metrics) -> None:
    room = Room(clients)
    room.function()
    url, arn = room.queue("work")
    for body in ("{}", '{"go": 1}', '{"go": 1}'):
        room.sqs.send_message(QueueUrl=url, MessageBody=body)
    only = {"Filters": [{"Pattern": json.dumps({"body": {"go": [1]}})}]}
    uuid = room.map(arn, FilterCriteria=only, MetricsConfig={"Metrics": ["EventCount"]})
    assert metrics.until("DeletedEventCount", 3, EventSourceMappingUUID=uuid) == 3
    for name, count in (("PolledEventCount", 3), ("FilteredOutEventCount", 1), ("InvokedEventCount", 2)):
        assert metrics.until(name, count, EventSourceMappingUUID=uuid) == count, name
    room.functions.update_event_source_mapping(UUID=uuid, MetricsConfig={"Metrics": []})
    assert "MetricsConfig" not in room.functions.get_event_source_mapping(UUID=uuid)


def test_stream_gathers_within_its_batching_window(table: Table, still: RunningCloud) -> None:
    table.function(source=KEYS)
    table.put("a")
    table.follow(MaximumBatchingWindowInSeconds=60)
    table.put("b")
    assert "Messages" not in table.sqs.receive_message(QueueUrl=table.results)
    # The window begins when its first record is read, which may be after a move of the clock: so it is moved twice.
    for _ in range(2):
        still.clock_advance(61)
    assert sum(table.told(), []) == ["a", "b"]
