"""trace: the last traces, and one as a waterfall with the decision beside each call."""

from __future__ import annotations

import boto3
import pytest

from tests.cli.conftest import Cli


@pytest.fixture(scope="module")
def published(up: Cli) -> tuple[Cli, str]:
    """A cloud in which a message was published to a queue that does not let the topic in; and the request's id."""
    exports = up.json("env")

    def client(service: str):  # type: ignore[no-untyped-def]
        return boto3.client(
            service, "us-east-1", endpoint_url=exports["AWS_ENDPOINT_URL"], aws_access_key_id="test",
            aws_secret_access_key="test",
        )  # fmt: skip

    client("sqs").create_queue(QueueName="q")
    sns = client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:q")
    answer = sns.publish(TopicArn=topic, Message="m")
    return up, answer["ResponseMetadata"]["RequestId"]


def test_a_waterfall(published: tuple[Cli, str]) -> None:
    cli, request_id = published
    seen = cli.json("trace", request_id)
    shown = cli.ok("trace", request_id[:8], COLUMNS="200").splitlines()
    assert shown[0] == "sns:Publish → 200" and shown[1].startswith(f"{seen['id']} · ")
    assert shown[2].split()[:3] == ["what", "answer", "took"]
    shown = shown[1:]
    assert shown[2].startswith("sns:Publish") and "200" in shown[2] and "█" in shown[2]
    assert "allowed: root of the account" in shown[2]
    assert "└ sqs:SendMessage" in shown[3] and "denied" in shown[3] and "sqs:SendMessage" in shown[3]


def test_sdks_find_the_daemon(published: tuple[Cli, str]) -> None:
    exports = published[0].json("env")
    assert exports["AWS_XRAY_DAEMON_ADDRESS"] == f"127.0.0.1:{exports['CLOUDARIUM_XRAY_DAEMON_PORT']}"
    endpoint = f"http://{exports['AWS_XRAY_DAEMON_ADDRESS']}/v1/traces"
    assert exports["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] == endpoint


def test_the_list(published: tuple[Cli, str]) -> None:
    cli, request_id = published
    [one] = cli.json("trace")
    assert one["id"] == cli.json("trace", request_id)["id"]
    shown = cli.ok("trace", COLUMNS="200").splitlines()
    assert one["id"] in shown[1] and "sns:Publish" in shown[1] and "denied" in shown[1]
    assert len(cli.json("trace", "--all", "-n", "2")) == 2
    assert [each["id"] for each in cli.json("trace", "--failed")] == [one["id"]]
    assert "Nothing is known of a trace or request nope" in cli.fails("trace", "nope")
