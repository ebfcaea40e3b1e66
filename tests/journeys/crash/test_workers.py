"""kill -9 of functions at work, and of the cloud: event source mappings lose nothing and keep every group's order.

CLOUDARIUM_CRASHES=40 kills that often; CLOUDARIUM_CRASH_SEED repeats a run's choices.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import signal
import time
import zipfile
from typing import Any

from tests.journeys.crash.checks import scan
from tests.journeys.crash.processes import CrashableCloud, descendants, kill_and_see_nobody_left, wait_for

HIDDEN = 30  # seconds after which a queue shows again what a killed function had in hand
GROUPS = ("a", "b", "c")
# Each message does its work once, however often it comes; a message of a group that comes before its turn is told.
SOURCE = """
import boto3
table = boto3.client("dynamodb")

def worker(event, context):
    for record in event["Records"]:
        group = record["attributes"].get("MessageGroupId")
        if group:
            in_order(group, int(record["body"].split()[1]))
        else:
            once(record["body"])

def once(id):
    given = {"Item": {"id": {"S": id}}, "ConditionExpression": "attribute_not_exists(id)"}
    try:
        table.put_item(TableName="done", **given)
    except table.exceptions.ConditionalCheckFailedException:
        pass

def in_order(group, number):
    key = {"id": {"S": group}}
    values = {":this": {"N": str(number)}, ":before": {"N": str(number - 1)}}
    try:
        table.update_item(TableName="turns", Key=key, UpdateExpression="SET turn = :this",
                          ConditionExpression="turn = :before", ExpressionAttributeValues=values)
    except table.exceptions.ConditionalCheckFailedException:
        seen = table.get_item(TableName="turns", Key=key, ConsistentRead=True)["Item"]
        if int(seen["turn"]["N"]) < number:
            table.put_item(TableName="turns", Item={"id": {"S": f"early {group} {number}"}, "turn": seen["turn"]})

def mirror(event, context):
    for record in event["Records"]:
        table.put_item(TableName="mirrored", Item=record["dynamodb"]["NewImage"])
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
MAY = {"Effect": "Allow", "Action": ["dynamodb:*", "sqs:*", "logs:*"], "Resource": "*"}


def prepare(cloud: CrashableCloud) -> None:
    """Two queues and a stream, each with a function that consumes it."""
    dynamodb, functions, iam, sqs = (cloud.client(name) for name in ("dynamodb", "lambda", "iam", "sqs"))
    for table in ("done", "mirrored", "turns"):
        made = dynamodb.create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]  # fmt: skip
        if table == "done":
            stream = made["LatestStreamArn"]
    for group in GROUPS:
        dynamodb.put_item(TableName="turns", Item={"id": {"S": group}, "turn": {"N": "0"}})
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Statement": [TRUST]}))["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps({"Statement": [MAY]}))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", SOURCE)
    for name in ("worker", "mirror"):
        functions.create_function(
            FunctionName=name, Role=role, Handler=f"app.{name}", Runtime="python3.11", Timeout=HIDDEN,
            Code={"ZipFile": package.getvalue()},
        )  # fmt: skip
    for queue, more in (("plain", {}), ("once.fifo", {"FifoQueue": "true", "ContentBasedDeduplication": "true"})):
        url = sqs.create_queue(QueueName=queue, Attributes={"VisibilityTimeout": str(HIDDEN), **more})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="worker", BatchSize=4)
    functions.create_event_source_mapping(
        EventSourceArn=stream, FunctionName="mirror", StartingPosition="TRIM_HORIZON", BatchSize=5
    )


class Sent:
    """What was acknowledged."""

    def __init__(self, cloud: CrashableCloud) -> None:
        self._sqs = cloud.client("sqs")
        self.plain: set[str] = set()
        self.turns = dict.fromkeys(GROUPS, 0)

    def more(self, count: int) -> None:
        """Send to both queues."""
        for _ in range(count):
            id = f"m{len(self.plain)}"
            self._sqs.send_message(QueueUrl="plain", MessageBody=id)
            self.plain.add(id)
            group = GROUPS[len(self.plain) % len(GROUPS)]
            body = f"{group} {self.turns[group] + 1}"
            self._sqs.send_message(QueueUrl="once.fifo", MessageBody=body, MessageGroupId=group)
            self.turns[group] += 1


def kill_a_function(cloud: CrashableCloud, chance: random.Random) -> None:
    """Kill one of the processes below the cloud: a function at work or in waiting, or what starts them."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(descendants(cloud.process.pid)), signal.SIGKILL)


def test_killed_consumers_lose_nothing_and_keep_the_order(cloud: CrashableCloud) -> None:
    seed = os.environ.get("CLOUDARIUM_CRASH_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"CLOUDARIUM_CRASH_SEED={seed}")
    chance = random.Random(seed)
    prepare(cloud)
    sent = Sent(cloud)
    sent.more(10)
    wait_for("the functions", lambda: bool(scan(cloud, "mirrored")))
    for kill in range(int(os.environ.get("CLOUDARIUM_CRASHES", "5"))):
        sent.more(chance.randrange(5, 25))
        time.sleep(chance.random() / 10)
        if kill % 3 == 2:
            kill_and_see_nobody_left(cloud)
            cloud.start()
        else:
            kill_a_function(cloud, chance)
        sent.more(5)
        if chance.random() < 0.5:
            cloud.clock_advance(HIDDEN + 1)
    finish(cloud, sent)


def finish(cloud: CrashableCloud, sent: Sent) -> None:
    """Let time pass until everything is done: nothing may be missing, and nobody may have been before his turn."""

    def behind() -> dict[str, Any]:
        done, mirrored = ({item["id"] for item in scan(cloud, table)} for table in ("done", "mirrored"))
        turns = {item["id"]: int(item["turn"]) for item in scan(cloud, "turns")}
        early = [id for id in turns if id not in GROUPS]
        assert not early, early
        left = {group: turns[group] for group in GROUPS if turns[group] != sent.turns[group]}
        queued = sum(_count(cloud, queue) for queue in ("plain", "once.fifo"))
        return {"work": sent.plain - done, "mirror": sent.plain - mirrored, "groups": left, "queued": queued}

    limit = time.monotonic() + 90
    while any(behind().values()):
        assert time.monotonic() < limit, behind()
        before, pause = behind(), time.monotonic() + 1
        while behind() == before and time.monotonic() < pause:
            pass
        if behind() == before:  # all that is left waits for its time
            cloud.clock_advance(HIDDEN + 1)


def _count(cloud: CrashableCloud, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in found.values())
