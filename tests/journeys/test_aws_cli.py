"""The AWS CLI, unmodified: what a developer types on the first days."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.clients.tools import Shell, aws_v2, python_tool
from tests.journeys.conftest import RUNTIME, package

# More than one part of 8 MiB: the CLI uploads it by multipart, and downloads it by ranges at the same time.
BIG = 20 * 1024 * 1024


def test_files_go_to_a_bucket_and_back(shell: Shell, account: str, tmp_path: Path) -> None:
    bucket = f"s3://files-{account}"
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "reports").mkdir(parents=True)
    (here / "big.bin").write_bytes(os.urandom(BIG))
    (here / "reports" / "year 2026 ü+&.txt").write_text("all is well")
    (here / "empty").write_bytes(b"")

    shell.aws("s3", "mb", bucket)
    shell.aws("s3", "sync", here, bucket)
    listed = shell.aws("s3", "ls", "--recursive", bucket)
    assert {line.split(maxsplit=3)[3] for line in listed.splitlines()} == {
        "big.bin",
        "empty",
        "reports/year 2026 ü+&.txt",
    }
    shell.aws("s3", "sync", bucket, there)
    for file in ("big.bin", "empty", "reports/year 2026 ü+&.txt"):
        assert (there / file).read_bytes() == (here / file).read_bytes()
    assert shell.aws("s3", "sync", here, bucket) == ""

    (here / "empty").unlink()
    assert "delete: " in shell.aws("s3", "sync", "--delete", here, bucket)
    shell.aws("s3", "cp", f"{bucket}/big.bin", f"{bucket}/copies/big.bin")
    shell.aws("s3", "mv", f"{bucket}/copies/big.bin", tmp_path / "moved.bin")
    assert (tmp_path / "moved.bin").read_bytes() == (here / "big.bin").read_bytes()

    refused = shell.attempt(python_tool("aws", "aws"), "s3", "rb", bucket)
    assert "BucketNotEmpty" in refused.stderr
    shell.aws("s3", "rm", "--recursive", bucket)
    assert shell.aws("s3", "ls", bucket) == ""
    shell.aws("s3", "rb", bucket)
    assert shell.aws("s3", "ls") == ""


def test_a_table_is_made_filled_and_asked(shell: Shell, tmp_path: Path) -> None:
    shell.aws(
        *("dynamodb", "create-table", "--table-name", "songs", "--billing-mode", "PAY_PER_REQUEST"),
        *("--attribute-definitions", "AttributeName=artist,AttributeType=S", "AttributeName=title,AttributeType=S"),
        *("--key-schema", "AttributeName=artist,KeyType=HASH", "AttributeName=title,KeyType=RANGE"),
        *("--stream-specification", "StreamEnabled=true,StreamViewType=NEW_IMAGE"),
    )
    shell.aws("dynamodb", "wait", "table-exists", "--table-name", "songs")
    item = tmp_path / "item.json"
    item.write_text(json.dumps({"artist": {"S": "Ada"}, "title": {"S": "Notes"}, "year": {"N": "1843"}}))
    shell.aws("dynamodb", "put-item", "--table-name", "songs", "--item", f"file://{item}")
    key = json.dumps({"artist": {"S": "Ada"}, "title": {"S": "Notes"}})
    got = json.loads(shell.aws("dynamodb", "get-item", "--table-name", "songs", "--key", key))
    assert got["Item"]["year"] == {"N": "1843"}
    found = shell.aws(
        *("dynamodb", "query", "--table-name", "songs", "--key-condition-expression", "artist = :a"),
        *("--expression-attribute-values", '{":a": {"S": "Ada"}}', "--query", "Items[].title.S", "--output", "text"),
    )
    assert found.strip() == "Notes"
    again = shell.attempt(
        *(python_tool("aws", "aws"), "dynamodb", "put-item", "--table-name", "songs", "--item", f"file://{item}"),
        *("--condition-expression", "attribute_not_exists(artist)"),
    )
    assert "ConditionalCheckFailedException" in again.stderr
    assert _changes(shell, "songs") == [("INSERT", {"N": "1843"})]
    shell.aws("dynamodb", "delete-table", "--table-name", "songs")


def _changes(shell: Shell, table: str) -> list[tuple[str, object]]:
    """What the table's stream tells: the event and the year."""
    listed = ("list-streams", "--table-name", table, "--query", "Streams[0].StreamArn", "--output", "text")
    arn = shell.aws("dynamodbstreams", *listed).strip()
    stream = json.loads(shell.aws("dynamodbstreams", "describe-stream", "--stream-arn", arn))["StreamDescription"]
    place = ("--shard-id", stream["Shards"][0]["ShardId"], "--shard-iterator-type", "TRIM_HORIZON")
    iterator = json.loads(shell.aws("dynamodbstreams", "get-shard-iterator", "--stream-arn", arn, *place))
    read = shell.aws("dynamodbstreams", "get-records", "--shard-iterator", iterator["ShardIterator"])
    return [(each["eventName"], each["dynamodb"]["NewImage"]["year"]) for each in json.loads(read)["Records"]]


