"""The SAM CLI, unmodified: an app is validated, built, deployed, called, changed, looked into and deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from tests.clients.tools import Shell, python_tool

DEPLOY = ("deploy", "--stack-name", "greeter", "--resolve-s3", "--capabilities", "CAPABILITY_IAM")


def outputs_of(shell: Shell, app: Path) -> dict[str, str]:
    """The stack's outputs, as `sam list stack-outputs` tells them."""
    listed = json.loads(shell.sam("list", "stack-outputs", "--stack-name", "greeter", "--output", "json", cwd=app))
    return {output["OutputKey"]: output["OutputValue"] for output in listed}


def greet(url: str, name: str) -> Any:
    """Call the deployed app."""
    with urlopen(f"{url}/hello/{name}", timeout=30) as answer:
        return json.load(answer)


def test_an_app_lives_its_whole_life(shell: Shell, greeter: Path, client: Callable[..., Any]) -> None:
    assert "is a valid SAM Template" in shell.sam("validate", "--lint", cwd=greeter)
    shell.sam("build", cwd=greeter)
    assert "Successfully created/updated stack - greeter" in shell.sam(*DEPLOY, cwd=greeter)
    outputs = outputs_of(shell, greeter)
    assert greet(outputs["ApiUrl"], "Ada") == {"greeting": "Hello Ada", "visits": 1}

    source = greeter / "src" / "app.py"
    source.write_text(source.read_text().replace("Hello", "Good evening"))
    shell.sam("build", cwd=greeter)
    shell.sam(*DEPLOY, cwd=greeter)
    assert greet(outputs["ApiUrl"], "Ada") == {"greeting": "Good evening Ada", "visits": 2}

    again = shell.sam(*DEPLOY, "--no-fail-on-empty-changeset", cwd=greeter)
    assert "No changes to deploy. Stack greeter is up to date" in again

    resources = json.loads(shell.sam("list", "resources", "--stack-name", "greeter", "--output", "json", cwd=greeter))
    assert {"Visits", "Greet", "GreetRole"} <= {resource["LogicalResourceId"] for resource in resources}
    assert "greeted Ada" in shell.sam("logs", "--stack-name", "greeter", cwd=greeter)

    shell.sam("delete", "--stack-name", "greeter", "--no-prompts", cwd=greeter)
    _nothing_is_left(client, outputs)


def _nothing_is_left(client: Callable[..., Any], outputs: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="Stack with id greeter does not exist"):
        client("cloudformation").describe_stacks(StackName="greeter")
    assert outputs["Table"] not in client("dynamodb").list_tables()["TableNames"]
    assert client("lambda").list_functions()["Functions"] == []
    assert client("apigatewayv2").get_apis()["Items"] == []
    assert client("iam").list_roles()["Roles"] == []


def test_a_failed_deployment_says_why_and_rolls_back(shell: Shell, greeter: Path, client: Callable[..., Any]) -> None:
    shell.sam("build", cwd=greeter)
    shell.sam(*DEPLOY, cwd=greeter)
    before = outputs_of(shell, greeter)

    template = greeter / "template.yaml"
    good = template.read_text()
    broken = '  Broken:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: ""}\n\nOutputs:'
    template.write_text(good.replace("Outputs:", broken))
    shell.sam("build", cwd=greeter)
    failed = shell.attempt(python_tool("sam", "sam"), *DEPLOY, cwd=greeter)
    assert failed.returncode != 0
    assert "UPDATE_ROLLBACK_COMPLETE" in failed.stdout + failed.stderr

    stack = client("cloudformation").describe_stacks(StackName="greeter")["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert greet(before["ApiUrl"], "Grace")["visits"] == 1
    shell.sam("delete", "--stack-name", "greeter", "--no-prompts", cwd=greeter)
    _nothing_is_left(client, before)
