"""`cloudarium logs`."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import boto3
import pytest

from tests.cli.conftest import Cli


@pytest.fixture
def logs(up: Cli) -> Any:
    client = boto3.client(
        "logs",
        endpoint_url=up.json("env")["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield client
    for group in client.describe_log_groups()["logGroups"]:
        client.delete_log_group(logGroupName=group["logGroupName"])


def put(logs: Any, group: str, *messages: str) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now + at, "message": message} for at, message in enumerate(messages)]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def made(logs: Any, group: str) -> None:
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")


def test_groups_events_and_queries_are_shown(up: Cli, logs: Any) -> None:
    made(logs, "/app")
    put(logs, "/app", '{"level": "ERROR", "ms": 5}', '{"level": "INFO", "ms": 7}', "[bold]plain")
    assert up.json("logs") == [{"name": "/app", "bytes": 64}]
    assert "/app" in up.ok("logs")
    lines = up.ok("logs", "/app").splitlines()
    assert [line.partition("Z ")[2] for line in lines] == [
        '{"level": "ERROR", "ms": 5}',
        '{"level": "INFO", "ms": 7}',
        "[bold]plain",
    ]
    assert len(up.ok("logs", "/app", "--filter", '{ $.level = "INFO" }').splitlines()) == 1
    found = up.json("logs", "/app", "--insights", "stats sum(ms) as total, count(*) as n by level | sort level")
    assert found["rows"] == [
        {"n": "1"},
        {"level": "ERROR", "total": "5", "n": "1"},
        {"level": "INFO", "total": "7", "n": "1"},
    ]
    shown = up.ok("logs", "--insights", "SOURCE logGroups(namePrefix: ['/app']) | fields @message | limit 1")
    assert "[bold]plain" in shown and "1 rows · 3 of 3 events matched" in shown
    assert "unexpected symbol found nope" in up.fails("logs", "/app", "--insights", "nope")
    assert "does not exist" in up.fails("logs", "/other")
    assert "no time such as" in up.fails("logs", "/app", "--since", "yesterday")
    up.fails("logs", "/app", "--insights", "fields a", "--follow")


def test_what_comes_is_followed(up: Cli, logs: Any) -> None:
    made(logs, "/app")
    put(logs, "/app", "before")
    with subprocess.Popen(
        up.command("logs", "/app", "--follow", "--json"), env=up.environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["message"] == "before"
        put(logs, "/app", "after")  # the tail has begun before the first line is shown
        line = json.loads(process.stdout.readline())
        process.terminate()
    assert (line["message"], line["group"], line["stream"]) == ("after", "/app", "s")
