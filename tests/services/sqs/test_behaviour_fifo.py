"""FIFO queues: order within groups, turns among them, each message once. The cases are those AWS was seen to answer.

Source: https://github.com/localstack/localstack tests/aws/services/sqs/test_sqs.py, the cases validated against AWS.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.sqs.inside import Inside
from tests.services.sqs.queue import FIFO, Queue, refused


def filled(queue: Queue, *messages: str) -> Queue:
    """The queue once messages such as g1-m1 were sent, each into the group that it names."""
    for body in messages:
        queue.send(body, group=body.partition("-")[0])
    return queue


def test_a_group_comes_in_order_before_the_next(fifo: Queue) -> None:
    filled(fifo, "g1-m1", "g2-m1", "g1-m2", "g1-m3")
    assert fifo.bodies() == ["g1-m1", "g1-m2", "g1-m3", "g2-m1"]


def test_what_is_in_flight_blocks_its_group(timed: Any, moving: Inside) -> None:
    queue = filled(Queue(timed, "a.fifo", **FIFO), "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g3-m1")
    assert queue.bodies(2) == ["g1-m1", "g1-m2"]
    assert queue.bodies(1) == ["g2-m1"]
    moving.clock_advance(31)
    assert queue.bodies(VisibilityTimeout=0) == ["g3-m1", "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1"]


def test_without_a_time_out_groups_still_take_turns(fifo: Queue) -> None:
    filled(fifo, "g1-m1", "g2-m1", "g2-m2", "g3-m1", "g1-m2")
    assert fifo.bodies(3, VisibilityTimeout=0) == ["g1-m1", "g1-m2", "g2-m1"]
    assert fifo.bodies(VisibilityTimeout=0) == ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"]


def test_a_message_given_back_comes_alone(fifo: Queue) -> None:
    filled(fifo, "g1-m1", "g1-m2", "g2-m1")
    first, second = fifo.receive(2)
    fifo.hide(first, 0)
    assert fifo.bodies(3) == ["g2-m1", "g1-m1"]
    fifo.hide(second, 0)
    assert fifo.bodies(3) == []  # its predecessor is in flight


def test_a_group_goes_on_once_all_in_flight_are_deleted(fifo: Queue) -> None:
    filled(fifo, "g1-m1", "g2-m1", "g1-m2", "g2-m2", "g1-m3", "g3-m1")
    first, second = fifo.receive(2)
    fifo.delete(first)
    assert fifo.bodies(2) == ["g2-m1", "g2-m2"]
    fifo.delete(second)
    assert sorted(fifo.bodies()) == ["g1-m3", "g3-m1"]


def test_the_same_is_not_sent_twice_within_five_minutes(timed: Any, moving: Inside) -> None:
    queue = Queue(timed, "a.fifo", **FIFO)
    first = queue.send("x", group="1")
    assert queue.send("x", group="2")["MessageId"] == first["MessageId"]  # the scope is the queue
    (message,) = queue.receive()
    queue.delete(message)
    moving.clock_advance(299)
    assert queue.send("x", group="1")["SequenceNumber"] == first["SequenceNumber"]
    assert queue.receive() == []
    moving.clock_advance(1)
    again = queue.send("x", group="1")
    assert again["MessageId"] != first["MessageId"]
    assert int(again["SequenceNumber"]) > int(first["SequenceNumber"])
    assert queue.bodies() == ["x"]


def test_ids_may_count_by_group(sqs: Any) -> None:
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    queue = Queue(sqs, "high.fifo", FifoQueue="true", **high)
    for group in ("1", "2", "1"):
        queue.send(f"of {group}", group=group, MessageDeduplicationId="same")
    assert queue.bodies() == ["of 1", "of 2"]


def test_purging_forgets_what_was_sent(fifo: Queue) -> None:
    before = fifo.send("x", group="1")
    fifo.client.purge_queue(QueueUrl=fifo.url)
    after = fifo.send("x", group="1")
    assert int(after["SequenceNumber"]) > int(before["SequenceNumber"])
    assert [message["MessageId"] for message in fifo.receive()] == [after["MessageId"]]


def test_what_a_message_needs(sqs: Any) -> None:
    queue = Queue(sqs, "bare.fifo", FifoQueue="true")
    said = refused("MissingParameter", queue.send, "x", MessageDeduplicationId="1")
    assert said == "The request must contain the parameter MessageGroupId."
    explicit = (
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    )
    assert refused("InvalidParameterValue", queue.send, "x", group="1") == explicit
    entries = [{"Id": "1", "MessageBody": "x", "MessageGroupId": "1", "MessageDeduplicationId": "1"}]
    for missing, words in (
        ("MessageGroupId", "The request must contain the parameter MessageGroupId."),
        ("MessageDeduplicationId", explicit),
    ):
        lacking = {name: value for name, value in {**entries[0], "Id": "2"}.items() if name != missing}
        batch = [*entries, lacking]
        assert refused("InvalidParameterValue", sqs.send_message_batch, QueueUrl=queue.url, Entries=batch) == words
    assert queue.receive() == []
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        given = {"MessageGroupId": "1", "MessageDeduplicationId": "1", name: "x" * 129}
        said = refused("InvalidParameterValue", sqs.send_message, QueueUrl=queue.url, MessageBody="x", **given)
        assert said.endswith(f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length.")
        given[name] = "with space"
        refused("InvalidParameterValue", sqs.send_message, QueueUrl=queue.url, MessageBody="x", **given)


def test_delays_are_the_queues(timed: Any, moving: Inside) -> None:
    queue = Queue(timed, "a.fifo", DelaySeconds="5", **FIFO)
    queue.send("1", group="1", DelaySeconds=0)
    queue.send("2", group="1")
    said = refused("InvalidParameterValue", queue.send, "3", group="1", DelaySeconds=2)
    assert said == (
        "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for "
        "this queue type."
    )
    assert (queue.receive(), queue.counts()) == ([], (0, 0, 2))
    moving.clock_advance(5)
    assert queue.bodies() == ["1", "2"]


def test_a_receipt_handle_expires(timed: Any, moving: Inside) -> None:
    queue = filled(Queue(timed, "a.fifo", **FIFO), "g1-m1")
    (message,) = queue.receive()
    moving.clock_advance(30)
    handle = message["ReceiptHandle"]
    said = refused("InvalidParameterValue", queue.delete, message)
    assert said == f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
    refused("InvalidParameterValue", queue.hide, message, 10)
    (again,) = queue.receive()
    refused("InvalidParameterValue", queue.delete, message)
    queue.delete(again)
    assert queue.counts() == (0, 0, 0)
    queue.delete(again)  # is gone already


def test_an_attempt_can_be_made_again(timed: Any, moving: Inside) -> None:
    queue = filled(Queue(timed, "a.fifo", **FIFO), "g1-m1", "g1-m2", "g2-m1")
    first = queue.receive(2, ReceiveRequestAttemptId="a")
    moving.clock_advance(20)
    assert queue.receive(2, ReceiveRequestAttemptId="a") == first
    moving.clock_advance(20)
    assert queue.bodies(1) == ["g2-m1"]  # the time-out began anew
    queue.delete(first[0])
    assert queue.receive(2, ReceiveRequestAttemptId="a") == []
    moving.clock_advance(30)
    assert queue.bodies(ReceiveRequestAttemptId="a") == ["g1-m2", "g2-m1"]


def test_system_attributes(fifo: Queue) -> None:
    sent = fifo.send("x", group="g", MessageDeduplicationId="d")
    (message,) = fifo.receive(AttributeNames=["All"])
    shown = message["Attributes"]
    assert (shown["MessageGroupId"], shown["MessageDeduplicationId"]) == ("g", "d")
    assert shown["SequenceNumber"] == sent["SequenceNumber"] and len(sent["SequenceNumber"]) == 20


@pytest.mark.parametrize("name", ["plain", "a.fifo.x", ".fifo", "x" * 76 + ".fifo"])
def test_the_name_of_a_fifo_queue(sqs: Any, name: str) -> None:
    said = refused("InvalidParameterValue", sqs.create_queue, QueueName=name, Attributes={"FifoQueue": "true"})
    assert said.startswith("The name of a FIFO queue can only include")


def test_only_a_fifo_queue_is_called_so(sqs: Any) -> None:
    refused("InvalidParameterValue", sqs.create_queue, QueueName="a.fifo")
    refused("InvalidAttributeName", sqs.create_queue, QueueName="a", Attributes={"FifoQueue": "false"})
    refused("InvalidAttributeName", sqs.create_queue, QueueName="a", Attributes={"ContentBasedDeduplication": "true"})
