"""What the tests of Secrets Manager share."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
}


def refused(code: str, call: Any, **given: Any) -> str:
    """The message of the error with this code that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


def function(clients: Any, source: str, name: str = "rotates", *, allowed: bool = True) -> str:
    """The ARN of a function, which Secrets Manager may invoke if `allowed`."""
    iam, api = clients("iam"), clients("lambda")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": ["secretsmanager:*", "logs:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": may})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    arn = api.create_function(
        FunctionName=name, Role=role, Handler="app.handler", Runtime="python3.11", Code={"ZipFile": buffer.getvalue()}
    )["FunctionArn"]
    if allowed:
        who = {"Principal": "secretsmanager.amazonaws.com", "Action": "lambda:InvokeFunction"}
        api.add_permission(FunctionName=name, StatementId="s", SourceAccount=arn.split(":")[4], **who)
    return arn


@pytest.fixture
def secrets(client: Any) -> Any:
    """A client of Secrets Manager."""
    return client("secretsmanager", parameter_validation=False)
