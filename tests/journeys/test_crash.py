"""kill -9 at any moment: what was acknowledged is there, nothing is half there, what was begun ends, nobody is left."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.conftest import RunningCloud

KILLS = 4
SOURCE = """
import boto3
table = boto3.client("dynamodb")
def handler(event, context):
    table.put_item(TableName="ran", Item={"id": {"S": event["id"]}})
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
MAY_PUT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}]}
_PART = 5 * 1024 * 1024  # the smallest part that may come before another one


def wait_for(what: str, true: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, f"{what} did not happen"
        time.sleep(0.01)


def descendants(pid: int) -> list[int]:
    """The processes below a process, as /proc knows them."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, to_see = [], [pid]
    while to_see:
        below = children.get(to_see.pop(), [])
        found += below
        to_see += below
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill_and_see_nobody_left(cloud: RunningCloud) -> int:
    """Kill the cloud, wait until every process below it has ended, and say how many they were."""
    below = descendants(cloud.process.pid)
    cloud.kill()
    wait_for("the end of the killed cloud's processes", lambda: not any(map(alive, below)))
    return len(below)


def content(key: str, size: int) -> bytes:
    """The one body that an object of this name may have."""
    return random.Random(key).randbytes(size)


class Writer(threading.Thread):
    """Writes of all kinds until it is told to stop; `acknowledged` are those that the cloud has answered."""

    def __init__(self, cloud: RunningCloud) -> None:
        super().__init__(daemon=True)
        self._clients = {
            name: cloud.client(name, connect_timeout=2, read_timeout=5)
            for name in ("dynamodb", "s3", "ssm", "logs", "lambda")
        }
        self.acknowledged: list[tuple[str, str]] = []
        self.sizes: dict[str, int] = {}  # of every object that was begun
        self.enough = threading.Event()
        self.up = threading.Event()
        self.up.set()

    def run(self) -> None:
        kinds = ("item", "small", "large", "parameter", "event", "invoke", "multipart")
        weights = (6, 4, 4, 3, 4, 3, 1)
        number = 0
        while not self.enough.is_set():
            number += 1
            kind = random.choices(kinds, weights)[0]
            name = f"{kind}-{number}"
            try:
                getattr(self, kind)(name)
            except (BotoCoreError, ClientError, OSError) as error:
                if isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                    raise
                self.up.wait(30)  # the cloud is down: nobody knows whether this write counts
            else:
                self.acknowledged.append((kind, name))

    def item(self, name: str) -> None:
        self._clients["dynamodb"].put_item(TableName="items", Item={"id": {"S": name}, "copy": {"S": name}})

    def small(self, name: str) -> None:
        self._object(name, random.randrange(1, 60_000))

    def large(self, name: str) -> None:
        self._object(name, random.randrange(70_000, 900_000))

    def _object(self, name: str, size: int) -> None:
        self.sizes[name] = size
        self._clients["s3"].put_object(Bucket="crash", Key=name, Body=content(name, size))

    def multipart(self, name: str) -> None:
        s3 = self._clients["s3"]
        self.sizes[name] = _PART + 1000
        body = content(name, _PART + 1000)
        upload = s3.create_multipart_upload(Bucket="crash", Key=name)["UploadId"]
        parts = [
            {"PartNumber": number, "ETag": s3.upload_part(
                Bucket="crash", Key=name, UploadId=upload, PartNumber=number, Body=part)["ETag"]}
            for number, part in enumerate((body[:_PART], body[_PART:]), 1)
        ]  # fmt: skip
        s3.complete_multipart_upload(Bucket="crash", Key=name, UploadId=upload, MultipartUpload={"Parts": parts})

    def parameter(self, name: str) -> None:
        self._clients["ssm"].put_parameter(Name=f"/crash/{name}", Value=name, Type="String")

    def event(self, name: str) -> None:
        happened = {"timestamp": int(time.time() * 1000), "message": name}
        self._clients["logs"].put_log_events(logGroupName="crash", logStreamName="all", logEvents=[happened])

    def invoke(self, name: str) -> None:
        self._clients["lambda"].invoke(
            FunctionName="put", InvocationType="Event", Payload=json.dumps({"id": name}).encode()
        )


def prepare(cloud: RunningCloud) -> None:
    dynamodb, iam = cloud.client("dynamodb"), cloud.client("iam")
    for table in ("items", "ran"):
        dynamodb.create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )  # fmt: skip
    cloud.client("s3").create_bucket(Bucket="crash")
    cloud.client("logs").create_log_group(logGroupName="crash")
    cloud.client("logs").create_log_stream(logGroupName="crash", logStreamName="all")
    role = iam.create_role(RoleName="put", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="put", PolicyName="put", PolicyDocument=json.dumps(MAY_PUT))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", SOURCE)
    cloud.client("lambda").create_function(
        FunctionName="put", Role=role, Handler="app.handler", Runtime="python3.11", Timeout=30,
        Code={"ZipFile": package.getvalue()},
    )  # fmt: skip


def names(acknowledged: list[tuple[str, str]], *kinds: str) -> set[str]:
    return {name for kind, name in acknowledged if kind in kinds}


def ids(cloud: RunningCloud, table: str) -> list[dict[str, str]]:
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [{key: value["S"] for key, value in item.items()} for page in pages for item in page["Items"]]


def check(cloud: RunningCloud, acknowledged: list[tuple[str, str]], sizes: dict[str, int]) -> None:
    """Everything acknowledged is there, and nothing that is there is half of something."""
    items = ids(cloud, "items")
    assert names(acknowledged, "item") <= {item["id"] for item in items}
    assert all(item["copy"] == item["id"] for item in items)

    s3 = cloud.client("s3")
    listed = [
        entry["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket="crash")
        for entry in page.get("Contents", [])
    ]
    assert names(acknowledged, "small", "large", "multipart") <= set(listed)
    for key in listed:
        body = s3.get_object(Bucket="crash", Key=key)["Body"].read()
        assert hashlib.md5(body).digest() == hashlib.md5(content(key, sizes[key])).digest(), key

    pages = cloud.client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/crash")
    values = {entry["Name"]: entry["Value"] for page in pages for entry in page["Parameters"]}
    assert {f"/crash/{name}" for name in names(acknowledged, "parameter")} <= values.keys()
    assert all(name == f"/crash/{value}" for name, value in values.items())

    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName="crash")
    messages = [event["message"] for page in pages for event in page["events"]]
    assert names(acknowledged, "event") <= set(messages)
    assert len(messages) == len(set(messages))


def test_what_was_acknowledged_survives_every_kill(fresh_cloud: RunningCloud) -> None:
    prepare(fresh_cloud)
    writer = Writer(fresh_cloud)
    writer.start()
    ended = 0
    for _ in range(KILLS):
        goal = len(writer.acknowledged) + random.randrange(15, 40)
        wait_for(f"{goal} writes", lambda goal=goal: len(writer.acknowledged) >= goal or not writer.is_alive())
        assert writer.is_alive()
        time.sleep(random.random() / 20)  # at no moment in particular
        writer.up.clear()
        ended += kill_and_see_nobody_left(fresh_cloud)
        acknowledged = list(writer.acknowledged)
        fresh_cloud.start()
        check(fresh_cloud, acknowledged, writer.sizes)
        writer.up.set()
    assert ended > 0  # functions ran at the time of some kill
    writer.enough.set()
    writer.join(30)
    assert not writer.is_alive()
    fresh_cloud.settle()
    fresh_cloud.clock_advance(600)  # what failed with its process is tried again after a pause
    assert names(writer.acknowledged, "invoke") <= {item["id"] for item in ids(fresh_cloud, "ran")}
    check(fresh_cloud, writer.acknowledged, writer.sizes)
    assert fresh_cloud.control("health")["undelivered"] == 0


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.03])
def test_a_deployment_that_is_cut_off_ends_in_order(fresh_cloud: RunningCloud, moment: float) -> None:
    resources: dict[str, Any] = {}
    for n in range(40):
        resources[f"P{n}"] = {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": f"/{n}", "Type": "String", "Value": "x"},
        }
        if n:
            resources[f"P{n}"]["DependsOn"] = f"P{n - 1}"
    cfn = fresh_cloud.client("cloudformation")
    made = cfn.create_stack(StackName="cut-off", TemplateBody=json.dumps({"Resources": resources}))["StackId"]
    time.sleep(moment)
    fresh_cloud.restart()
    fresh_cloud.settle()
    status = cfn.describe_stacks(StackName=made)["Stacks"][0]["StackStatus"]
    pages = fresh_cloud.client("ssm").get_paginator("describe_parameters").paginate()
    there = {entry["Name"] for page in pages for entry in page["Parameters"]}
    assert (status, len(there)) in (("CREATE_COMPLETE", 40), ("ROLLBACK_COMPLETE", 0))
    cfn.delete_stack(StackName=made)
    fresh_cloud.settle()
    assert fresh_cloud.client("ssm").describe_parameters()["Parameters"] == []


def test_a_second_cloud_on_the_folder_refuses(fresh_cloud: RunningCloud) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "cloudarium", "serve", "--port", "0", "--data", str(fresh_cloud.data)],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert (second.returncode, second.stdout) == (1, "")
    assert "another cloud runs on" in second.stderr
    assert fresh_cloud.control("health")["status"] == "running"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes, where this machine lets us have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.getuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip("only root can mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("this machine mounts no tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_and_breaks_nothing(small_disk: Path) -> None:
    cloud = RunningCloud(small_disk / "data")
    try:
        s3, ssm = cloud.client("s3"), cloud.client("ssm")
        s3.create_bucket(Bucket="full")
        ssm.put_parameter(Name="/before", Value="x", Type="String")
        (small_disk / "ballast").write_bytes(b"x" * 2_000_000)
        kept = fill(s3, 500_000)
        kept += fill(s3, 30_000)
        for key in kept:
            assert s3.get_object(Bucket="full", Key=key)["Body"].read() == content(key, int(key.split("-")[0]))
        assert ssm.get_parameter(Name="/before")["Parameter"]["Value"] == "x"
        (small_disk / "ballast").unlink()
        ssm.put_parameter(Name="/after", Value="y", Type="String")
        cloud.restart()
        assert ssm.get_parameter(Name="/after")["Parameter"]["Value"] == "y"
        listed = s3.list_objects_v2(Bucket="full").get("Contents", [])
        assert sorted(entry["Key"] for entry in listed) == sorted(kept)
        for key in kept:
            assert s3.get_object(Bucket="full", Key=key)["Body"].read() == content(key, int(key.split("-")[0]))
    finally:
        cloud.stop()


def fill(s3: Any, size: int) -> list[str]:
    """Put objects of this size until the disk is full; the keys of those that were taken."""
    kept: list[str] = []
    while True:
        key = f"{size}-{len(kept)}"
        try:
            s3.put_object(Bucket="full", Key=key, Body=content(key, size))
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ServiceUnavailable"
            assert "disk" in error.response["Error"]["Message"]
            return kept
        kept.append(key)
        assert len(kept) < 1000
