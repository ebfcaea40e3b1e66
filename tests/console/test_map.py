"""The service map: what led to other calls comes first, words cover nothing, and it heeds the region."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from cloudarium.console.drawn_map import drawn
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


def test_the_region_is_heeded_and_others_are_offered(reader: Reader, client: Callable[..., Any]) -> None:
    client("dynamodb", region="eu-west-1").list_tables()
    for page in ("map", "traces"):
        empty = reader.text(page, region="eu-central-1")
        assert "in eu-central-1" in empty and "There were calls in eu-west-1" in empty and "in=all" in empty
        assert "There were calls in" not in reader.text(page, region="eu-west-1", of="calls", about="dynamodb")
    assert nodes(reader, **{"region": "eu-central-1", "in": "all"}) == {"client", "dynamodb"}
    assert reader.get("map", **{"in": "moon"}).status_code == 400


def test_what_fails_is_red_and_kinds_are_told_apart(reader: Reader, client: Callable[..., Any]) -> None:
    for service, kind in (("sqs", "SQS queue"), ("sns", "SNS topic")):
        assert kind not in reader.text("map", of="calls")
        sent = client(service)
        made = sent.create_queue(QueueName="same") if service == "sqs" else sent.create_topic(Name="same")
        assert made and kind in reader.text("map", of="calls")
    shown = reader.text("map", of="calls")
    assert shown.count('aria-label="same, ') == 2 and "beside an arrow: 12 calls" in shown
    assert "#icon-queue" in shown and "#icon-topic" in shown
    sqs = client("sqs")
    try:
        sqs.get_queue_url(QueueName="none")
    except sqs.exceptions.QueueDoesNotExist:
        assert 'class="service warn"' in reader.text("map", of="calls")
    found = reader.text("traces", about="same", type="AWS::SNS")
    assert "sns:CreateTopic" in found and "sqs:CreateQueue" not in found


def service(number: int, targets: set[int]) -> dict[str, Any]:
    counts = {"OkCount": 1234, "TotalCount": 1234, "TotalResponseTime": 2.0}
    return {
        "ReferenceId": number, "Name": f"n{number}", "Type": "client" if not number else "AWS::S3::Bucket",
        "Edges": [{"ReferenceId": each, "SummaryStatistics": counts} for each in targets],
    }  # fmt: skip


@given(some.lists(some.sets(some.integers(0, 9), max_size=3), max_size=10))
def test_cards_do_not_overlap_and_words_cover_no_card(targets: list[set[int]]) -> None:
    drawing = drawn([service(number, each) for number, each in enumerate(targets)])
    assert not any(one.box.covers(other.box) for one, other in combinations(drawing.nodes, 2))
    assert not any(edge.label.covers(node.box) for edge in drawing.edges for node in drawing.nodes)
    for box in [*(node.box for node in drawing.nodes), *(edge.label for edge in drawing.edges)]:
        assert box.x >= 0 and box.x + box.width <= drawing.width and box.y + box.height <= drawing.height


def test_words_beside_arrows_do_not_cover_each_other() -> None:
    """A fan of eight, all of which lead to one."""
    graph = [service(0, {1}), service(1, set(range(2, 10))), *(service(number, {10}) for number in range(2, 10))]
    drawing = drawn([*graph, service(10, set())])
    assert len(drawing.edges) == 17
    assert not any(one.label.covers(other.label) for one, other in combinations(drawing.edges, 2))
