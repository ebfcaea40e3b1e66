"""What the model forbids and what is not built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import policy, refused, trust

Client = Callable[..., Any]


@pytest.mark.parametrize(
    ("operation", "given", "part"),
    [
        ("assume_role", {"RoleArn": "short", "RoleSessionName": "run"}, "'roleArn'"),
        ("assume_role", {"RoleSessionName": "run"}, "'roleArn'"),
        ("get_session_token", {"DurationSeconds": 1}, "'durationSeconds'"),
        ("get_session_token", {"DurationSeconds": 999999}, "'durationSeconds'"),
        ("get_federation_token", {"Name": "x"}, "'name'"),
        ("get_access_key_info", {"AccessKeyId": "x"}, "'accessKeyId'"),
    ],
)
def test_validation(client: Client, operation: str, given: dict[str, Any], part: str) -> None:
    with refused("ValidationError") as refusal:
        getattr(client("sts", parameter_validation=False), operation)(**given)
    assert part in refusal.message


def test_what_is_not_built_says_so(client: Client, iam_user: Any, account: str) -> None:
    arn = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": account}))["Role"]["Arn"]
    me = iam_user({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    mfa = {"SerialNumber": f"arn:aws:iam::{account}:mfa/x", "TokenCode": "123456"}
    with refused("NotImplemented") as refusal:
        me("sts").assume_role(RoleArn=arn, RoleSessionName="run", **mfa)
    assert "AssumeRole" in refusal.message
    with refused("NotImplemented"):
        me("sts").get_session_token(**mfa)
    with refused("NotImplemented") as refusal:
        saml = {"PrincipalArn": f"arn:aws:iam::{account}:saml-provider/x", "SAMLAssertion": "YXNzZXJ0aW9u"}
        client("sts").assume_role_with_saml(RoleArn=arn, **saml)
    assert "AssumeRoleWithSAML" in refusal.message


def test_names_of_sessions(client: Client, account: str) -> None:
    arn = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": account}))["Role"]["Arn"]
    for name in ("a b", "x", "x" * 65, ""):
        with refused("ValidationError") as refusal:
            client("sts", parameter_validation=False).assume_role(RoleArn=arn, RoleSessionName=name)
        assert "'roleSessionName'" in refusal.message


def test_session_policies_have_a_limit(client: Client) -> None:
    sts = client("sts", parameter_validation=False)
    for document in ("", policy().replace(":", ":" + " " * 2048, 1)):
        with refused("ValidationError"):
            sts.get_federation_token(Name="guest", Policy=document)
