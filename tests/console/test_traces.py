"""The service map and traces as pages: what X-Ray answers, drawn."""

from __future__ import annotations

import contextlib
import html
import json
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.console.test_pages import EVIL, Reader, reader

__all__ = ["reader"]


@pytest.fixture
def trace(client: Callable[..., Any]) -> str:
    """A trace of an API, a function and a table; the function failed."""
    now = time.time() - 5
    id = f"1-{int(now):08x}-{secrets.token_hex(12)}"
    api, function, call = (secrets.token_hex(8) for _ in range(3))
    cause = {"exceptions": [{"id": secrets.token_hex(8), "type": "ValueError", "message": EVIL}]}
    documents = [
        {
            "name": "shop", "id": api, "origin": "AWS::ApiGateway::Stage", "start_time": now, "end_time": now + 0.4,
            "http": {"request": {"method": "POST", "url": "https://shop.example/orders"}, "response": {"status": 500}},
            "fault": True,
        },
        {
            "name": "orders", "id": function, "parent_id": api, "origin": "AWS::Lambda::Function", "cause": cause,
            "start_time": now + 0.1, "end_time": now + 0.3, "fault": True, "annotations": {"customer": "42"},
            "subsegments": [
                {"name": "DynamoDB", "id": call, "namespace": "aws", "start_time": now + 0.1, "end_time": now + 0.2,
                 "aws": {"operation": "PutItem", "table_name": "goods"}, "http": {"response": {"status": 200}}},
            ],
        },
    ]  # fmt: skip
    answer = client("xray").put_trace_segments(
        TraceSegmentDocuments=[json.dumps({**each, "trace_id": id}) for each in documents]
    )
    assert not answer["UnprocessedTraceSegments"]
    return id


def test_the_map_leads_to_the_traces_of_a_node_and_they_to_the_waterfall(reader: Reader, trace: str) -> None:
    shown = reader.text("map", of="xray")
    for name in ("client", "shop", "orders", "goods"):
        assert 'class="name"' in shown and name in shown
    assert "1 failed" in shown and 'class="service bad"' in shown and "400.0 ms" in shown
    found = reader.text("traces", filter='service(id(name: "goods", type: "AWS::DynamoDB::Table"))')
    assert trace in found and "POST https://shop.example/orders" in found
    assert trace not in reader.text("traces", filter='annotation.customer = "43"')
    found = reader.text("traces", filter="fault", failed="1")
    assert trace in found and '<td class="wide bad">orders</td>' in found  # the root is not to blame
    fall = reader.text(f"traces/{trace}")
    assert "<h1>shop → " in fall and "DynamoDB" in fall and 'class="bar fault"' in fall and "customer = 42" in fall
    assert EVIL not in fall and "ValueError: &lt;script&gt;" in fall


def test_what_x_ray_says_of_an_expression_is_shown(reader: Reader) -> None:
    assert 'class="card pad bad"' in reader.text("traces", filter="duration >")
    assert "Nothing was traced" in reader.text("map", of="xray")
    assert "no traces in this time" in reader.text("traces", filter="fault")
    missing = reader.get("traces/1-00000001-00000000000000000000beef")
    assert missing.status_code == 404 and "Nothing is known of a trace" in missing.text


def test_what_nobody_traced_is_seen_all_the_same(reader: Reader, client: Callable[..., Any], account: str) -> None:
    """A topic's message goes on to a queue: the map has both, the waterfall the decision of the queue's policy."""
    sqs, sns = client("sqs"), client("sns")
    sqs.create_queue(QueueName="seen-queue")
    arn = f"arn:aws:sqs:us-east-1:{account}:seen-queue"
    topic = sns.create_topic(Name="seen-topic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    answer = sns.publish(TopicArn=topic, Message="hello")
    reader.cloud.settle()
    shown = reader.text("map")
    assert "seen-topic" in shown and "seen-queue" in shown and 'class="edge warn"' in shown
    assert "sns:Publish" in reader.text("traces", about="seen-queue", type="AWS::SQS::Queue")
    assert "sns:Publish" not in reader.text("traces", about="seen-queue", type="AWS::SNS")
    failed = reader.text("traces", failed="1")
    assert "sns:Publish" in failed and "1 error" in failed and "1 denied by IAM" in failed
    assert "sqs:CreateQueue" in reader.text("traces", about="seen-queue", type="AWS::SQS::Queue")
    again = reader.text("traces", about="seen-queue", type="AWS::SQS::Queue", failed="1")
    assert "sns:Publish" in again and "sqs:CreateQueue" not in again
    fall = reader.text(f"traces/{answer['ResponseMetadata']['RequestId']}")
    assert "sns:Publish" in fall and "sqs:SendMessage" in fall and "denied: " in fall
    assert reader.cloud.control("traces")["traces"]


def test_a_line_of_a_log_leads_to_its_request(reader: Reader, client: Callable[..., Any]) -> None:
    logs, trace = client("logs"), "1-6b0457b4-f032a119a7344531ae87799d"
    stream = "2026/11/23/[$LATEST]" + "0" * 32
    logs.create_log_group(logGroupName="/g")
    now = int(time.time() * 1000)
    for name, text in ((stream, "x"), ("plain", f'{{"requestId": "{EVIL}", "trace": "{trace}"}}'), ("plain", "y")):
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName="/g", logStreamName=name)
        logs.put_log_events(logGroupName="/g", logStreamName=name, logEvents=[{"timestamp": now, "message": text}])
    shown = reader.text("logs", group="/g")
    found = [html.unescape(one) for one in re.findall(r'<td class="time"[^>]*><a href="([^"]+)"', shown)]
    assert len(found) == 2 and any(f"/traces/{trace}?account=" in one for one in found)
    [line] = [one for one in found if "of-line" in one]
    answer = reader.get(line.removeprefix("/_cloudarium/"))
    assert answer.status_code == 404 and "No run that wrote into this log" in answer.text
    here = reader.text("logs", group="/g", at=f"{now / 1000:.3f}")
    assert here.count(' here"') == 3 and "Around " in here
    assert " here" not in reader.text("logs", group="/g", at="1000000000").partition("<tbody>")[2]
    assert reader.get("logs", group="/g", at="nan").status_code == 400
