"""What the tests of SNS share: a topic with queues, functions, servers and mail boxes at the end of it."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud


def refused(code: str, call: Callable[..., Any], **given: Any) -> str:
    """The message of the error with this code that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value.response["Error"]["Message"])


class World:
    """One account of a cloud, with its SNS and what receives."""

    def __init__(self, cloud: RunningCloud, account: str, region: str = "us-east-1") -> None:
        self.cloud, self.account, self.region = cloud, account, region
        self.sns = cloud.client("sns", key=account, region=region, parameter_validation=False)
        self.sqs = cloud.client("sqs", key=account, region=region)

    def topic(self, name: str = "news", **attributes: str) -> str:
        """The ARN of a new topic."""
        if name.endswith(".fifo"):
            attributes = {"FifoTopic": "true", **attributes}
        return str(self.sns.create_topic(Name=name, Attributes=attributes)["TopicArn"])

    def queue(self, name: str = "inbox", *, allowed: bool = True, **attributes: str) -> tuple[str, str]:
        """URL and ARN of a new queue, which topics of the account may send to if `allowed`."""
        if name.endswith(".fifo"):
            attributes = {"FifoQueue": "true", **attributes}
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        arn = f"arn:aws:sqs:{self.region}:{self.account}:{name}"
        if allowed:
            self.allow(url, arn)
        return url, arn

    def allow(self, url: str, arn: str) -> None:
        """Let the account's topics send to a queue."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:{self.region}:{self.account}:*"}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def subscribe(self, topic: str, protocol: str, endpoint: str, **attributes: str) -> str:
        """The ARN of a new subscription."""
        given = {"Protocol": protocol, "Endpoint": endpoint, "Attributes": attributes, "ReturnSubscriptionArn": True}
        return str(self.sns.subscribe(TopicArn=topic, **given)["SubscriptionArn"])

    def received(self, url: str, **given: Any) -> list[dict[str, Any]]:
        """All messages that are in a queue, once what is under way has arrived; they are taken out of it."""
        self.cloud.settle()
        found: list[dict[str, Any]] = []
        while True:
            asked = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"], **given}
            page = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **asked).get("Messages", [])
            if not page:
                return found
            for each in page:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            found += page

    def bodies(self, url: str) -> list[Any]:
        """The documents in a queue."""
        return [json.loads(each["Body"]) for each in self.received(url)]

    def texts(self, url: str) -> list[str]:
        """The messages of the documents in a queue."""
        return [each["Message"] for each in self.bodies(url)]

    def mails(self, to: str) -> list[dict[str, Any]]:
        """The mails to an address, the newest first, with what is in them."""
        self.cloud.settle()
        found = self.cloud.control(f"mail?to={to}&account={self.account}")["mails"]
        return [self.cloud.control(f"mail/{each['id']}") for each in found]

    def sms(self, phone: str) -> list[dict[str, Any]]:
        """The text messages to a number, the newest first."""
        self.cloud.settle()
        return list(self.cloud.control(f"sms?phone={phone.replace('+', '%2B')}&account={self.account}")["messages"])


@pytest.fixture
def world(cloud: RunningCloud, account: str) -> World:
    """A fresh account of the cloud that all tests share."""
    return World(cloud, account)


@pytest.fixture
def fresh_world(fresh_cloud: RunningCloud) -> World:
    """An account of a cloud whose clock may be moved."""
    return World(fresh_cloud, "111111111111")


class Posted(NamedTuple):
    """A request that a server got."""

    headers: dict[str, str]
    body: str

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Server:
    """A web server on loopback; `answers` are the statuses of its next answers, then 200."""

    def __init__(self) -> None:
        self.got: queue.Queue[Posted] = queue.Queue()
        self.answers: list[int] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
                status = server.answers.pop(0) if server.answers else 200
                server.got.put(Posted({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/hook"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def next(self) -> Posted:
        """The next request; it must come."""
        return self.got.get(timeout=20)

    def stop(self) -> None:
        """Serve no more."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server that listens to a topic."""
    running = Server()
    yield running
    running.stop()
