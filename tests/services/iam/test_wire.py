"""What the model forbids, what is not built, and hostile input: AWS's error, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from tests.services.iam.documents import policy, refused, trust

Client = Callable[..., Any]


@pytest.fixture
def iam(client: Client) -> Any:
    """A client that lets the server judge."""
    return client("iam", parameter_validation=False)


@pytest.mark.parametrize(
    ("operation", "given", "part"),
    [
        ("create_user", {"UserName": "bad name"}, "Value at 'userName' failed to satisfy constraint"),
        ("create_user", {"UserName": "x" * 65}, "Member must have length less than or equal to 64"),
        ("create_user", {}, "'userName'"),
        ("create_user", {"UserName": "x", "Path": "no-slash"}, "'path'"),
        ("list_users", {"MaxItems": 0}, "'maxItems'"),
        ("list_users", {"MaxItems": 1001}, "'maxItems'"),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "MaxSessionDuration": 1}, "'maxSession"),
        ("get_policy", {"PolicyArn": "short"}, "'policyArn'"),
        ("create_access_key", {"UserName": "bad/name"}, "'userName'"),
        ("update_access_key", {"UserName": "x", "AccessKeyId": "A" * 20, "Status": "On"}, "'status'"),
        ("create_account_alias", {"AccountAlias": "UPPER"}, "'accountAlias'"),
        ("create_account_alias", {"AccountAlias": "double--hyphen"}, "'accountAlias'"),
    ],
)
def test_validation(iam: Any, operation: str, given: dict[str, Any], part: str) -> None:
    with refused("ValidationError") as refusal:
        getattr(iam, operation)(**given)
    assert part in refusal.message
    assert refusal.status == 400


HOSTILE = ["", "\x7f", "../../etc/passwd", "'; DROP TABLE iam_entities; --", "𝔘𝔫𝔦", "%", "_", "x" * 10000, "\n", "*"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("operation", ["get_user", "create_user", "delete_user", "create_access_key"])
def test_hostile_names(iam: Any, name: str, operation: str) -> None:
    if operation == "create_user" and name == "_":
        return
    with refused_somehow():
        getattr(iam, operation)(UserName=name)
    assert iam.list_users()["Users"] == []


@pytest.mark.parametrize("document", [*HOSTILE, "[" * 9000, '{"Version":' * 900, "null", policy() * 2])
def test_hostile_documents(iam: Any, document: str) -> None:
    with refused_somehow():
        iam.create_policy(PolicyName="p", PolicyDocument=document)
    with refused_somehow():
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_roles()["Roles"] == []


class refused_somehow:  # noqa: N801 - reads as a statement
    """A block that is refused as the client's own fault."""

    def __enter__(self) -> None:
        self._raises = pytest.raises(Exception)  # noqa: B017, PT011 - a 4xx, checked below
        self._info = self._raises.__enter__()

    def __exit__(self, *exception: Any) -> bool | None:
        swallowed = self._raises.__exit__(*exception)
        answer = getattr(self._info.value, "response", None)
        assert answer is not None, self._info.value
        assert 400 <= answer["ResponseMetadata"]["HTTPStatusCode"] < 500, answer
        return swallowed


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("create_service_linked_role", {"AWSServiceName": "unheard-of.amazonaws.com"}),
        ("create_open_id_connect_provider", {"Url": "https://example.com"}),
        ("create_saml_provider", {"SAMLMetadataDocument": "x" * 1000, "Name": "x"}),
        ("create_virtual_mfa_device", {"VirtualMFADeviceName": "x"}),
        (
            "simulate_custom_policy",
            {"PolicyInputList": [policy()], "ActionNames": ["ec2:x"], "ResourceHandlingOption": "EC2-VPC-EBS"},
        ),
        ("generate_credential_report", {}),
    ],
)
def test_what_is_not_built_says_so(iam: Any, operation: str, given: dict[str, Any]) -> None:
    with refused("NotImplemented") as refusal:
        getattr(iam, operation)(**given)
    name = botocore.session.get_session().get_service_model("iam").operation_names
    assert any(one in refusal.message for one in name)


def test_documents_are_percent_encoded_on_the_wire(client: Client) -> None:
    """boto3 decodes them; the raw answer is AWS's: RFC 3986, blanks as %20."""
    iam = client("iam")
    seen: list[str] = []
    iam.meta.events.register("before-parse.iam.GetRole", lambda response_dict, **_: seen.append(response_dict["body"]))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.get_role(RoleName="r")
    assert b"%7B%22Version%22%3A%20%222012-10-17%22" in seen[0]
