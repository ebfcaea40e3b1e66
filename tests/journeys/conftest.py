"""What the journeys share: a developer's shell at the cloud, and the small app that SAM deploys."""

from __future__ import annotations

import io
import json
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.tools import Shell

GREETER = Path(__file__).parent / "greeter"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def shell(cloud: Any, account: str, tmp_path: Path) -> Shell:
    """A shell whose tools reach the cloud as the root of `account`."""
    return Shell(cloud.url, tmp_path, key=account)


@pytest.fixture
def greeter(tmp_path: Path) -> Path:
    """A copy of the small SAM app, for the Python that runs the tests."""
    app = tmp_path / "greeter"
    shutil.copytree(GREETER, app)
    template = app / "template.yaml"
    template.write_text(template.read_text().replace("python3.11", RUNTIME))
    return app


@pytest.fixture
def lambda_role(client: Callable[..., Any]) -> Callable[..., str]:
    """Makes a role for functions that may log, and do what the statements say; gives its ARN."""

    def make(*statements: dict[str, Any], name: str = "function-role") -> str:
        iam = client("iam")
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        iam.attach_role_policy(RoleName=name, PolicyArn=basic)
        if statements:
            policy = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=json.dumps(policy))
        return str(arn)

    return make


def package(**files: str) -> bytes:
    """A deployment package of these modules."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in files.items():
            archive.writestr(f"{name}.py", source)
    return content.getvalue()
