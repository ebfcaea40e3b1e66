"""Long polls: who waits for messages, and what ends the wait. The cloud's clock stands."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.sqs.operations.receiving import receive_message
from tests.conftest import RunningCloud
from tests.services.sqs.inside import Inside
from tests.services.sqs.queue import Queue, refused


def later(work: Any) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_wait_ends_with_a_message(standing: RunningCloud, account: str) -> None:
    """The clock stands, so nothing but the message itself can end it."""
    queue, got = Queue(standing.client("sqs", key=account), "a"), []
    other = Queue(standing.client("sqs", key=account), "b")
    waiting = later(lambda: got.extend(Queue(standing.client("sqs", key=account), "a").bodies(WaitTimeSeconds=20)))
    other.send("not this")
    queue.send("this")
    waiting.join(20)
    assert got == ["this"]


def test_a_wait_ends_when_the_clock_is_moved(moving: Inside, timed: Any) -> None:
    queue = Queue(timed, "a")
    queue.send("delayed", DelaySeconds=10)

    async def wait(seconds: float) -> Any:
        given = {"QueueUrl": queue.url, "WaitTimeSeconds": 20}
        waiting = asyncio.create_task(timed.ask("ReceiveMessage", given))
        await asyncio.sleep(0)
        await moving.cloud.journeys.move(lambda now: now + 5)
        assert not waiting.done()
        await moving.cloud.journeys.move(lambda now: now + seconds)
        return await waiting

    (message,) = moving.loop.run_until_complete(wait(5))["Messages"]
    assert message["Body"] == "delayed"
    queue.delete(message)
    assert moving.loop.run_until_complete(wait(15)) == {}


def test_a_message_that_comes_while_the_wait_begins(moving: Inside, timed: Any) -> None:
    queue = Queue(timed, "a")

    async def wait() -> Any:
        call = Call(moving.cloud, None)
        call.service, call.scope, call.input = "sqs", moving.cloud.home, {"QueueUrl": "a", "WaitTimeSeconds": 20}
        call.principal = Principal.root(moving.cloud.home.account)
        waiting = receive_message(call)  # nothing was there: the rest is a task of its own, which has not begun
        await timed.ask("SendMessage", {"QueueUrl": queue.url, "MessageBody": "x"})
        return await asyncio.wait_for(waiting, 10)

    assert moving.loop.run_until_complete(wait())["Messages"][0]["Body"] == "x"


def test_each_of_many_who_wait_gets_one(standing: RunningCloud, account: str) -> None:
    queue = Queue(standing.client("sqs", key=account), "a")
    got: list[str] = []
    clients = [Queue(standing.client("sqs", key=account), "a") for _ in range(5)]
    waiting = [later(lambda each=each: got.extend(each.bodies(1, WaitTimeSeconds=20))) for each in clients]
    entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(5)]
    queue.client.send_message_batch(QueueUrl=queue.url, Entries=entries)
    for thread in waiting:
        thread.join(20)
    assert sorted(got) == ["0", "1", "2", "3", "4"]


def hang_up(cloud: RunningCloud, account: str, url: str) -> None:
    """Begin a long poll and close the connection."""
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20})
    headers = {"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest("POST", f"{cloud.url}/", data=body, headers=headers)
    SigV4Auth(Credentials(account, "test"), "sqs", "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection(("127.0.0.1", cloud.port)) as line:
        start = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{cloud.port}\r\nContent-Length: {len(body)}\r\n"
        line.sendall(f"{start}{head}\r\n{body}".encode())


def test_who_hangs_up_takes_no_message(standing: RunningCloud, account: str) -> None:
    queue = Queue(standing.client("sqs", key=account), "a")
    for _ in range(3):
        hang_up(standing, account, queue.url)
    queue.counts()  # by now the cloud has read what came before on other connections
    queue.send("x")
    standing.settle()
    assert queue.bodies() == ["x"]


def test_a_queue_that_goes_ends_the_wait(standing: RunningCloud, account: str) -> None:
    client = standing.client("sqs", key=account)
    queue = Queue(client, "a")
    ended: list[str] = []

    def wait() -> None:
        patient = standing.client("sqs", key=account)
        code = "AWS.SimpleQueueService.NonExistentQueue"
        ended.append(refused(code, patient.receive_message, QueueUrl=queue.url, WaitTimeSeconds=20))

    waiting = later(wait)
    client.delete_queue(QueueUrl=queue.url)
    waiting.join(20)
    assert ended == ["The specified queue does not exist."]


def test_who_waits_is_answered_when_the_cloud_stops() -> None:
    running, got = RunningCloud(), []
    queue = Queue(running.client("sqs"), "a")
    first, second = (Queue(running.client("sqs"), "a") for _ in range(2))
    waiting = [later(lambda each=each: got.append(each.bodies(1, WaitTimeSeconds=20))) for each in (first, second)]
    queue.send("for one of them")
    while not got:
        continue  # now the other is the only one who waits, or is about to
    running.stop()
    for thread in waiting:
        thread.join(20)
    assert sorted(got) == [[], ["for one of them"]]
