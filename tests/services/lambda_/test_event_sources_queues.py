"""Event source mappings of queues: what a function gets, what is deleted, and what comes back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.lambda_.conftest import TRUST, refused, zipped

QUEUE_ROLE = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
# Tells the queue `results` each event, then does what the first body says.
TELLER = """
import json, os, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(event))
    bodies = [record["body"] for record in event["Records"]]
    if any("fail" in body for body in bodies):
        raise ValueError("told to")
    if os.environ.get("ANSWER"):
        bad = [record["messageId"] for record in event["Records"] if "bad" in record["body"]]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}
"""


class Room:
    """A function that tells what it got, and queues for it, in one account."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.sqs, self.functions, iam = client("sqs"), client("lambda"), client("iam")
        role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.attach_role_policy(RoleName="worker", PolicyArn=QUEUE_ROLE)
        tell = {"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}
        iam.put_role_policy(RoleName="worker", PolicyName="tell", PolicyDocument=json.dumps(tell))
        self.iam, self.role = iam, role
        self.results = self.sqs.create_queue(QueueName="results")["QueueUrl"]

    def function(self, name: str = "teller", source: str = TELLER, **settings: Any) -> None:
        variables = {"RESULTS": self.results, **settings.pop("Variables", {})}
        self.functions.create_function(
            FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=self.role, Timeout=20,
            Code={"ZipFile": zipped(source)}, Environment={"Variables": variables}, **settings,
        )  # fmt: skip

    def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        """A queue's URL and ARN."""
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def map(self, source: str, name: str = "teller", **settings: Any) -> str:
        """The UUID of a mapping that is enabled."""
        made = self.functions.create_event_source_mapping(EventSourceArn=source, FunctionName=name, **settings)
        at_once = ":sqs:" in source and not settings.get("Enabled", True)
        assert made["State"] == ("Disabled" if at_once else "Creating")
        return self.settled(made["UUID"])

    def settled(self, uuid: str) -> str:
        deadline = time.monotonic() + 10
        while self.functions.get_event_source_mapping(UUID=uuid)["State"] not in ("Enabled", "Disabled"):
            assert time.monotonic() < deadline
        return uuid

    def told(self, count: int = 1) -> list[Any]:
        """The next events that the function got."""
        found: list[Any] = []
        while len(found) < count:
            got = self.sqs.receive_message(QueueUrl=self.results, WaitTimeSeconds=15, MaxNumberOfMessages=1)
            assert "Messages" in got, f"{len(found)} of {count} came"
            for message in got["Messages"]:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.results, ReceiptHandle=message["ReceiptHandle"])
        return found

    def emptied(self, url: str) -> None:
        """Return once a queue has no message at all."""
        self.holds(url, hidden=0)

    def holds(self, url: str, hidden: int) -> None:
        """Return once a queue has only so many messages, all of them received."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        deadline = time.monotonic() + 30
        while True:
            found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            if [found[name] for name in names] == ["0", str(hidden)]:
                return
            assert time.monotonic() < deadline, found


@pytest.fixture
def room(client: Callable[..., Any]) -> Room:
    """The function's room."""
    return Room(client)


