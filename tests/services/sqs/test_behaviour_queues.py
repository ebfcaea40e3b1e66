"""Queues: names, attributes, dead-letter policies, permissions' statements, tags, purge and deletion."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.sqs.inside import Inside
from tests.services.sqs.queue import FIFO, Queue, refused

DEFAULTS = {
    "ApproximateNumberOfMessages": "0",
    "ApproximateNumberOfMessagesDelayed": "0",
    "ApproximateNumberOfMessagesNotVisible": "0",
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
OF_FIFO = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoQueue": "true",
    "FifoThroughputLimit": "perQueue",
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
            "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:topic"}},
        }
    ],
}


def attributes(queue: Queue) -> dict[str, str]:
    return queue.client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])["Attributes"]


def redrive(arn: str, most: object = 3) -> str:
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": most})


def test_attributes_that_nobody_set(sqs: Any, account: str) -> None:
    for queue, expected in (
        (Queue(sqs, "a"), DEFAULTS),
        (Queue(sqs, "a.fifo", FifoQueue="true"), DEFAULTS | OF_FIFO),
    ):
        shown = attributes(queue)
        assert shown.pop("QueueArn") == f"arn:aws:sqs:us-east-1:{account}:{queue.url.rpartition('/')[2]}"
        assert shown.pop("CreatedTimestamp") == shown.pop("LastModifiedTimestamp")
        assert shown == expected
    asked = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["FifoQueue", "Policy"])["Attributes"]
    assert asked == {"FifoQueue": "true"}
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=queue.url)
    said = refused("InvalidAttributeName", sqs.get_queue_attributes, QueueUrl=queue.url, AttributeNames=["Foobar"])
    assert said == "Unknown Attribute Foobar."


def test_changing_attributes(timed: Any, moving: Inside) -> None:
    queue = Queue(timed, "a", VisibilityTimeout="20")
    moving.clock_advance(10)
    queue.set(VisibilityTimeout="0069", DelaySeconds="420")
    shown = attributes(queue)
    assert (shown["VisibilityTimeout"], shown["DelaySeconds"]) == ("69", "420")
    assert int(shown["LastModifiedTimestamp"]) - int(shown["CreatedTimestamp"]) == 10


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("DelaySeconds", ("-1", "901", "x", "", "1.5", "٣")),
        ("MaximumMessageSize", ("1023", "1048577")),
        ("MessageRetentionPeriod", ("59", "1209601")),
        ("ReceiveMessageWaitTimeSeconds", ("-1", "21")),
        ("VisibilityTimeout", ("-1", "43201")),
        ("KmsDataKeyReusePeriodSeconds", ("59", "86401")),
        ("SqsManagedSseEnabled", ("yes",)),
        ("Policy", ("x", "[]", '{"Version":"2012-10-17"}')),
        ("RedrivePolicy", ("x", "[]")),
        ("RedriveAllowPolicy", ("x",)),
    ],
)
def test_values_that_an_attribute_cannot_have(queue: Queue, name: str, values: tuple[str, ...]) -> None:
    before = attributes(queue)
    for value in values:
        said = refused("InvalidAttributeValue", queue.set, **{name: value})
        assert said == f"Invalid value for the parameter {name}."
        refused("InvalidAttributeValue", queue.client.create_queue, QueueName="other", Attributes={name: value})
    assert attributes(queue) == before
    assert len(queue.client.list_queues()["QueueUrls"]) == 1


def test_what_a_queue_is_stays(queue: Queue, fifo: Queue) -> None:
    assert refused("InvalidAttributeName", queue.set, FifoQueue="true") == "Unknown Attribute FifoQueue."
    fifo.set(FifoQueue="true")
    assert refused("InvalidAttributeValue", fifo.set, FifoQueue="false") == (
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    )
    refused("InvalidAttributeName", queue.set, QueueArn="x")
    refused("InvalidAttributeName", queue.set, Nonsense="x")


def test_high_throughput_needs_the_group_as_scope(fifo: Queue) -> None:
    refused("InvalidAttributeValue", fifo.set, FifoThroughputLimit="perMessageGroupId")
    fifo.set(FifoThroughputLimit="perMessageGroupId", DeduplicationScope="messageGroup")
    refused("InvalidAttributeValue", fifo.set, DeduplicationScope="queue")
    fifo.set(FifoThroughputLimit="perQueue", DeduplicationScope="queue")


def test_one_kind_of_encryption(queue: Queue) -> None:
    queue.set(KmsMasterKeyId="alias/mine", KmsDataKeyReusePeriodSeconds="600")
    shown = attributes(queue)
    assert (shown["KmsMasterKeyId"], shown["KmsDataKeyReusePeriodSeconds"]) == ("alias/mine", "600")
    assert shown["SqsManagedSseEnabled"] == "false"
    said = refused("InvalidAttributeName", queue.set, KmsMasterKeyId="alias/mine", SqsManagedSseEnabled="true")
    assert said.startswith("You can use one type of server-side encryption (SSE) at one time.")
    queue.set(SqsManagedSseEnabled="true")
    assert "KmsMasterKeyId" not in attributes(queue)


def test_making_a_queue_again(sqs: Any) -> None:
    queue = Queue(sqs, "a", DelaySeconds="1", ReceiveMessageWaitTimeSeconds="1")
    for given in ({}, {"DelaySeconds": "1"}, {"VisibilityTimeout": "30"}):
        assert sqs.create_queue(QueueName="a", Attributes=given)["QueueUrl"] == queue.url
    said = refused("QueueAlreadyExists", sqs.create_queue, QueueName="a", Attributes={"DelaySeconds": "2"})
    assert said == "A queue already exists with the same name and a different value for attribute DelaySeconds"
    queue.set(DelaySeconds="2")
    assert sqs.create_queue(QueueName="a", Attributes={"DelaySeconds": "2"})["QueueUrl"] == queue.url
    refused("QueueAlreadyExists", sqs.create_queue, QueueName="a", Attributes={"DelaySeconds": "1"})
    Queue(sqs, "a.fifo", **FIFO)
    given = {**FIFO, "ContentBasedDeduplication": "false"}
    refused("QueueAlreadyExists", sqs.create_queue, QueueName="a.fifo", Attributes=given)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä", "x" * 81, "a."])
def test_names_that_no_queue_has(sqs: Any, name: str) -> None:
    refused("InvalidParameterValue" if name else "MissingParameter", sqs.create_queue, QueueName=name)
    refused(
        "AWS.SimpleQueueService.NonExistentQueue" if name else "MissingParameter", sqs.get_queue_url, QueueName=name
    )


def test_listing(sqs: Any) -> None:
    urls = [Queue(sqs, name).url for name in ("a-1", "a-2", "a-3", "b-1")]
    assert sqs.list_queues()["QueueUrls"] == urls
    assert sqs.list_queues(QueueNamePrefix="a-")["QueueUrls"] == urls[:3]
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="c")
    first = sqs.list_queues(MaxResults=3)
    assert first["QueueUrls"] == urls[:3]
    last = sqs.list_queues(MaxResults=3, NextToken=first["NextToken"])
    assert (last["QueueUrls"], last.get("NextToken")) == (urls[3:], None)
    pages = sqs.get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 1})
    assert [url for page in pages for url in page["QueueUrls"]] == urls
    for given in ({"MaxResults": 0}, {"MaxResults": 1001}, {"MaxResults": 1, "NextToken": "x"}):
        refused("InvalidParameterValue", sqs.list_queues, **given)


def test_a_name_is_free_again_after_a_minute(timed: Any, moving: Inside) -> None:
    queue = Queue(timed, "a")
    queue.send("old")
    timed.delete_queue(QueueUrl=queue.url)
    refused("AWS.SimpleQueueService.NonExistentQueue", queue.send, "x")
    said = refused("AWS.SimpleQueueService.QueueDeletedRecently", timed.create_queue, QueueName="a")
    assert said == "You must wait 60 seconds after deleting a queue before you can create another with the same name."
    moving.clock_advance(60)
    assert Queue(timed, "a").counts() == (0, 0, 0)


def test_purging(timed: Any, moving: Inside) -> None:
    queue = Queue(timed, "a")
    for _ in range(3):
        queue.send("x")
    queue.send("y", DelaySeconds=30)
    (message,) = queue.receive(1)
    timed.purge_queue(QueueUrl=queue.url)
    queue.send("after")
    said = refused("AWS.SimpleQueueService.PurgeQueueInProgress", timed.purge_queue, QueueUrl=queue.url)
    assert said == "Only one PurgeQueue operation on a is allowed every 60 seconds."
    queue.delete(message)  # of a message that is gone
    assert queue.counts() == (1, 0, 0)
    moving.clock_advance(60)
    assert queue.bodies() == ["after"]
    timed.purge_queue(QueueUrl=queue.url)


def test_dead_letter_policies(sqs: Any, queue: Queue, fifo: Queue) -> None:
    dead = Queue(sqs, "dead")
    queue.set(RedrivePolicy=redrive(dead.arn, "42"))
    assert json.loads(queue.attribute("RedrivePolicy")) == {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 42}
    queue.set(RedrivePolicy="")
    assert "RedrivePolicy" not in attributes(queue)
    text = redrive("dummy", 42)
    said = refused("InvalidParameterValue", queue.set, RedrivePolicy=text)
    assert (
        said == f"Value {text} for parameter RedrivePolicy is invalid. Reason: Invalid value for deadLetterTargetArn."
    )
    for wrong in (
        json.dumps({"deadLetterTargetArn": dead.arn}),
        json.dumps({"maxReceiveCount": 1}),
        redrive(dead.arn, 0),
        redrive(dead.arn, 1001),
        redrive(dead.arn, "x"),
        redrive(dead.arn, True),
        redrive(dead.arn + "-not-there"),
        redrive(queue.arn),
        redrive(fifo.arn),
        redrive(dead.arn.replace("us-east-1", "eu-west-1")),
    ):
        refused("InvalidParameterValue", queue.set, RedrivePolicy=wrong)
    refused("InvalidParameterValue", sqs.create_queue, QueueName="new", Attributes={"RedrivePolicy": redrive("x")})


def test_who_may_use_a_dead_letter_queue(sqs: Any, queue: Queue) -> None:
    dead = Queue(sqs, "dead")
    dead.set(RedriveAllowPolicy='{"redrivePermission": "denyAll"}')
    refused("InvalidParameterValue", queue.set, RedrivePolicy=redrive(dead.arn))
    allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
    dead.set(RedriveAllowPolicy=json.dumps(allowed))
    queue.set(RedrivePolicy=redrive(dead.arn))
    assert json.loads(dead.attribute("RedriveAllowPolicy")) == allowed
    refused("InvalidParameterValue", Queue(sqs, "other").set, RedrivePolicy=redrive(dead.arn))
    for wrong in ({"redrivePermission": "some"}, {"redrivePermission": "byQueue"}, {"sourceQueueArns": [queue.arn]}):
        refused("InvalidParameterValue", dead.set, RedriveAllowPolicy=json.dumps(wrong))


def test_sources_of_a_dead_letter_queue(sqs: Any) -> None:
    dead = Queue(sqs, "dead")
    urls = [Queue(sqs, name, RedrivePolicy=redrive(dead.arn)).url for name in ("a", "b", "c")]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"] == urls
    first = sqs.list_dead_letter_source_queues(QueueUrl=dead.url, MaxResults=2)
    assert first["queueUrls"] == urls[:2]
    token = first["NextToken"]
    rest = sqs.list_dead_letter_source_queues(QueueUrl=dead.url, MaxResults=2, NextToken=token)
    assert (rest["queueUrls"], rest.get("NextToken")) == (urls[2:], None)
    assert sqs.list_dead_letter_source_queues(QueueUrl=urls[0])["queueUrls"] == []


def test_policies(queue: Queue) -> None:
    queue.set(Policy=json.dumps(POLICY))
    assert json.loads(queue.attribute("Policy")) == POLICY
    queue.set(Policy="")
    assert "Policy" not in attributes(queue)


def test_the_life_of_permissions(queue: Queue, account: str) -> None:
    sqs, url = queue.client, queue.url

    def add(label: str, accounts: list[str], actions: list[str]) -> None:
        sqs.add_permission(QueueUrl=url, Label=label, AWSAccountIds=accounts, Actions=actions)

    add("one", [account], ["ReceiveMessage"])
    assert json.loads(queue.attribute("Policy")) == {
        "Version": "2008-10-17",
        "Id": f"{queue.arn}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "one",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "SQS:ReceiveMessage",
                "Resource": queue.arn,
            }
        ],
    }
    said = refused("InvalidParameterValue", add, "one", ["668614515564"], ["*"])
    assert said == "Value one for parameter Label is invalid. Reason: Already exists."
    add("two", [account, "668614515564"], ["SendMessage", "DeleteMessage"])
    second = json.loads(queue.attribute("Policy"))["Statement"][1]
    assert second["Principal"]["AWS"] == [f"arn:aws:iam::{account}:root", "arn:aws:iam::668614515564:root"]
    assert second["Action"] == ["SQS:SendMessage", "SQS:DeleteMessage"]
    for label in ("one", "two"):
        sqs.remove_permission(QueueUrl=url, Label=label)
    assert "Policy" not in attributes(queue)
    said = refused("InvalidParameterValue", sqs.remove_permission, QueueUrl=url, Label="two")
    assert said == "Value two for parameter Label is invalid. Reason: can't find label on existing policy."


@pytest.mark.parametrize(
    ("code", "label", "accounts", "actions"),
    [
        ("InvalidParameterValue", "a b", ["123456789012"], ["SendMessage"]),
        ("InvalidParameterValue", "a", ["12"], ["SendMessage"]),
        ("InvalidParameterValue", "a", ["123456789012"], ["DeleteQueue"]),
        ("InvalidParameterValue", "a", ["123456789012"], ["Nonsense"]),
        ("OverLimit", "a", ["123456789012"], ["SendMessage"] * 8),
        ("MissingParameter", "a", ["123456789012"], []),
    ],
)
def test_permissions_that_cannot_be_added(
    queue: Queue, code: str, label: str, accounts: list[str], actions: list[str]
) -> None:
    add = queue.client.add_permission
    refused(code, add, QueueUrl=queue.url, Label=label, AWSAccountIds=accounts, Actions=actions)
    assert "Policy" not in attributes(queue)


def test_tags(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="a", tags={"one": "1", "two": ""})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"One": "I", "two": "2"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"one": "1", "two": "2", "One": "I"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["one", "two", "three"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"One": "I"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["One"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
    refused("InvalidParameterValue", sqs.tag_queue, QueueUrl=url, Tags={"aws:x": "1"})
    refused("InvalidParameterValue", sqs.tag_queue, QueueUrl=url, Tags={str(n): "" for n in range(51)})
    refused("MissingParameter", sqs.tag_queue, QueueUrl=url, Tags={})
