"""Messages of standard queues: to send, receive, hide, delete them; delays, retention, dead letters."""

from __future__ import annotations

import json
from hashlib import md5
from typing import Any

import pytest

from cloudarium.services.sqs.operations import receiving
from tests.services.sqs.inside import Inside
from tests.services.sqs.queue import Queue, refused

TRACE = {
    "AWSTraceHeader": {
        "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        "DataType": "String",
    }
}


def text(value: str, kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}


def test_there_and_back(queue: Queue, account: str) -> None:
    body = '"&quot;\r\n\t<ä€😀>'
    sent = queue.send(body)
    assert sent["MD5OfMessageBody"] == md5(body.encode()).hexdigest()
    (message,) = queue.receive(AttributeNames=["All"])
    assert (message["Body"], message["MD5OfBody"]) == (body, sent["MD5OfMessageBody"])
    assert message["MessageId"] == sent["MessageId"]
    shown = message["Attributes"]
    assert shown["SenderId"] == account and shown["ApproximateReceiveCount"] == "1"
    assert shown["SentTimestamp"] <= shown["ApproximateFirstReceiveTimestamp"]
    assert queue.receive() == [] and queue.counts() == (0, 1, 0)
    for _ in range(3):
        queue.delete(message)
    assert queue.counts() == (0, 0, 0)


def test_digests_of_attributes(queue: Queue) -> None:
    """The digests that AWS was seen to answer: localstack, test_sqs.snapshot.json."""
    attributes = {"Help.Me": text("Me"), "Hello": text("There"), "General": text("Kenobi")}
    sent = queue.send("msg", MessageAttributes=attributes)
    assert sent["MD5OfMessageAttributes"] == "4c360f3fdafd970e05fae2f149d997f5"
    for asked, digest, names in (
        (["All"], "4c360f3fdafd970e05fae2f149d997f5", ["General", "Hello", "Help.Me"]),
        (["*"], "4c360f3fdafd970e05fae2f149d997f5", ["General", "Hello", "Help.Me"]),
        ([".*"], "4c360f3fdafd970e05fae2f149d997f5", ["General", "Hello", "Help.Me"]),
        (["Hello", "General"], "fca026605781cb4126a1e9044df24232", ["General", "Hello"]),
        (["Foo", "Hello"], "a311262e065454b75da111d535b8dacd", ["Hello"]),
        (["Hel.*"], "83fee93c1bcd8b9a5a923ffacdc636c7", ["Hello", "Help.Me"]),
        (["Foo", "Help"], None, []),
        (["AWS."], None, []),
        ([], None, []),
    ):
        (message,) = queue.receive(VisibilityTimeout=0, MessageAttributeNames=asked)
        assert message.get("MD5OfMessageAttributes") == digest
        assert sorted(message.get("MessageAttributes", {})) == names


