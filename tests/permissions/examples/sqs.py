"""Calls of SQS that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

TAGGED = "To tag a queue on creation needs sqs:TagQueue (CreateQueue API reference)."
MOVES = "SQSDeveloperGuide, 'Configuring queue permissions for dead-letter queue redrive'."
TO_MOVE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def queue(at: Stage, **attributes: str) -> tuple[str, str]:
    """(URL, ARN) of a new queue."""
    return at.root().create_queue(QueueName=at.name, Attributes=attributes)["QueueUrl"], at.arn(at.name)


def received(at: Stage) -> tuple[str, str, str]:
    """(URL, ARN, receipt handle) of a new queue with a message in flight."""
    url, arn = queue(at)
    at.root().send_message(QueueUrl=url, MessageBody="x")
    return url, arn, at.root().receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]


@EXAMPLES("CreateQueue")
def create_queue(at: Stage) -> Case:
    arn = at.arn(at.name)
    return Case({"QueueName": at.name, "tags": {"team": "red"}}, arn, also=[Also("sqs:TagQueue", arn, TAGGED)])


@EXAMPLES("GetQueueUrl")
def get_queue_url(at: Stage) -> Case:
    _, arn = queue(at)
    return Case({"QueueName": at.name}, arn)


@EXAMPLES("ListQueues")
def list_queues(at: Stage) -> Case:
    queue(at)
    return Case({"QueueNamePrefix": at.name})


@EXAMPLES("DeleteQueue", "PurgeQueue", "ListQueueTags", "ListDeadLetterSourceQueues", "ReceiveMessage")
def by_url(at: Stage) -> Case:
    url, arn = queue(at)
    return Case({"QueueUrl": url}, arn)


@EXAMPLES("GetQueueAttributes")
def get_queue_attributes(at: Stage) -> Case:
    url, arn = queue(at)
    return Case({"QueueUrl": url, "AttributeNames": ["All"]}, arn)


@EXAMPLES("SetQueueAttributes")
def set_queue_attributes(at: Stage) -> Case:
    url, arn = queue(at)
    return Case({"QueueUrl": url, "Attributes": {"DelaySeconds": "1"}}, arn)


@EXAMPLES("TagQueue")
def tag_queue(at: Stage) -> Case:
    url, arn = queue(at)
    return Case({"QueueUrl": url, "Tags": {"team": "red"}}, arn)


@EXAMPLES("UntagQueue")
def untag_queue(at: Stage) -> Case:
    url, arn = queue(at)
    return Case({"QueueUrl": url, "TagKeys": ["team"]}, arn)


@EXAMPLES("AddPermission")
def add_permission(at: Stage) -> Case:
    url, arn = queue(at)
    given = {"Label": "others", "AWSAccountIds": ["123456789012"], "Actions": ["SendMessage"]}
    return Case({"QueueUrl": url, **given}, arn)


@EXAMPLES("RemovePermission")
def remove_permission(at: Stage) -> Case:
    url, arn = queue(at)
    at.root().add_permission(
        QueueUrl=url, Label="others", AWSAccountIds=["123456789012"], Actions=["ListDeadLetterSourceQueues"]
    )
    return Case({"QueueUrl": url, "Label": "others"}, arn)


# ---- messages --------------------------------------------------------------------------------------------------------


@EXAMPLES("SendMessage")
def send_message(at: Stage) -> Case:
    url, arn = queue(at)
    return Case({"QueueUrl": url, "MessageBody": "x"}, arn)


@EXAMPLES("SendMessageBatch")
def send_message_batch(at: Stage) -> Case:
    url, arn = queue(at)
    return Case({"QueueUrl": url, "Entries": [{"Id": "1", "MessageBody": "x"}]}, arn)


@EXAMPLES("DeleteMessage")
def delete_message(at: Stage) -> Case:
    url, arn, handle = received(at)
    return Case({"QueueUrl": url, "ReceiptHandle": handle}, arn)


@EXAMPLES("DeleteMessageBatch")
def delete_message_batch(at: Stage) -> Case:
    url, arn, handle = received(at)
    return Case({"QueueUrl": url, "Entries": [{"Id": "1", "ReceiptHandle": handle}]}, arn)


@EXAMPLES("ChangeMessageVisibility")
def change_message_visibility(at: Stage) -> Case:
    url, arn, handle = received(at)
    return Case({"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 5}, arn)


@EXAMPLES("ChangeMessageVisibilityBatch")
def change_message_visibility_batch(at: Stage) -> Case:
    url, arn, handle = received(at)
    return Case({"QueueUrl": url, "Entries": [{"Id": "1", "ReceiptHandle": handle, "VisibilityTimeout": 5}]}, arn)


# ---- move tasks ------------------------------------------------------------------------------------------------------


def dead_letters(at: Stage) -> tuple[str, str]:
    """(ARN of a dead-letter queue with a message, ARN of its source)."""
    url, arn = queue(at)
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    at.root().create_queue(QueueName=f"{at.name}-source", Attributes={"RedrivePolicy": policy})
    at.root().send_message(QueueUrl=url, MessageBody="x")
    return arn, at.arn(f"{at.name}-source")


def also(arn: str) -> list[Also]:
    return [Also(action, arn, MOVES) for action in TO_MOVE]


@EXAMPLES("StartMessageMoveTask")
def start_message_move_task(at: Stage) -> Case:
    arn, source = dead_letters(at)
    given = {"SourceArn": arn, "DestinationArn": source}
    return Case(given, arn, also=[*also(arn), Also("sqs:SendMessage", source, MOVES)])


@EXAMPLES("StartMessageMoveTask", variant="back")
def start_message_move_task_back(at: Stage) -> Case:
    """Without a destination the messages may go to each queue that sends its own here."""
    arn, source = dead_letters(at)
    return Case({"SourceArn": arn}, arn, also=[*also(arn), Also("sqs:SendMessage", source, MOVES)])


@EXAMPLES("CancelMessageMoveTask")
def cancel_message_move_task(at: Stage) -> Case:
    arn, _ = dead_letters(at)
    task = at.root().start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=1)
    at.root().send_message(QueueUrl=at.root().get_queue_url(QueueName=at.name)["QueueUrl"], MessageBody="x")

    def check(answer: Any) -> None:
        assert "ApproximateNumberOfMessagesMoved" in answer

    return Case({"TaskHandle": task["TaskHandle"]}, arn, also=also(arn), check=check)


@EXAMPLES("ListMessageMoveTasks")
def list_message_move_tasks(at: Stage) -> Case:
    arn, _ = dead_letters(at)
    return Case({"SourceArn": arn}, arn, also=also(arn))
