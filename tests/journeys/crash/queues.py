"""Programs that send to queues and consume them while the cloud is killed, and what must hold of that in the end."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

from tests.conftest import RunningCloud
from tests.journeys.crash.writers import Program

GROUPS = ("a", "b")
HIDDEN = 900  # seconds for which a received message is hidden: longer than the cloud is ever away


def prepare(cloud: RunningCloud) -> None:
    """Make the queues."""
    sqs = cloud.client("sqs")
    sqs.create_queue(QueueName="plain", Attributes={"VisibilityTimeout": str(HIDDEN)})
    sqs.create_queue(QueueName="once.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": str(HIDDEN)})


class Post:
    """What senders and consumers know: messages that were acknowledged, received, and gone for good."""

    def __init__(self) -> None:
        self.sent: set[str] = set()  # to the plain queue
        self.received: set[str] = set()
        self.deleted: set[str] = set()
        self.ordered: dict[str, int] = dict.fromkeys(GROUPS, 0)  # how many were sent, each until it was acknowledged
        self.in_order: dict[str, list[int]] = {group: [] for group in GROUPS}


class Sender(Program):
    """Sends to both queues; to the FIFO one it sends again what may not have arrived."""

    def __init__(self, cloud: RunningCloud, up: threading.Event, post: Post) -> None:
        super().__init__(cloud, up)
        self.post = post

    def work(self) -> None:
        """One message after the other."""
        sqs = self.clients["sqs"]
        for number in itertools.count(1):
            if self.enough.is_set():
                return
            body = f"m{number} " + "x" * (number % 3 * 1500)  # some are kept apart from their message
            if self.sure(sqs.send_message, QueueUrl="plain", MessageBody=body):
                self.post.sent.add(body)
            group = GROUPS[number % 2]
            following = self.post.ordered[group] + 1
            given = {"MessageGroupId": group, "MessageDeduplicationId": f"{group}-{following}"}
            while not self.sure(sqs.send_message, QueueUrl="once.fifo", MessageBody=f"{group} {following}", **given):
                continue
            self.post.ordered[group] = following


class Consumer(Program):
    """Receives from both queues and deletes what it received, until that is acknowledged."""

    def __init__(self, cloud: RunningCloud, up: threading.Event, post: Post) -> None:
        super().__init__(cloud, up)
        self.post = post

    def work(self) -> None:
        """Both queues in turn; a long poll now and then."""
        for number in itertools.count(1):
            if self.enough.is_set():
                return
            for message in self._received(QueueUrl="plain", WaitTimeSeconds=int(number % 5 == 0)):
                self.post.received.add(message["Body"])
                self._away("plain", message)
                self.post.deleted.add(message["Body"])
            attempt = f"attempt-{number}"
            for message in self._received(QueueUrl="once.fifo", ReceiveRequestAttemptId=attempt):
                self._in_order(message)

    def _received(self, **given: Any) -> list[Any]:
        """What is received; asked for again when the answer was lost."""
        while True:
            answer = self.sure(self.clients["sqs"].receive_message, MaxNumberOfMessages=3, **given)
            if answer:
                found: list[Any] = answer.get("Messages", [])
                return found

    def _away(self, queue: str, message: Any) -> None:
        given = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
        while not self.sure(self.clients["sqs"].delete_message, **given):
            continue

    def _in_order(self, message: Any) -> None:
        group, number = message["Body"].split()
        self.post.in_order[group].append(int(number))
        self._away("once.fifo", message)


def rest(cloud: RunningCloud, queue: str) -> Iterator[str]:
    """What is still in a queue; it is deleted."""
    sqs = cloud.client("sqs")
    while True:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            return
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            yield message["Body"]


def check(cloud: RunningCloud, post: Post) -> None:
    """Nothing is lost, nothing deleted comes back; in FIFO groups each came once and in order. No message is hidden."""
    left = set(rest(cloud, "plain"))
    assert post.sent <= post.received | left
    assert not left & post.deleted
    for body in rest(cloud, "once.fifo"):
        group, number = body.split()
        post.in_order[group].append(int(number))
    for group in GROUPS:
        assert post.in_order[group] == list(range(1, post.ordered[group] + 1)), group
    for queue in ("plain", "once.fifo"):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        assert set(counts.values()) == {"0"}, queue
