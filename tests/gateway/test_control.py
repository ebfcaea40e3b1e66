"""The cloud's own paths: health, clock, settle, journal and reset."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud


def status(cloud: RunningCloud, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(f"{cloud.url}{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")


def test_the_front_door_and_health(cloud: RunningCloud) -> None:
    assert status(cloud, "GET", "/")[1]["endpoint"] == cloud.url
    code, health = status(cloud, "GET", "/_cloudarium/health")
    assert (code, health["status"], health["data"]) == (200, "running", None)
    assert health["services"]["s3"] == "built"


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", "/_cloudarium/nothing", None, 404),
        ("GET", "/_cloudarium/reset", None, 404),
        ("DELETE", "/_cloudarium/journal", None, 404),
        ("GET", "/_cloudarium/journal?limit=0", None, 400),
        ("GET", "/_cloudarium/journal?limit=1001", None, 400),
        ("GET", "/_cloudarium/journal?limit=many", None, 400),
        ("GET", "/_cloudarium/journal?colour=red", None, 400),
        ("POST", "/_cloudarium/clock", b"{}", 400),
        ("POST", "/_cloudarium/clock", b'{"advance": true}', 400),
        ("POST", "/_cloudarium/clock", b'{"advance": 1e300}', 400),
        ("POST", "/_cloudarium/clock", b'{"advance": -1e11}', 400),
        ("POST", "/_cloudarium/clock", b'{"at": -1}', 400),
        ("POST", "/_cloudarium/clock", b'{"at": null}', 400),
        ("POST", "/_cloudarium/clock", b'{"freeze": false}', 400),
        ("POST", "/_cloudarium/clock", b'{"advance": 5, "bogus": 1}', 400),
        ("POST", "/_cloudarium/clock", b'{"advance": 5, "wait": 0}', 400),
        ("POST", "/_cloudarium/clock", b'{"wait": true}', 400),
        ("POST", "/_cloudarium/clock", b'{"advance": "+30x"}', 400),
        ("POST", "/_cloudarium/clock", b'{"advance": "+99999999999d"}', 400),
        ("POST", "/_cloudarium/clock", b'{"advance": ""}', 400),
        ("POST", "/_cloudarium/clock", b'{"advance": 1e400}', 400),
        ("POST", "/_cloudarium/clock", b'{"advance": [1]}', 400),
        ("POST", "/_cloudarium/clock", b'{"at": "yesterday"}', 400),
        ("POST", "/_cloudarium/clock", b'{"at": "10000-01-01T00:00"}', 400),
        ("POST", "/_cloudarium/clock", b'{"at": 253402300800}', 400),
        ("POST", "/_cloudarium/clock", b'{"at": ' + b"9" * 400 + b"}", 400),
        ("POST", "/_cloudarium/clock", b'{"at": "2020-01-01T00:00"}', 400),
        ("POST", "/_cloudarium/clock", b'{"run": 1}', 400),
        ("POST", "/_cloudarium/clock", b"not json", 400),
        ("POST", "/_cloudarium/clock", b" " * 100_000, 413),
        ("POST", "/_cloudarium/settle", b"[]", 400),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(
    cloud: RunningCloud, method: str, path: str, body: bytes | None, code: int
) -> None:
    found, told = status(cloud, method, path, body)
    assert found == code
    assert set(told) == {"error"}
    assert cloud.control("clock")["offset_seconds"] == 0


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example"}, {"Origin": "http://evil.example"}]
)
def test_a_page_of_the_web_is_kept_out(cloud: RunningCloud, headers: dict[str, str]) -> None:
    assert status(cloud, "POST", "/_cloudarium/reset", b"{}", **headers)[0] == 403


def test_reset_empties_everything(fresh_cloud: RunningCloud) -> None:
    s3, ssm, iam = (fresh_cloud.client(name) for name in ("s3", "ssm", "iam"))
    s3.create_bucket(Bucket="full")
    s3.put_object(Bucket="full", Key="large", Body=b"x" * 200_000)
    ssm.put_parameter(Name="/p", Value="x", Type="String", Tags=[{"Key": "a", "Value": "b"}])
    iam.create_user(UserName="someone")
    pair = iam.create_access_key(UserName="someone")["AccessKey"]
    user = fresh_cloud.client("sts", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    user.get_caller_identity()
    fresh_cloud.control("clock", {"advance": 86400})
    assert fresh_cloud.control("reset", {}) == {"status": "empty"}
    assert fresh_cloud.control("journal")["entries"] == []
    assert abs(fresh_cloud.control("clock")["offset_seconds"]) < 1
    assert s3.list_buckets()["Buckets"] == []
    assert ssm.describe_parameters()["Parameters"] == []
    assert iam.list_users()["Users"] == []
    with pytest.raises(ClientError):  # the directory has forgotten the key
        user.get_caller_identity()
    assert isinstance(fresh_cloud.data, Path)
    assert [file for file in (fresh_cloud.data / "blobs").rglob("*") if file.is_file()] == []
    s3.create_bucket(Bucket="full")
    s3.put_object(Bucket="full", Key="large", Body=b"y" * 200_000)
    fresh_cloud.restart()
    assert s3.get_object(Bucket="full", Key="large")["Body"].read() == b"y" * 200_000


def test_a_frozen_clock_stands_and_is_remembered(fresh_cloud: RunningCloud) -> None:
    frozen = fresh_cloud.control("clock", {"freeze": True})["epoch"]
    assert fresh_cloud.control("clock", {"at": frozen + 1000})["epoch"] == frozen + 1000
    fresh_cloud.restart()
    assert fresh_cloud.control("clock")["epoch"] == frozen + 1000
    assert fresh_cloud.control("clock", {"run": True})["frozen"] is False


def test_the_clock_takes_the_words_of_the_command_line(fresh_cloud: RunningCloud) -> None:
    assert fresh_cloud.control("clock", {"freeze": True})["frozen"] is True
    frozen = fresh_cloud.control("clock", {"freeze": True})["epoch"]
    assert fresh_cloud.control("clock", {"advance": "+1d2h"})["epoch"] == pytest.approx(frozen + 93600)
    assert fresh_cloud.control("clock", {"advance": "-1h"})["epoch"] == pytest.approx(frozen + 90000)
    assert fresh_cloud.control("clock", {"at": "9999-12-31T23:59:59Z"}) == {
        "now": "9999-12-31T23:59:59.000Z", "epoch": 253402300799.0, "frozen": True, "moving_to": None,
        "offset_seconds": pytest.approx(253402300799.0 - time.time(), abs=60),
    }  # fmt: skip
    code, told = status(fresh_cloud, "POST", "/_cloudarium/clock", b'{"at": "2027-01-01"}')
    assert (code, told["error"]) == (
        400,
        "2027-01-01T00:00:00.000Z is past: the cloud's clock shows 9999-12-31T23:59:59.000Z. A negative step (-1h) sets"
        " it back, and reset returns to the machine's time.",
    )
    assert status(fresh_cloud, "POST", "/_cloudarium/clock", b'{"advance": 1}')[0] == 400
    fresh_cloud.client("ssm").put_parameter(Name="/last", Value="x", Type="String")  # a call at the end of time works
    assert fresh_cloud.control("clock", {"reset": True})["frozen"] is False


def test_the_journal_has_filters(cloud: RunningCloud, client: Callable[..., Any], account: str) -> None:
    client("ssm").describe_parameters()
    with pytest.raises(ClientError):
        client("ssm").get_parameter(Name="/none")
    entries = cloud.control(f"journal?account={account}")["entries"]
    assert [(entry["operation"], entry["error"]) for entry in entries] == [
        ("GetParameter", "ParameterNotFound"), ("DescribeParameters", "")
    ]  # fmt: skip
    assert cloud.control(f"journal?account={account}&error=ParameterNotFound")["entries"] == entries[:1]
    assert cloud.control(f"journal?request_id={entries[1]['request_id']}")["entries"] == entries[1:]
    assert cloud.control(f"journal?account={account}&limit=1")["entries"] == entries[:1]
    assert entries[0]["micros"] > 0
    assert entries[0]["source"] == "127.0.0.1"
    assert entries[0]["agent"].startswith("Boto3/")
