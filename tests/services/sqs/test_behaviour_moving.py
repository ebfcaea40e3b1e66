"""Message move tasks: dead letters go back, or elsewhere, at a pace on the clock.

The words are AWS's: localstack, test_sqs_move_task.snapshot.json.
"""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple

import pytest

from tests.services.sqs.inside import Inside
from tests.services.sqs.queue import FIFO, Queue, refused


class Pair(NamedTuple):
    """A queue, and the queue of its dead letters."""

    source: Queue
    dead: Queue


def redriven(client: Any, name: str, dead: Queue, **kind: str) -> Queue:
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    return Queue(client, name, RedrivePolicy=policy, VisibilityTimeout="0", **kind)


@pytest.fixture
def pair(timed: Any) -> Pair:
    """A queue of whose messages ten are dead."""
    dead = Queue(timed, "dead")
    source = redriven(timed, "source", dead)
    for number in range(10):
        source.send(f"m{number}")
    assert len(source.receive()) == 10 and source.receive() == []
    assert dead.counts() == (10, 0, 0)
    return Pair(source, dead)


def start(dead: Queue, **given: Any) -> str:
    return dead.client.start_message_move_task(SourceArn=dead.arn, **given)["TaskHandle"]


def tasks(dead: Queue, most: int = 10) -> list[Any]:
    return dead.client.list_message_move_tasks(SourceArn=dead.arn, MaxResults=most).get("Results", [])


def test_messages_go_back_to_where_they_came_from(moving: Inside, timed: Any, pair: Pair) -> None:
    other = redriven(timed, "other", pair.dead)
    other.send("of the other")
    assert len(other.receive()) == 1 and other.receive() == []
    before = timed.receive_message(QueueUrl=pair.dead.url, VisibilityTimeout=0)["Messages"][0]
    start(pair.dead)
    moving.settle()
    assert (pair.source.counts(), other.bodies(), pair.dead.counts()) == ((10, 0, 0), ["of the other"], (0, 0, 0))
    (task,) = tasks(pair.dead)
    started = task.pop("StartedTimestamp")
    assert started == int(moving.cloud.clock.now() * 1000)
    assert task == {
        "ApproximateNumberOfMessagesMoved": 11,
        "ApproximateNumberOfMessagesToMove": 11,
        "SourceArn": pair.dead.arn,
        "Status": "COMPLETED",
    }
    ids = {message["MessageId"] for message in pair.source.receive(AttributeNames=["All"])}
    assert before["MessageId"] not in ids  # a moved message is a new one


def test_messages_go_elsewhere(moving: Inside, timed: Any, pair: Pair) -> None:
    target = Queue(timed, "target")
    start(pair.dead, DestinationArn=target.arn)
    moving.settle()
    got = target.receive(AttributeNames=["All"])
    assert sorted(message["Body"] for message in got) == [f"m{n}" for n in range(10)]
    assert all("DeadLetterQueueSourceArn" not in message["Attributes"] for message in got)
    assert tasks(pair.dead)[0]["DestinationArn"] == target.arn


