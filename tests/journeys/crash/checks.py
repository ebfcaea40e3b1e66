"""What must hold after every restart: everything acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import apsw
import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud
from tests.journeys.crash.deployer import PARAMETERS, Deployer
from tests.journeys.crash.writers import Ledger, content, generation


def scan(cloud: RunningCloud, table: str) -> list[dict[str, str]]:
    """All items of a table, their attributes as text."""
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [
        {key: next(iter(value.values())) for key, value in item.items()} for page in pages for item in page["Items"]
    ]


def check_all(cloud: RunningCloud, ledger: Ledger, since: set[str]) -> None:
    """Every check; of single objects only those are read that were not acknowledged before (`since`)."""
    check_items(cloud, ledger)
    check_objects(cloud, ledger, since)
    check_registers(cloud, ledger)
    check_versions(cloud, ledger)
    check_parameters_and_events(cloud, ledger)
    check_clock(cloud, ledger)


def check_items(cloud: RunningCloud, ledger: Ledger) -> None:
    """Items are whole, transactions all or nothing, counters count each change once."""
    found = {item["id"]: item for item in scan(cloud, "items")}
    pairs = int(found.pop("pairs", {"n": "0"})["n"])
    assert ledger.names("item") <= found.keys()
    assert all(item["copy"] == id for id, item in found.items())
    batched = {f"{name}-{n}" for name in ledger.names("batch") for n in range(8)}
    assert batched <= found.keys()
    sides = Counter(id[:-2] for id in found if id.startswith("pair-"))
    assert set(sides.values()) <= {2}, [name for name, count in sides.items() if count != 2]
    assert ledger.names("pair") <= sides.keys()
    assert pairs == len(sides)  # the third part of each transaction
    counted = {item["id"]: int(item["n"]) for item in scan(cloud, "counters")}
    for key, register in ledger.registers.items():
        if key.startswith("counter-"):
            assert register.counted <= counted.get(key, 0) <= register.tried, key


def check_objects(cloud: RunningCloud, ledger: Ledger, since: set[str]) -> None:
    """Objects have the one content that they may have."""
    s3 = cloud.client("s3")
    for bucket, kinds in (("crash", ("small", "large", "multipart")), ("noticed", ("noticed",))):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        listed = {entry["Key"] for page in pages for entry in page.get("Contents", [])}
        assert ledger.names(*kinds) <= listed
        for key in listed - since:
            if not key.startswith("register-"):
                body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                assert body == content(key, ledger.sizes[key]), key
    uploads = {
        upload["UploadId"]: upload["Key"]
        for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket="crash")
        for upload in page.get("Uploads", [])
    }
    assert ledger.uploads.keys() <= uploads.keys()
    assert not ledger.names("aborted", "multipart") & set(uploads.values())


def check_registers(cloud: RunningCloud, ledger: Ledger) -> None:
    """What is changed again and again shows the last acknowledged change, or one that was tried after it."""
    for key, register in list(ledger.registers.items()):
        possible = range(register.sure, register.tried + 1)
        if key.startswith("register-"):
            assert _body(cloud, "crash", key) in [generation(key, number) for number in possible], key
        elif key.startswith("policy-"):
            shown: Any = 0
            try:
                answer = cloud.client("iam").get_user_policy(UserName=key, PolicyName="changes")
                shown = int(answer["PolicyDocument"]["Statement"][0]["Sid"][1:])
            except ClientError as error:
                assert error.response["Error"]["Code"] == "NoSuchEntity"
            assert shown in possible, key


def _body(cloud: RunningCloud, bucket: str, key: str) -> bytes | None:
    try:
        body: bytes = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchKey"
        return None
    return body


def check_versions(cloud: RunningCloud, ledger: Ledger) -> None:
    """Versions are there with their content, and those that were deleted are not."""
    s3 = cloud.client("s3")
    for id, (key, name) in list(ledger.versions.items()):
        body = s3.get_object(Bucket="versions", Key=key, VersionId=id)["Body"].read()
        assert body == content(name, ledger.sizes[name]), (key, id)
    for id, key in list(ledger.deleted_versions.items()):
        with pytest.raises(ClientError) as refused:
            s3.head_object(Bucket="versions", Key=key, VersionId=id)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def check_parameters_and_events(cloud: RunningCloud, ledger: Ledger) -> None:
    """Parameters are whole, log events are there once."""
    pages = cloud.client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/crash")
    values = {entry["Name"]: entry["Value"] for page in pages for entry in page["Parameters"]}
    assert {f"/crash/{name}" for name in ledger.names("parameter")} <= values.keys()
    assert all(name == f"/crash/{value}" for name, value in values.items())
    messages = log_lines(cloud, "crash")
    assert ledger.names("event") <= set(messages)
    assert len(messages) == len(set(messages))


def log_lines(cloud: RunningCloud, group: str) -> list[str]:
    """All messages of a log group."""
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"]]


def check_clock(cloud: RunningCloud, ledger: Ledger) -> None:
    """Moves of the clock that were acknowledged have happened; none happened twice."""
    shown = cloud.control("clock")
    # The clock stands while it is moved, also while the cloud is away: seconds in all, but less than one move of 7.
    assert ledger.advanced.sure - 6 <= shown["offset_seconds"] <= ledger.advanced.tried + 1
    assert shown["frozen"] is False


def check_folder(cloud: RunningCloud) -> None:
    """No content without its row, no row without its content, and each content has as many users as refer to it.

    Only while nobody writes. What Lambda keeps unpacked is beside it.
    """
    cloud.control("health")  # it answers when it has swept
    folder = cloud.data
    assert folder is not None
    connection = apsw.Connection(str(folder / "cloud.sqlite"), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        rows: Any = connection.execute("SELECT printf('%016x', number), size, uses, data IS NULL FROM blobs").fetchall()
        used: Counter[str] = Counter()
        for table in ("s3_objects", "s3_parts", "lambda_versions", "lambda_layer_versions"):
            used.update(blob for (blob,) in connection.execute(f"SELECT blob FROM {table} WHERE blob IS NOT NULL"))
        assert connection.pragma("quick_check") == "ok"
    finally:
        connection.close()
    files = {file.name: file.stat().st_size for file in (folder / "blobs").glob("*/*")}
    assert files == {name: size for name, size, _, in_file in rows if in_file}
    assert dict(used) == {name: uses for name, _, uses, _ in rows}


def check_events(cloud: RunningCloud, ledger: Ledger) -> None:
    """Every event has reached its function at least once, and left its line in the log whole."""
    ran = {item["id"] for item in scan(cloud, "ran")}
    missing = ledger.names("invoke", "noticed") - ran
    assert not missing
    strange = {name for name in ran if ledger.begun.get(name) not in ("invoke", "noticed")}
    assert not strange
    lines = [line for line in log_lines(cloud, "/aws/lambda/put") if line.startswith("ran ")]
    assert all(re.fullmatch(r"ran (invoke|noticed)-\w+-\d+\n?", line) for line in lines)


def check_stacks(cloud: RunningCloud, deployer: Deployer) -> None:
    """Each stack is whole or gone; none is stuck."""
    cfn, ssm, iam = (cloud.client(name) for name in ("cloudformation", "ssm", "iam"))
    tables = {name for page in cloud.client("dynamodb").get_paginator("list_tables").paginate()
              for name in page["TableNames"]}  # fmt: skip
    groups = {group["logGroupName"] for page in cloud.client("logs").get_paginator("describe_log_groups").paginate()
              for group in page["logGroups"]}  # fmt: skip
    roles = {role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]}
    for name, id in deployer.stacks.items():
        status = cfn.describe_stacks(StackName=id)["Stacks"][0]["StackStatus"]
        pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=f"/stacks/{name}")
        values = [entry["Value"] for page in pages for entry in page["Parameters"]]
        there = (len(values), name in tables, f"/stacks/{name}" in groups, name in roles)
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            assert there == (PARAMETERS, True, True, True), (name, status)
            template = cfn.get_template(StackName=id)["TemplateBody"]
            template = template if isinstance(template, dict) else json.loads(template)
            assert set(values) == {template["Resources"]["P0"]["Properties"]["Value"]}, (name, status)
        else:
            assert status in ("DELETE_COMPLETE", "ROLLBACK_COMPLETE"), (name, status)
            assert there == (0, False, False, False), (name, status)
