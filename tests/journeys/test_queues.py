"""Queues by unmodified clients: the AWS CLI in both versions, and the SDK for JavaScript."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.tools import Shell

PROGRAM = Path(__file__).parent / "javascript" / "queues.cjs"


def _first(shell: Shell) -> Callable[..., str]:
    # Version 1 goes to an address of its own for SQS unless it is told in the command.
    return lambda *words: shell.aws("sqs", "--endpoint-url", shell.endpoint, *words)


def _second(shell: Shell) -> Callable[..., str]:
    return lambda *words: shell.aws_v2("sqs", *words)


@pytest.mark.parametrize("version", [_first, _second], ids=["v1", "v2"])
def test_what_a_developer_types(shell: Shell, account: str, version: Callable[[Shell], Callable[..., str]]) -> None:
    sqs = version(shell)
    name = version.__name__.strip("_")
    dead = json.loads(sqs("create-queue", "--queue-name", f"{name}-dead"))["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account}:{name}-dead"
    attributes = {
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1}),
        "VisibilityTimeout": "0",
    }
    made = sqs("create-queue", "--queue-name", name, "--attributes", json.dumps(attributes), "--tags", "team=red")
    url = json.loads(made)["QueueUrl"]
    assert json.loads(sqs("list-queue-tags", "--queue-url", url))["Tags"] == {"team": "red"}
    given = json.dumps({"kind": {"DataType": "String", "StringValue": "a"}})
    sent = sqs("send-message", "--queue-url", url, "--message-body", "hello ä", "--message-attributes", given)
    asked = ("receive-message", "--queue-url", url, "--message-attribute-names", "All", "--attribute-names", "All")
    (message,) = json.loads(sqs(*asked, "--wait-time-seconds", "5"))["Messages"]
    assert (message["Body"], message["MessageId"]) == ("hello ä", json.loads(sent)["MessageId"])
    assert message["MessageAttributes"]["kind"]["StringValue"] == "a"
    assert sqs(*asked).strip() == ""  # it is dead now
    (message,) = json.loads(sqs("receive-message", "--queue-url", dead))["Messages"]
    sqs("delete-message", "--queue-url", dead, "--receipt-handle", message["ReceiptHandle"])
    counts = sqs(
        *("get-queue-attributes", "--queue-url", dead, "--attribute-names", "ApproximateNumberOfMessages"),
        *("--query", "Attributes.ApproximateNumberOfMessages", "--output", "text"),
    )
    assert counts.strip() == "0"
    assert json.loads(sqs("list-dead-letter-source-queues", "--queue-url", dead))["queueUrls"] == [url]
    for each in (url, dead):
        sqs("delete-queue", "--queue-url", each)
    assert sqs("list-queues").strip() == ""


def test_a_javascript_worker(shell: Shell) -> None:
    said = json.loads(shell.node(PROGRAM))
    assert said["batch"] == 10
    assert said["bodies"] == [1048576, *sorted([f"m{n}" for n in range(10)]), 'with <attributes> & "quotes"']
    assert (said["bytes"], said["count"]) == ([0, 1, 255], "1")
    assert said["ordered"] == ["1", "2", "3"]
    assert said["missing"] == {"name": "QueueDoesNotExist", "type": True, "status": 400}
    assert said["handle"] == {"name": "ReceiptHandleIsInvalid", "type": True, "status": 404}
    assert said["empty"] is None