def test_at_a_pace(moving: Inside, timed: Any, pair: Pair) -> None:
    target = Queue(timed, "target")
    handle = start(pair.dead, DestinationArn=target.arn, MaxNumberOfMessagesPerSecond=2)
    (task,) = tasks(pair.dead)
    assert (task["Status"], task["TaskHandle"], task["MaxNumberOfMessagesPerSecond"]) == ("RUNNING", handle, 2)
    assert (task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"]) == (0, 10)
    said = refused("InvalidParameterValue", start, pair.dead)
    assert said == (
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
    )
    moving.clock_advance(2)
    assert (target.counts(), pair.dead.counts()) == ((4, 0, 0), (6, 0, 0))
    answer = timed.cancel_message_move_task(TaskHandle=handle)
    assert answer["ApproximateNumberOfMessagesMoved"] == 4
    moving.clock_advance(10)
    (task,) = tasks(pair.dead)
    assert (task["Status"], "TaskHandle" in task, target.counts()) == ("CANCELLED", False, (4, 0, 0))
    refused("ResourceNotFoundException", timed.cancel_message_move_task, TaskHandle=handle)
    start(pair.dead, MaxNumberOfMessagesPerSecond=500)
    moving.clock_advance(1)
    assert [task["Status"] for task in tasks(pair.dead)] == ["COMPLETED", "CANCELLED"]
    assert len(tasks(pair.dead, 1)) == 1


def test_a_destination_that_goes(moving: Inside, timed: Any, pair: Pair) -> None:
    target = Queue(timed, "target")
    start(pair.dead, DestinationArn=target.arn, MaxNumberOfMessagesPerSecond=1)
    moving.clock_advance(3)
    timed.delete_queue(QueueUrl=target.url)
    moving.clock_advance(3)
    (task,) = tasks(pair.dead)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert task["ApproximateNumberOfMessagesMoved"] == 3
    assert pair.dead.counts() == (7, 0, 0)


def test_a_message_that_never_was_elsewhere(moving: Inside, timed: Any, pair: Pair) -> None:
    pair.dead.client.purge_queue(QueueUrl=pair.dead.url)
    pair.dead.send("sent here")
    start(pair.dead)
    moving.settle()
    assert tasks(pair.dead)[0]["FailureReason"] == "CouldNotDetermineMessageSource"
    assert pair.dead.counts() == (1, 0, 0)


def test_groups_keep_their_order(moving: Inside, timed: Any) -> None:
    dead = Queue(timed, "dead.fifo", **FIFO)
    source = redriven(timed, "source.fifo", dead, **FIFO)
    for body in ("a-1", "b-1", "a-2", "a-3"):
        source.send(body, group=body[0])
    assert source.bodies() == ["a-1", "a-2", "a-3", "b-1"] and source.bodies() == []
    start(dead)
    moving.settle()
    assert source.bodies(VisibilityTimeout=30) == ["a-1", "a-2", "a-3", "b-1"]


def test_tasks_that_cannot_be(timed: Any, pair: Pair) -> None:
    said = refused("InvalidParameterValue", start, pair.source)
    assert said == "Source queue must be configured as a Dead Letter Queue."
    gone = pair.dead.arn + "-gone"
    said = refused("ResourceNotFoundException", timed.start_message_move_task, SourceArn=gone)
    assert said == "The resource that you specified for the SourceArn parameter doesn't exist."
    said = refused("ResourceNotFoundException", start, pair.dead, DestinationArn=gone)
    assert said == "The resource that you specified for the DestinationArn parameter doesn't exist."
    refused("InvalidParameterValue", start, pair.dead, DestinationArn=pair.dead.arn)
    refused("InvalidParameterValue", start, pair.dead, DestinationArn=Queue(timed, "a.fifo", **FIFO).arn)
    for rate in (0, 501):
        refused("InvalidParameterValue", start, pair.dead, MaxNumberOfMessagesPerSecond=rate)
    for most in (0, 11):
        refused("InvalidParameterValue", tasks, pair.dead, most)
    assert tasks(pair.dead) == []


def test_handles_that_are_none(timed: Any, pair: Pair) -> None:
    def handle(**said: Any) -> str:
        return base64.b64encode(json.dumps(said).encode()).decode()

    for code, wrong, words in (
        ("InvalidParameterValue", "foobared", "Value for parameter TaskHandle is invalid."),
        ("InvalidParameterValue", handle(taskId=5), "Value for parameter TaskHandle is invalid."),
        (
            "ResourceNotFoundException",
            handle(taskId="x", sourceArn=pair.dead.arn + "-gone"),
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        ),
        ("ResourceNotFoundException", handle(taskId="x", sourceArn=pair.dead.arn), "Task does not exist."),
    ):
        assert refused(code, timed.cancel_message_move_task, TaskHandle=wrong) == words
