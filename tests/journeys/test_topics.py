"""Topics by unmodified clients: the AWS CLI, the SDK for JavaScript, and AWS's own validator of SNS's messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import install
from tests.clients.tools import Shell, node
from tests.conftest import RunningCloud

SQS = ("sqs", "--endpoint-url")  # version 1 of the CLI goes to an address of its own for SQS, whatever it is told
PROGRAM = Path(__file__).parent / "javascript" / "topics.cjs"


def test_what_a_developer_types(shell: Shell, account: str) -> None:
    topic = json.loads(shell.aws("sns", "create-topic", "--name", "news", "--tags", "Key=team,Value=red"))["TopicArn"]
    assert topic == f"arn:aws:sns:us-east-1:{account}:news"
    queue = f"arn:aws:sqs:us-east-1:{account}:inbox"
    url = json.loads(shell.aws(*SQS, shell.endpoint, "create-queue", "--queue-name", "inbox"))["QueueUrl"]
    statement = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": queue,
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    shell.aws(
        *SQS, shell.endpoint, "set-queue-attributes", "--queue-url", url, "--attributes", json.dumps({"Policy": policy})
    )
    given = ("--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", queue)
    own = json.loads(shell.aws("sns", "subscribe", *given, "--attributes", "RawMessageDelivery=true"))
    assert own["SubscriptionArn"].startswith(f"{topic}:")
    attributes = json.dumps({"kind": {"DataType": "String", "StringValue": "a"}})
    shell.aws("sns", "publish", "--topic-arn", topic, "--message", "hello", "--message-attributes", attributes)
    asked = ("--queue-url", url, "--wait-time-seconds", "10", "--message-attribute-names", "All")
    [message] = json.loads(shell.aws(*SQS, shell.endpoint, "receive-message", *asked))["Messages"]
    assert (message["Body"], message["MessageAttributes"]["kind"]["StringValue"]) == ("hello", "a")
    listed = json.loads(shell.aws("sns", "list-subscriptions-by-topic", "--topic-arn", topic))["Subscriptions"]
    assert [each["Endpoint"] for each in listed] == [queue]
    shell.aws("sns", "delete-topic", "--topic-arn", topic)
    assert json.loads(shell.aws("sns", "list-topics"))["Topics"] == []


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[RunningCloud]:
    """A cloud that answers https too; its authority's certificate is in the test's folder."""
    running = RunningCloud(None, tmp_path / "state")
    yield running
    running.stop()


def test_awss_own_validator_finds_the_signatures_good(secure: RunningCloud, tmp_path: Path) -> None:
    shell = Shell(secure.url, tmp_path, key="111111111111")
    modules = str(install.HOME / "javascript" / "node_modules")
    authority = str(next((tmp_path / "state").rglob("ca.pem")))
    text = shell.run(node(), PROGRAM, "111111111111", NODE_PATH=modules, NODE_EXTRA_CA_CERTS=authority)
    said = json.loads(text)
    assert said["batch"] == 1
    assert said["queue"] == {"message": "for the queue", "count": 1, "signature": "valid"}
    assert "invalid" in said["changed"]
    assert said["confirmation"] == "valid"
    assert said["server"] == {"message": "to the server", "signature": "valid"}