def test_binary_attributes_and_the_trace(queue: Queue) -> None:
    binary = {
        "DataType": "Binary",
        "BinaryValue": b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01",
    }
    sent = queue.send("test", MessageAttributes={"attr1": binary}, MessageSystemAttributes=TRACE)
    assert sent["MD5OfMessageAttributes"] == "8cbe4db156db8a94db8b801b7addb984"
    assert sent["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    (message,) = queue.receive(MessageAttributeNames=["All"], MessageSystemAttributeNames=["AWSTraceHeader"])
    assert message["MessageAttributes"] == {"attr1": binary}
    assert message["Attributes"] == {"AWSTraceHeader": TRACE["AWSTraceHeader"]["StringValue"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a", text("")),
        ("a", text("x", "Invalid")),
        ("a", text("x", "")),
        ("a", text("x", "Number." + "L" * 256)),
        ("a", text("x", "Number")),
        ("a", text("NaN", "Number")),
        ("a", text("x\x08", "String")),
        ("a", {"DataType": "Binary", "StringValue": "x"}),
        ("a", {"DataType": "Binary", "BinaryValue": b""}),
        ("a", {"DataType": "String", "StringValue": "x", "BinaryValue": b"x"}),
        ("a", {"DataType": "String", "StringListValues": ["x"]}),
        ("aWs.-a", text("x")),
        ("AMAZON.a", text("x")),
        (".a", text("x")),
        ("a.", text("x")),
        ("a..b", text("x")),
        ("a!", text("x")),
        ("L" * 257, text("x")),
    ],
)
def test_attributes_that_no_message_has(queue: Queue, name: str, value: dict[str, Any]) -> None:
    refused("InvalidParameterValue", queue.send, "x", MessageAttributes={name: value})
    assert queue.counts() == (0, 0, 0)


def test_the_words_for_wrong_attributes(queue: Queue) -> None:
    said = refused("InvalidParameterValue", queue.send, "x", MessageAttributes={"ErrorDetails": text("")})
    assert said == "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'."
    many = {str(n): text("x") for n in range(11)}
    said = refused("InvalidParameterValue", queue.send, "x", MessageAttributes=many)
    assert said == "Number of message attributes [11] exceeds the allowed maximum [10]."
    queue.send("x", MessageAttributes={"attr.1øßä": text("1"), "n": text("-1.5e3", "Number.float")})


@pytest.mark.parametrize("body", ["\x00", "a\x08b", "\x13", "\x0b", "\uffff", "\ufffe"])
def test_characters_that_no_body_has(queue: Queue, body: str) -> None:
    refused("InvalidMessageContents", queue.send, body)
    entries = [{"Id": "1", "MessageBody": "fine"}, {"Id": "2", "MessageBody": body}]
    answer = queue.client.send_message_batch(QueueUrl=queue.url, Entries=entries)
    assert [each["Id"] for each in answer["Successful"]] == ["1"]
    assert [(each["Id"], each["Code"], each["SenderFault"]) for each in answer["Failed"]] == [
        ("2", "InvalidMessageContents", True)
    ]


def test_sizes(queue: Queue) -> None:
    attributes = {"k": text("x")}  # 8 bytes
    queue.send("a" * (1_048_576 - 8), MessageAttributes=attributes)
    said = refused("InvalidParameterValue", queue.send, "a" * (1_048_576 - 7), MessageAttributes=attributes)
    assert said == "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
    assert len(queue.receive()[0]["Body"]) == 1_048_576 - 8
    two = [{"Id": "1", "MessageBody": "a" * 1_048_576}, {"Id": "2", "MessageBody": "a"}]
    said = refused(
        "AWS.SimpleQueueService.BatchRequestTooLong",
        queue.client.send_message_batch,
        QueueUrl=queue.url,
        Entries=two,
    )
    assert said == "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    queue.set(MaximumMessageSize="1024")
    queue.send("a" * 1024)
    said = refused("InvalidParameterValue", queue.send, "ä" * 513)
    assert said.endswith("Message must be shorter than 1024 bytes.")


def test_batches(queue: Queue) -> None:
    sqs, url = queue.client, queue.url
    given = [{"Id": str(n), "MessageBody": f"m{n}"} for n in range(10)]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=given)
    assert [each["Id"] for each in sent["Successful"]] == [str(n) for n in range(10)]
    got = queue.receive()
    assert {each["MessageId"] for each in got} == {each["MessageId"] for each in sent["Successful"]}
    handles = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(got)]
    changes = [{**entry, "VisibilityTimeout": 60} for entry in handles[:9]] + [
        {"Id": "bad", "ReceiptHandle": "x", "VisibilityTimeout": 60}
    ]
    changed = sqs.change_message_visibility_batch(QueueUrl=url, Entries=changes)
    assert len(changed["Successful"]) == 9
    assert [(each["Id"], each["Code"]) for each in changed["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]
    gone = sqs.delete_message_batch(QueueUrl=url, Entries=[*handles[:9], {"Id": "bad", "ReceiptHandle": "x"}])
    assert len(gone["Successful"]) == 9
    assert [(each["Id"], each["Code"]) for each in gone["Failed"]] == [("bad", "ReceiptHandleIsInvalid")]
    assert queue.counts() == (0, 1, 0)


@pytest.mark.parametrize("method", ["send_message_batch", "delete_message_batch", "change_message_visibility_batch"])
def test_batches_that_are_none(queue: Queue, method: str) -> None:
    rest = {"MessageBody": "x", "ReceiptHandle": "x", "VisibilityTimeout": 1}
    names = {"send": ("MessageBody",), "delete": ("ReceiptHandle",), "change": ("ReceiptHandle", "VisibilityTimeout")}
    more = {name: rest[name] for name in names[method.partition("_")[0]]}

    def ask(*ids: str) -> None:
        getattr(queue.client, method)(QueueUrl=queue.url, Entries=[{"Id": id, **more} for id in ids])

    space = "AWS.SimpleQueueService."
    refused(f"{space}EmptyBatchRequest", ask)
    said = refused(f"{space}TooManyEntriesInBatchRequest", ask, *map(str, range(20)))
    assert said == "Maximum number of entries per request are 10. You have sent 20."
    for id in ("", "x" * 81, "in:valid", "ä"):
        said = refused(f"{space}InvalidBatchEntryId", ask, id)
        assert said.startswith("A batch entry id can only contain alphanumeric characters, hyphens and underscores.")
    assert refused(f"{space}BatchEntryIdsNotDistinct", ask, "a", "b", "a") == "Id a repeated."
    assert queue.counts() == (0, 0, 0)


# ---- Time ------------------------------------------------------------------------------------------------------------


def test_visibility(timed: Any, moving: Inside) -> None:
    queue = Queue(timed, "a", VisibilityTimeout="20")
    queue.send("x")
    (first,) = queue.receive()
    moving.clock_advance(19)
    assert queue.receive() == []
    queue.hide(first, 10)
    moving.clock_advance(9)
    assert queue.receive() == []
    moving.clock_advance(1)
    (second,) = queue.receive(VisibilityTimeout=0, AttributeNames=["ApproximateReceiveCount"])
    assert second["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    (third,) = queue.receive()
    queue.hide(first, 0)  # any handle of the message will do
    assert len(queue.receive()) == 1
    moving.clock_advance(30)
    queue.hide(third, 42)  # after its time-out, too
    assert queue.counts() == (0, 1, 0)
    queue.delete(first)
    said = refused("InvalidParameterValue", queue.hide, third, 1)
    assert said == (
        f"Value {third['ReceiptHandle']} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is "
        "not available for visibility timeout change."
    )


def test_twelve_hours_and_no_more(timed: Any, moving: Inside) -> None:
    queue = Queue(timed, "a")
    queue.send("x")
    (message,) = queue.receive()
    moving.clock_advance(20)
    for seconds in (-1, 43_201):
        refused("InvalidParameterValue", queue.hide, message, seconds)
    said = refused("InvalidParameterValue", queue.hide, message, 43_181)
    assert said == (
        "Value 43181 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is "
        "beyond the limit [43200 seconds]"
    )
    queue.hide(message, 43_180)
    moving.clock_advance(43_179)
    assert queue.receive() == []
    moving.clock_advance(1)
    assert queue.bodies() == ["x"]


def test_delays(timed: Any, moving: Inside) -> None:
    queue = Queue(timed, "a", DelaySeconds="10")
    queue.send("ten")
    queue.send("none", DelaySeconds=0)
    queue.send("long", DelaySeconds=900)
    assert queue.counts() == (1, 0, 2)
    assert queue.bodies() == ["none"]
    moving.clock_advance(10)
    assert queue.bodies() == ["ten"]
    for delay in (-1, 901):
        refused("InvalidParameterValue", queue.send, "x", DelaySeconds=delay)


def test_retention(timed: Any, moving: Inside) -> None:
    queue = Queue(timed, "a", MessageRetentionPeriod="60")
    queue.send("old")
    moving.clock_advance(30)
    queue.send("new")
    (first,) = queue.receive(1, VisibilityTimeout=0)
    assert first["Body"] == "old"
    moving.clock_advance(30)
    assert queue.counts() == (1, 0, 0)
    assert queue.bodies() == ["new"]
    moving.clock_advance(30)
    assert queue.counts() == (0, 0, 0)


def test_dead_letters(timed: Any, moving: Inside) -> None:
    dead = Queue(timed, "dead", MessageRetentionPeriod="600")
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    queue = Queue(timed, "a", RedrivePolicy=policy, VisibilityTimeout="0")
    sent = queue.send("x", MessageAttributes={"k": text("v")})
    (first,) = queue.receive(AttributeNames=["All"])
    moving.clock_advance(100)
    assert queue.bodies() == ["x"]
    assert queue.bodies() == []  # it goes when someone would receive it a third time
    (buried,) = dead.receive(AttributeNames=["All"], MessageAttributeNames=["All"])
    assert (buried["MessageId"], buried["Body"]) == (sent["MessageId"], "x")
    assert buried["Attributes"]["DeadLetterQueueSourceArn"] == queue.arn
    assert buried["Attributes"]["SentTimestamp"] == first["Attributes"]["SentTimestamp"]
    assert buried["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    moving.clock_advance(500)  # it ages from when it was sent
    assert dead.counts() == (0, 0, 0)


def test_a_dead_letter_queue_that_is_gone_takes_nothing(timed: Any) -> None:
    dead = Queue(timed, "dead")
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    queue = Queue(timed, "a", RedrivePolicy=policy, VisibilityTimeout="0")
    timed.delete_queue(QueueUrl=dead.url)
    queue.send("x")
    assert [queue.bodies() for _ in range(3)] == [["x"]] * 3


def test_messages_of_a_fifo_queue_are_buried_in_order(timed: Any) -> None:
    kind = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    dead = Queue(timed, "dead.fifo", **kind)
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    queue = Queue(timed, "a.fifo", RedrivePolicy=policy, VisibilityTimeout="0", **kind)
    for body in ("1", "2", "3"):
        queue.send(body, group="g")
    assert queue.bodies(2) == ["1", "2"]
    assert queue.bodies(VisibilityTimeout=30) == ["3"]
    assert dead.bodies() == ["1", "2"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."),
        ("MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided."),
        ("WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."),
        ("WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."),
    ],
)
def test_receives_that_cannot_be(queue: Queue, name: str, value: int, reason: str) -> None:
    said = refused("InvalidParameterValue", queue.client.receive_message, QueueUrl=queue.url, **{name: value})
    assert said == f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    refused("InvalidAttributeName", queue.receive, AttributeNames=["Nonsense"])
    refused("InvalidParameterValue", queue.receive, VisibilityTimeout=43_201)


def test_only_so_many_are_in_flight(timed: Any, moving: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """120,000 in truth; a standard queue says so to a short poll. Source: SQSDeveloperGuide/quotas-messages.html"""
    monkeypatch.setattr(receiving, "MOST_IN_FLIGHT", 3)
    queue = Queue(timed, "a")
    fifo = Queue(timed, "a.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for number in range(5):
        queue.send(str(number))
        fifo.send(str(number), group=str(number))
    assert [len(queue.receive(1)) for _ in range(3)] == [1, 1, 1]
    refused("OverLimit", queue.receive, 1)
    assert [len(fifo.receive(1)) for _ in range(5)] == [1, 1, 1, 0, 0]
    moving.clock_advance(30)
    assert len(queue.receive(1)) == len(fifo.receive(1)) == 1


def test_handles_that_are_none(queue: Queue) -> None:
    said = refused("ReceiptHandleIsInvalid", queue.delete, {"ReceiptHandle": "garbage"})
    assert said == 'The input receipt handle "garbage" is not a valid receipt handle.'
    queue.send("x")
    (message,) = queue.receive()
    other = Queue(queue.client, "other")
    refused("ReceiptHandleIsInvalid", other.delete, message)
    forged = message["ReceiptHandle"][:-6] + "AAAAAA"
    refused("ReceiptHandleIsInvalid", queue.hide, {"ReceiptHandle": forged}, 1)
