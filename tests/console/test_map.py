"""The service map: what led to other calls comes first, single calls where there is nothing else or they are wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.console.test_pages import Reader, reader

__all__ = ["reader"]


def nodes(reader: Reader, **asked: str) -> set[str]:
    reader.cloud.settle()
    return set(re.findall(r'aria-label="([\w-]+), ', reader.text("map", **asked)))


def test_single_calls_of_clients_do_not_hide_what_led_to_others(reader: Reader, client: Callable[..., Any]) -> None:
    client("dynamodb").list_tables()
    assert nodes(reader) == {"client", "dynamodb"}
    sqs, sns = client("sqs"), client("sns")
    url = sqs.create_queue(QueueName="letters")["QueueUrl"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{reader.account}:letters")
    sns.publish(TopicArn=topic, Message="m")
    assert nodes(reader) == {"client", "news", "letters"}
    assert "dynamodb" in nodes(reader, of="calls")