def test_message_reaches_the_function_as_on_aws_and_is_deleted(room: Room, account: str) -> None:
    room.function()
    url, arn = room.queue("work")
    uuid = room.map(arn)
    typed = {"kind": {"DataType": "String", "StringValue": "a"}, "raw": {"DataType": "Binary", "BinaryValue": b"\0"}}
    sent = room.sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=typed)
    [event] = room.told()
    [record] = event["Records"]
    assert record["receiptHandle"] and record["attributes"].pop("SentTimestamp")
    assert record["attributes"].pop("ApproximateFirstReceiveTimestamp") and record["attributes"].pop("SenderId")
    record["attributes"].pop("AWSTraceHeader", None)
    assert {name: value for name, value in record.items() if name != "receiptHandle"} == {
        "messageId": sent["MessageId"],
        "body": "hello",
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {
            "kind": {"stringValue": "a", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
            "raw": {"binaryValue": "AA==", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        },
        "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
        "md5OfBody": sent["MD5OfMessageBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "us-east-1",
    }
    room.emptied(url)
    shown = room.functions.get_event_source_mapping(UUID=uuid)
    assert {name: shown[name] for name in shown if name not in ("LastModified", "ResponseMetadata")} == {
        "UUID": uuid,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": arn,
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:{account}:event-source-mapping:{uuid}",
        "FunctionArn": f"arn:aws:lambda:us-east-1:{account}:function:teller",
        "FunctionResponseTypes": [],
        "State": "Enabled",
        "StateTransitionReason": "USER_INITIATED",
    }


def test_failed_batch_comes_back_after_the_visibility_timeout_and_is_dead_in_the_end(
    still: RunningCloud, clients: Callable[[str], Any]
) -> None:
    room = Room(clients)
    room.function()
    dead, dead_arn = room.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = room.queue("work", RedrivePolicy=redrive, VisibilityTimeout="30")
    room.map(arn, BatchSize=1)
    room.sqs.send_message(QueueUrl=url, MessageBody="fail")
    for count in ("1", "2"):
        [event] = room.told()
        assert event["Records"][0]["attributes"]["ApproximateReceiveCount"] == count
        still.clock_advance(31)
    got = room.sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=15)
    assert [message["Body"] for message in got["Messages"]] == ["fail"]


def test_partial_batch_response_keeps_only_what_failed(still: RunningCloud, clients: Callable[[str], Any]) -> None:
    room = Room(clients)
    room.function(Variables={"ANSWER": "1"})
    url, arn = room.queue("work", VisibilityTimeout="30")
    for body in ("good", "bad", "better"):
        room.sqs.send_message(QueueUrl=url, MessageBody=body)
    room.map(arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    [event] = room.told()
    assert [record["body"] for record in event["Records"]] == ["good", "bad", "better"]
    room.holds(url, hidden=1)
    still.clock_advance(31)
    [event] = room.told()
    assert [record["body"] for record in event["Records"]] == ["bad"]


def test_window_gathers_more_than_ten(still: RunningCloud, clients: Callable[[str], Any]) -> None:
    room = Room(clients)
    room.function()
    url, arn = room.queue("work", VisibilityTimeout="600")
    room.map(arn, BatchSize=100, MaximumBatchingWindowInSeconds=60)
    for start in (0, 10, 20):
        entries = [{"Id": str(at), "MessageBody": str(at)} for at in range(start, start + 10)]
        room.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    room.holds(url, hidden=30)  # the window has begun
    still.clock_advance(30)
    assert "Messages" not in room.sqs.receive_message(QueueUrl=room.results)
    still.clock_advance(31)
    [event] = room.told()
    assert sorted(int(record["body"]) for record in event["Records"]) == list(range(30))


def test_filters_drop_what_they_do_not_let_through(room: Room) -> None:
    room.function()
    url, arn = room.queue("work")
    pattern = {"body": {"kind": ["order"], "total": [{"numeric": [">", 10]}]}}
    room.map(arn, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    for body in ({"kind": "order", "total": 5}, {"kind": "note"}, "no JSON", {"kind": "order", "total": 50}):
        room.sqs.send_message(QueueUrl=url, MessageBody=body if isinstance(body, str) else json.dumps(body))
    [event] = room.told()
    assert [json.loads(record["body"])["total"] for record in event["Records"]] == [50]
    room.emptied(url)  # what was filtered out is deleted, as on AWS


def test_fifo_groups_stay_in_order(room: Room) -> None:
    room.function()
    url, arn = room.queue("work.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    room.map(arn, BatchSize=2)
    for number in range(6):
        room.sqs.send_message(QueueUrl=url, MessageBody=f"m{number}", MessageGroupId=f"g{number % 2}")
    room.emptied(url)
    got: dict[str, list[str]] = {}
    total = 0
    while total < 6:
        for event in room.told():
            for record in event["Records"]:
                got.setdefault(record["attributes"]["MessageGroupId"], []).append(record["body"])
                total += 1
    # The results' own queue is a standard one: in which order events were told is not known.
    assert {name: sorted(bodies) for name, bodies in got.items()} == {
        "g0": ["m0", "m2", "m4"],
        "g1": ["m1", "m3", "m5"],
    }


def test_disabled_mapping_reads_nothing_until_enabled(room: Room) -> None:
    room.function()
    url, arn = room.queue("work")
    uuid = room.map(arn, Enabled=False)
    assert room.functions.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    room.sqs.send_message(QueueUrl=url, MessageBody="later")
    found = room.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert found["Attributes"]["ApproximateNumberOfMessages"] == "1"
    assert room.functions.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
    [event] = room.told()
    assert event["Records"][0]["body"] == "later"
    assert room.functions.update_event_source_mapping(UUID=room.settled(uuid), Enabled=False)["State"] == "Disabling"
    assert room.functions.delete_event_source_mapping(UUID=room.settled(uuid))["State"] == "Deleting"
    room.emptied(url)


def test_mapping_survives_a_killed_cloud(fresh_cloud: Any) -> None:
    room = Room(fresh_cloud.client)
    room.function()
    url, arn = room.queue("work", VisibilityTimeout="30")
    room.map(arn)
    fresh_cloud.kill()
    fresh_cloud.restart()
    room.sqs.send_message(QueueUrl=url, MessageBody="after")
    [event] = room.told()
    assert event["Records"][0]["body"] == "after"


def test_role_must_be_allowed_to_read_at_creation_and_later(room: Room, client: Callable[..., Any]) -> None:
    poor = room.iam.create_role(RoleName="poor", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    room.functions.create_function(
        FunctionName="poor", Runtime="python3.11", Handler="app.handler", Role=poor, Code={"ZipFile": zipped()}
    )
    _, arn = room.queue("work")
    with refused("InvalidParameterValueException") as refusal:
        room.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="poor")
    assert refusal.message == "The provided execution role does not have permissions to call ReceiveMessage on SQS"
    room.iam.attach_role_policy(RoleName="poor", PolicyArn=QUEUE_ROLE)
    uuid = room.map(arn, "poor")
    room.iam.detach_role_policy(RoleName="poor", PolicyArn=QUEUE_ROLE)
    room.sqs.send_message(QueueUrl=room.queue("work")[0], MessageBody="x")
    deadline = time.monotonic() + 30
    while "PROBLEM" not in room.functions.get_event_source_mapping(UUID=uuid).get("LastProcessingResult", ""):
        assert time.monotonic() < deadline


def test_another_accounts_queue_is_read_when_its_policy_lets_the_role(
    room: Room, cloud: RunningCloud, account: str
) -> None:
    room.function()
    theirs = Room(lambda service: cloud.client(service, key=account[::-1].replace("0", "1")))
    url, arn = theirs.queue("theirs")
    with refused("InvalidParameterValueException"):
        room.functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="teller")
    may = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    allow = {"Effect": "Allow", "Principal": {"AWS": room.role}, "Action": may, "Resource": arn}
    theirs.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [allow]})})
    room.map(arn)
    theirs.sqs.send_message(QueueUrl=url, MessageBody="from afar")
    [event] = room.told()
    assert [record["eventSourceARN"] for record in event["Records"]] == [arn]
    theirs.emptied(url)


