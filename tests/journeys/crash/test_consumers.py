"""kill -9 of consumers and of the cloud: nothing is lost, and no group is ever out of order, behind a FIFO topic too.

CLOUDARIUM_CRASHES=40 kills that often; CLOUDARIUM_CRASH_SEED repeats a run's choices.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.conftest import RunningCloud
from tests.journeys.crash.processes import wait_for

GROUPS = ("a", "b", "c")
QUEUES = ("plain", "sent.fifo", "told.fifo")
HIDDEN = 1  # seconds after which what a killed consumer had in hand comes back
# It writes down what it gets (r), what it is about to delete (t), and what is deleted (d), each in one write.
CONSUMER = """
import os, sys, time, boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

sqs = boto3.client("sqs", config=Config(retries={"max_attempts": 1, "mode": "standard"}, read_timeout=5))
book, batch = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND), 0


def say(what, queue, message):
    os.write(book, f"{what} {os.getpid()}-{batch} {queue} {message['Body']}\\n".encode())


while True:
    before = batch
    for queue in sys.argv[2:]:
        try:
            found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=3).get("Messages", [])
            batch += bool(found)
            for message in found:
                say("r", queue, message)
            for message in found:
                say("t", queue, message)
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                say("d", queue, message)
        except (BotoCoreError, ClientError):
            pass  # the cloud is away, or the handle is too old by now: the message comes back
    if batch == before:
        time.sleep(0.02)
"""


class Line:
    """One queue's story, line by line: which messages may still come, and in which order."""

    def __init__(self) -> None:
        self.gone: set[tuple[str, int]] = set()  # deleted, or perhaps deleted
        self.sure: set[tuple[str, int]] = set()
        self.received: set[tuple[str, int]] = set()
        self.batches: dict[str, set[tuple[str, int]]] = {}

    def hear(self, what: str, batch: str, group: str, number: int, fifo: bool) -> None:
        """Check what happened, and note it."""
        this = (group, number)
        if what == "d":
            self.sure.add(this)
        if what == "r":
            assert this not in self.sure, f"{this} came back"
            self.received.add(this)
            with_it = self.batches.setdefault(batch, set())
            if fifo:
                before = {(group, each) for each in range(1, number)}
                assert before <= self.gone | with_it, f"{this} came before {before - self.gone - with_it}"
            with_it.add(this)
        else:
            self.gone.add(this)


def prepare(cloud: RunningCloud) -> str:
    """Make the queues, and a FIFO topic whose ARN this is."""
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    for name in QUEUES:
        attributes = {"VisibilityTimeout": str(HIDDEN), **({"FifoQueue": "true"} if name.endswith(".fifo") else {})}
        sqs.create_queue(QueueName=name, Attributes=attributes)
    topic = sns.create_topic(Name="told.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    queue = "arn:aws:sqs:us-east-1:000000000000:told.fifo"
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": queue}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allow})
    sqs.set_queue_attributes(QueueUrl="told.fifo", Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    return str(topic)


def start(cloud: RunningCloud, book: Path) -> subprocess.Popen[bytes]:
    own = {
        "AWS_ENDPOINT_URL": cloud.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", CONSUMER, str(book), *QUEUES], env={**os.environ, **own})


def send(cloud: RunningCloud, topic: str, number: int) -> None:
    """Send the message of this number to every queue and group; what may not have arrived is sent again."""
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    for group in GROUPS:
        body = f"{group} {number}"
        given = {"MessageGroupId": group, "MessageDeduplicationId": body.replace(" ", "-")}
        sqs.send_message(QueueUrl="plain", MessageBody=body)
        sqs.send_message(QueueUrl="sent.fifo", MessageBody=body, **given)
        sns.publish(TopicArn=topic, Message=body, **given)


def test_killed_consumers_lose_nothing_and_keep_the_order(cloud: RunningCloud, tmp_path: Path) -> None:
    seed = os.environ.get("CLOUDARIUM_CRASH_SEED") or str(random.SystemRandom().randrange(10**6))
    kills = int(os.environ.get("CLOUDARIUM_CRASHES", "0")) or 3
    print(f"CLOUDARIUM_CRASH_SEED={seed}")
    chance, topic, book = random.Random(seed), prepare(cloud), tmp_path / "book"
    book.touch()
    consumers = [start(cloud, book) for _ in range(2)]
    try:
        number = 0
        for kill in range(kills):
            seen = book.stat().st_size
            for _ in range(chance.randint(3, 8)):
                number += 1
                send(cloud, topic, number)
            wait_for("consumption", lambda seen=seen: book.stat().st_size > seen)  # type: ignore[misc]
            time.sleep(chance.random() / 20)  # it is killed at any moment
            if kill % 3 == 1:
                cloud.restart()
            else:
                one = consumers.pop(0)
                one.kill()
                one.wait()
                consumers.append(start(cloud, book))
        cloud.settle()
        wait_for("the end", lambda: _is_empty(cloud))
    finally:
        for one in consumers:
            one.kill()
            one.wait()
    lines = {name: Line() for name in QUEUES}
    for text in book.read_text().splitlines():
        what, batch, queue, group, said = text.split()
        lines[queue].hear(what, batch, group, int(said), queue.endswith(".fifo"))
    every = {(group, each) for group in GROUPS for each in range(1, number + 1)}
    for name, line in lines.items():
        assert line.received == every, (name, every - line.received)


def _is_empty(cloud: RunningCloud) -> bool:
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = cloud.client("sqs")
    try:
        counts = [sqs.get_queue_attributes(QueueUrl=name, AttributeNames=names)["Attributes"] for name in QUEUES]
    except (BotoCoreError, ClientError):
        return False
    return all(set(each.values()) == {"0"} for each in counts)
