"""`python -m bench.growth`: does a call cost the same whatever lies around it, and whoever else is connected?

Prints a table: what is called, and the server's CPU for one call with a little and with a lot of the same kind there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from botocore.credentials import Credentials

from bench import load, servers
from bench.large import one_large_object
from bench.signing import Signer

_SPREAD = 200  # different things that are asked for, all over what is there
_AIM = 1.5  # times the cost with a little around it, at most: these machines are noisy
_GROUP = "/bench"
_ACCOUNTS = 4  # one account may have 5,000 users


@dataclass(frozen=True)
class Field:
    """One kind of thing that there can be a lot of: how many, how to make some of them, and the calls on them.

    `fill(signer, start, end)` gives the requests that make those from `start` up to `end`; `calls` give, by name, the
    requests on the things whose numbers they get.
    """

    name: str
    little: int
    lot: int
    prepare: Callable[[Signer], list[bytes]]
    fill: Callable[[Signer, int, int], Iterator[bytes]]
    calls: dict[str, Callable[[Signer, list[int]], list[bytes]]]


# ---- DynamoDB --------------------------------------------------------------------------------------------------------

_DYNAMODB = "DynamoDB_20120810."


def _key(number: int) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"p{number // 20}"}, "sk": {"S": f"s{number % 20:02}"}}


def _item(number: int) -> dict[str, dict[str, str]]:
    return {**_key(number), "price": {"N": "12.50"}, "name": {"S": "a thing for sale"}}


def _table(signer: Signer) -> list[bytes]:
    names = ("pk", "HASH"), ("sk", "RANGE")
    return [
        signer.json("dynamodb", _DYNAMODB + "CreateTable", {
            "TableName": "bench",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _ in names],
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in names],
        })
    ]  # fmt: skip


def _items(signer: Signer, start: int, end: int) -> Iterator[bytes]:
    for first in range(start, end, 25):
        puts = [{"PutRequest": {"Item": _item(number)}} for number in range(first, min(first + 25, end))]
        yield signer.json("dynamodb", _DYNAMODB + "BatchWriteItem", {"RequestItems": {"bench": puts}})


def _on_items(operation: str, make: Callable[[int], dict[str, object]]) -> Callable[[Signer, list[int]], list[bytes]]:
    return lambda signer, numbers: [
        signer.json("dynamodb", _DYNAMODB + operation, {"TableName": "bench", **make(number)}) for number in numbers
    ]


def _query(number: int) -> dict[str, object]:
    values = {":p": _key(number)["pk"]}
    return {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": values, "Limit": 10}


# ---- S3, IAM, Logs ---------------------------------------------------------------------------------------------------


def _objects(signer: Signer, start: int, end: int) -> Iterator[bytes]:
    for number in range(start, end):
        yield signer.rest("s3", "PUT", f"/bench/k/{number:06}", b"x" * 1024)


def _on_keys(method: str, path: str, body: bytes = b"") -> Callable[[Signer, list[int]], list[bytes]]:
    return lambda signer, numbers: [signer.rest("s3", method, path.format(number), body) for number in numbers]


def _policy(number: int) -> str:
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::bench/k/{number:06}"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def _roots(signer: Signer) -> list[Signer]:
    return [signer, *(Signer(signer.url, Credentials(f"{each:012}", "test")) for each in range(1, _ACCOUNTS))]


def _users(signer: Signer, start: int, end: int) -> Iterator[bytes]:
    roots = _roots(signer)
    for number in range(start, end):
        root, named = roots[number % _ACCOUNTS], {"UserName": f"u{number}"}
        yield root.query("iam", "2010-05-08", "CreateUser", named)
    for number in range(start, end):
        root, named = roots[number % _ACCOUNTS], {"UserName": f"u{number}"}
        policy = {"PolicyName": "own", "PolicyDocument": _policy(number)}
        yield root.query("iam", "2010-05-08", "PutUserPolicy", {**named, **policy})


def _on_users(action: str, make: Callable[[int], dict[str, str]]) -> Callable[[Signer, list[int]], list[bytes]]:
    def requests(signer: Signer, numbers: list[int]) -> list[bytes]:
        roots = _roots(signer)
        return [roots[number % _ACCOUNTS].query("iam", "2010-05-08", action, make(number)) for number in numbers]

    return requests


def _simulated(number: int) -> dict[str, str]:
    account = "000000000000" if number % _ACCOUNTS == 0 else f"{number % _ACCOUNTS:012}"
    return {
        "PolicySourceArn": f"arn:aws:iam::{account}:user/u{number}",
        "ActionNames.member.1": "s3:GetObject",
        "ResourceArns.member.1": f"arn:aws:s3:::bench/k/{number:06}",
    }


def _logs(signer: Signer, operation: str, given: dict[str, object]) -> bytes:
    return signer.json("logs", f"Logs_20140328.{operation}", {"logGroupName": _GROUP, **given})


def _streams(signer: Signer, start: int, end: int) -> Iterator[bytes]:
    for number in range(start, end):
        yield _logs(signer, "CreateLogStream", {"logStreamName": f"s{number:06}"})


def _on_streams(operation: str, make: Callable[[int], dict[str, object]]) -> Callable[[Signer, list[int]], list[bytes]]:
    return lambda signer, numbers: [_logs(signer, operation, make(number)) for number in numbers]


def _events(number: int) -> dict[str, object]:
    events = [{"timestamp": int(time.time() * 1000), "message": "something happened"}]
    return {"logStreamName": f"s{number:06}", "logEvents": events}


def _queue(operation: str, given: dict[str, object]) -> Callable[[Signer, int], bytes]:
    def request(signer: Signer, number: int) -> bytes:
        named = {"QueueUrl": f"{signer.url}/000000000000/bench", **given}
        return signer.json("sqs", f"AmazonSQS.{operation}", named)

    return request


def _messages(signer: Signer, start: int, end: int) -> Iterator[bytes]:
    for number in range(start, end, 10):
        entries = [{"Id": str(each), "MessageBody": f"message {each}"} for each in range(number, number + 10)]
        yield _queue("SendMessageBatch", {"Entries": entries})(signer, number)


def _on_queue(operation: str, **given: object) -> Callable[[Signer, list[int]], list[bytes]]:
    make = _queue(operation, given)
    return lambda signer, numbers: [make(signer, number) for number in numbers]


def _new_queue(signer: Signer) -> list[bytes]:
    return [signer.json("sqs", "AmazonSQS.CreateQueue", {"QueueName": "bench"})]


FIELDS = [
    Field("items of a table", 100, 1_000_000, _table, _items, {
        "GetItem": _on_items("GetItem", lambda number: {"Key": _key(number)}),
        "PutItem": _on_items("PutItem", lambda number: {"Item": _item(number)}),
        "Query (10)": _on_items("Query", _query),
        "Scan (10)": _on_items("Scan", lambda number: {"Limit": 10, "ExclusiveStartKey": _key(number)}),
    }),
    Field("keys of a bucket", 100, 100_000, lambda signer: [signer.rest("s3", "PUT", "/bench")], _objects, {
        "GetObject": _on_keys("GET", "/bench/k/{:06}"),
        "PutObject": _on_keys("PUT", "/bench/k/{:06}", b"y" * 1024),
        "ListObjectsV2 (10)": _on_keys("GET", "/bench?list-type=2&max-keys=10&start-after=k%2F{:06}"),
    }),
    Field("users with a policy each", 100, 10_000, lambda signer: [], _users, {
        "GetUserPolicy": _on_users("GetUserPolicy", lambda n: {"UserName": f"u{n}", "PolicyName": "own"}),
        "PutUserPolicy": _on_users(
            "PutUserPolicy", lambda n: {"UserName": f"u{n}", "PolicyName": "own", "PolicyDocument": _policy(n)}
        ),
        "SimulatePrincipalPolicy": _on_users("SimulatePrincipalPolicy", _simulated),
    }),
    Field("streams of a log group", 100, 10_000, lambda signer: [_logs(signer, "CreateLogGroup", {})], _streams, {
        "PutLogEvents (1)": _on_streams("PutLogEvents", _events),
        "GetLogEvents (10)": _on_streams("GetLogEvents", lambda n: {"logStreamName": f"s{n:06}", "limit": 10}),
        "DescribeLogStreams (1)": _on_streams(
            "DescribeLogStreams", lambda n: {"logStreamNamePrefix": f"s{n:06}", "limit": 1}
        ),
    }),
    Field("messages of a queue", 100, 1_000_000, _new_queue, _messages, {
        "SendMessage": _on_queue("SendMessage", MessageBody="x" * 100),
        "ReceiveMessage (1)": _on_queue("ReceiveMessage", VisibilityTimeout=0),
        "ReceiveMessage (10)": _on_queue("ReceiveMessage", VisibilityTimeout=0, MaxNumberOfMessages=10),
        "GetQueueAttributes": _on_queue("GetQueueAttributes", AttributeNames=["All"]),
    }),
]  # fmt: skip


def _spread(count: int) -> list[int]:
    return [number * count // _SPREAD for number in range(_SPREAD)]


def _costs(server: servers.Server, field: Field, count: int, seconds: float) -> dict[str, load.Outcome]:
    signer = Signer(server.url)
    return {
        name: load.measure(server, requests(signer, _spread(count)), 8, seconds)
        for name, requests in field.calls.items()
    }


def _grow(server: servers.Server, field: Field, share: float, seconds: float) -> list[str]:
    signer, lot = Signer(server.url), max(int(field.lot * share), field.little * 2)
    load.send(server.port, field.prepare(signer), 1)
    load.send(server.port, field.fill(signer, 0, field.little), 8)
    little = _costs(server, field, field.little, seconds)
    began = time.perf_counter()
    load.send(server.port, field.fill(signer, field.little, lot), 8)
    made = time.perf_counter() - began
    print(f"{lot:,} {field.name} ({made:.0f} s to make)", flush=True)
    missed = []
    for name, outcome in _costs(server, field, lot, seconds).items():
        before, ratio = little[name], outcome.cpu_micros / little[name].cpu_micros
        failed = before.errors + outcome.errors
        errors = f"  {failed} ERRORS" if failed else ""
        print(f"    {name:<26}{before.cpu_micros:>9,.0f}{outcome.cpu_micros:>9,.0f}{ratio:>7.2f}×{errors}", flush=True)
        if ratio > _AIM or failed:
            missed.append(f"{name} with {lot:,} {field.name}: {ratio:.2f}× ({failed} errors)")
    return missed


def _connections(server: servers.Server, seconds: float) -> list[str]:
    requests = _on_items("GetItem", lambda number: {"Key": _key(number)})(Signer(server.url), _spread(100))
    few, many = (load.measure(server, requests, count, seconds) for count in (16, 256))
    ratio = many.cpu_micros / few.cpu_micros
    print("GetItem over 16 and over 256 connections")
    print(f"    {'':<26}{few.cpu_micros:>9,.0f}{many.cpu_micros:>9,.0f}{ratio:>7.2f}×", flush=True)
    return [f"256 connections cost {ratio:.2f}× of 16"] if ratio > _AIM or few.errors or many.errors else []


def _idle(server: servers.Server) -> list[str]:
    time.sleep(1)  # what follows the last call (the journal, a checkpoint) is still written
    before, switches = server.cpu(), server.switches()
    time.sleep(5)
    spent, woken = server.cpu() - before, server.switches() - switches
    print(f"idle for 5 s: {spent * 1000:.0f} ms of CPU, woken {woken} times")
    return [f"idle: {spent * 1000:.0f} ms of CPU, woken {woken} times"] if spent > 0.02 or woken > 20 else []


def main() -> None:
    """Fill a cloud, measure before and after, print the table and what was missed."""
    parser = argparse.ArgumentParser(prog="bench.growth", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each measurement takes")
    parser.add_argument("--share", type=float, default=1.0, help="of the full numbers, for a quick look")
    parser.add_argument("--gigabytes", type=float, default=5.0, help="of the one large object; 0 leaves it out")
    options = parser.parse_args()
    with ExitStack() as stack:
        server = servers.start("cloudarium")
        stack.callback(server.stop)
        print(f"{'server CPU in µs for one call':<30}{'little':>9}{'a lot':>9}")
        missed = [text for field in FIELDS for text in _grow(server, field, options.share, options.seconds)]
        missed += _connections(server, options.seconds)
        missed += _idle(server)
        if options.gigabytes:
            missed += one_large_object(server, options.gigabytes)
        print(f"memory in the end: {server.rss_mb():.0f} MB")
    print("\nEverything stays flat." if not missed else "\nMISSED\n  " + "\n  ".join(missed))


if __name__ == "__main__":
    main()