def test_what_cannot_be_mapped(room: Room, account: str) -> None:
    room.function()
    _, arn = room.queue("work")
    _, fifo = room.queue("work.fifo", FifoQueue="true")
    _, short = room.queue("short", VisibilityTimeout="5")
    missing = arn + "-not"
    make = room.functions.create_event_source_mapping
    invalid = "InvalidParameterValueException"
    for given, code, text in (
        ({}, invalid, "Unrecognized event source."),
        ({"EventSourceArn": f"arn:aws:s3:us-east-1:{account}:x"}, invalid, "Unrecognized event source."),
        ({"EventSourceArn": arn, "FunctionName": "none"}, invalid, "Function does not exist"),
        (
            {"EventSourceArn": arn, "StartingPosition": "LATEST"}, invalid,
            "StartingPosition is not valid for SQS event sources.",
        ),
        (
            {"EventSourceArn": arn, "BatchSize": 11}, invalid,
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        ({"EventSourceArn": fifo, "BatchSize": 11}, invalid, "Maximum batch size"),
        (
            {"EventSourceArn": short}, invalid,
            "Queue visibility timeout: 5 seconds is less than Function timeout: 20 seconds",
        ),
        ({"EventSourceArn": missing}, invalid, "AWS.SimpleQueueService.NonExistentQueue"),
        (
            {"EventSourceArn": arn, "FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, invalid,
            "Invalid filter pattern definition.",
        ),
        ({"EventSourceArn": arn, "MaximumRetryAttempts": 3}, invalid, "Unsupported MaximumRetryAttempts parameter"),
        ({"EventSourceArn": f"arn:aws:kinesis:us-east-1:{account}:stream/s"}, "NotImplemented", "kinesis"),
    ):  # fmt: skip
        with refused(code) as refusal:
            make(**{"FunctionName": "teller", **given})
        assert text in refusal.message, given
    uuid = room.map(arn)
    with refused("ResourceConflictException") as refusal:
        make(EventSourceArn=arn, FunctionName="teller")
    assert refusal.message == (
        f'An event source mapping with SQS arn (" {arn} ") and function (" teller ") already exists.'
        f" Please update or delete the existing mapping with UUID {uuid}"
    )
    with refused("InvalidParameterValueException") as refusal:
        room.functions.update_event_source_mapping(UUID=uuid, BatchSize=11)
    assert refusal.message.startswith("Maximum batch window in seconds must be greater than 0")
    for ask in (room.functions.get_event_source_mapping, room.functions.delete_event_source_mapping):
        with refused("ResourceNotFoundException") as refusal:
            ask(UUID="00000000-0000-4000-8000-000000000000")
        assert refusal.message == "The resource you requested does not exist."


def test_mappings_are_listed_and_tagged(room: Room) -> None:
    room.function()
    room.function("other")
    _, arn = room.queue("work")
    first = room.map(arn, Tags={"team": "a"})
    second = room.map(arn, "other")
    listed = room.functions.list_event_source_mappings
    assert {one["UUID"] for one in listed()["EventSourceMappings"]} == {first, second}
    assert [one["UUID"] for one in listed(FunctionName="other")["EventSourceMappings"]] == [second]
    assert len(listed(EventSourceArn=arn, MaxItems=1)["EventSourceMappings"]) == 1
    named = room.functions.get_event_source_mapping(UUID=first)["EventSourceMappingArn"]
    with refused("ResourceConflictException"):
        room.functions.update_event_source_mapping(UUID=second, FunctionName="teller")
    room.functions.tag_resource(Resource=named, Tags={"more": "b"})
    assert room.functions.list_tags(Resource=named)["Tags"] == {"team": "a", "more": "b"}


def test_many_messages_flow_in_parallel(room: Room) -> None:
    room.function("sink", "def handler(event, context):\n    pass\n")
    url, arn = room.queue("work")
    for start in range(0, 500, 10):
        entries = [{"Id": str(at), "MessageBody": str(at)} for at in range(start, start + 10)]
        room.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    room.map(arn, "sink")
    room.emptied(url)