def test_a_function_is_made_invoked_and_its_log_is_read(
    shell: Shell, tmp_path: Path, lambda_role: Callable[..., str]
) -> None:
    (tmp_path / "function.zip").write_bytes(
        package(app="def handler(event, context):\n    print('doubling', event['n'])\n    return 2 * event['n']\n")
    )
    shell.aws(
        *("lambda", "create-function", "--function-name", "double", "--handler", "app.handler"),
        *("--runtime", RUNTIME, "--role", lambda_role(), "--zip-file", f"fileb://{tmp_path}/function.zip"),
    )
    shell.aws("lambda", "wait", "function-active-v2", "--function-name", "double")
    answer = tmp_path / "answer.json"
    said = json.loads(shell.aws("lambda", "invoke", "--function-name", "double", "--payload", '{"n": 21}', answer))
    assert (said["StatusCode"], answer.read_text()) == (200, "42")

    failed = json.loads(shell.aws("lambda", "invoke", "--function-name", "double", "--payload", "{}", answer))
    assert failed["FunctionError"] == "Unhandled"
    assert json.loads(answer.read_text())["errorType"] == "KeyError"

    logged = shell.aws(
        *("logs", "filter-log-events", "--log-group-name", "/aws/lambda/double", "--filter-pattern", '"doubling 21"'),
        *("--query", "events[].message", "--output", "text"),
    )
    assert logged.strip() == "doubling 21"


def test_a_template_is_deployed_changed_and_deleted(shell: Shell, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        """
Parameters:
  Days: {Type: Number, Default: 7}
Resources:
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub "/${AWS::StackName}/logs", RetentionInDays: !Ref Days}
  Setting:
    Type: AWS::SSM::Parameter
    Properties: {Name: !Sub "/${AWS::StackName}/days", Type: String, Value: !Ref Days}
Outputs:
  Group: {Value: !GetAtt Logs.Arn, Export: {Name: !Sub "${AWS::StackName}-group"}}
"""
    )
    deploy = ("cloudformation", "deploy", "--template-file", template, "--stack-name", "settings")
    assert "Successfully created/updated stack - settings" in shell.aws(*deploy)
    assert _days(shell) == "7"
    shell.aws(*deploy, "--parameter-overrides", "Days=14")
    assert _days(shell) == "14"
    assert "No changes to deploy" in shell.aws(*deploy, "--no-fail-on-empty-changeset")
    group = shell.aws(
        *("cloudformation", "describe-stacks", "--stack-name", "settings"),
        *("--query", "Stacks[0].Outputs[0].OutputValue", "--output", "text"),
    )
    assert ":log-group:/settings/logs" in group
    shell.aws("cloudformation", "delete-stack", "--stack-name", "settings")
    shell.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "settings")
    assert json.loads(shell.aws("logs", "describe-log-groups"))["logGroups"] == []


def _days(shell: Shell) -> str:
    name = "/settings/days"
    return shell.aws("ssm", "get-parameter", "--name", name, "--query", "Parameter.Value", "--output", "text").strip()


def test_logs_are_tailed(cloud: Any, shell: Shell, client: Callable[..., Any]) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="one")

    def log(message: str) -> None:
        now = int(cloud.control("clock")["epoch"] * 1000)
        logs.put_log_events(logGroupName="app", logStreamName="one", logEvents=[{"timestamp": now, "message": message}])

    log("first line")
    assert "first line" in shell.aws_v2("logs", "tail", "app", "--since", "1h")

    follow = subprocess.Popen(
        [aws_v2(), "--endpoint-url", cloud.url, "logs", "tail", "app", "--follow", "--format", "short"],
        env={**shell.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert follow.stdout is not None
        assert "first line" in follow.stdout.readline()
        log("second line")
        assert "second line" in follow.stdout.readline()
    finally:
        follow.terminate()
        follow.wait()


def test_a_profile_is_configured(shell: Shell, account: str) -> None:
    for name, value in {
        "aws_access_key_id": account,
        "aws_secret_access_key": "test",
        "region": "eu-central-1",
        "endpoint_url": shell.endpoint,
    }.items():
        shell.aws("configure", "set", name, value, "--profile", "local")
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL")
    shell.environment = {name: value for name, value in shell.environment.items() if name not in names}
    who = json.loads(shell.aws("sts", "get-caller-identity", "--profile", "local"))
    assert who == {"UserId": account, "Account": account, "Arn": f"arn:aws:iam::{account}:root"}


def test_a_wrong_secret_is_refused(shell: Shell) -> None:
    refused = shell.attempt(
        python_tool("aws", "aws"), "sts", "get-caller-identity", AWS_SECRET_ACCESS_KEY="not the secret"
    )
    assert refused.returncode != 0
    assert "(SignatureDoesNotMatch)" in refused.stderr
