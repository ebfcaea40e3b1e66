"""The JSON protocol of Organizations: names, times, errors, what the model forbids."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import RunningCloud
from tests.services.organizations.conftest import World
from tests.services.organizations.test_behaviour_tree import refused


def post(cloud: RunningCloud, account: str, operation: str, body: Any) -> tuple[int, dict[str, Any]]:
    """(status, answer) of a signed request as it goes over the wire."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AWSOrganizationsV20161128.{operation}",
    }
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = AWSRequest("POST", f"{cloud.url}/", headers, data)
    SigV4Auth(Credentials(account, "test"), "organizations", "us-east-1").add_auth(request)
    try:
        sent = urllib.request.Request(request.url, data, dict(request.headers))
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_errors_have_type_message_and_reason(cloud: RunningCloud, world: World) -> None:
    status, answer = post(cloud, world.account, "DescribeAccount", {"AccountId": "999999999999"})
    assert status == 400
    assert answer == {
        "__type": "AccountNotFoundException",
        "Message": "You specified an account that doesn't exist.",
    }
    status, answer = post(cloud, world.account, "CloseAccount", {"AccountId": world.account})
    assert (status, answer["__type"]) == (400, "ConstraintViolationException")
    assert answer["Reason"] == "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"


def test_times_are_seconds(cloud: RunningCloud, world: World) -> None:
    _, answer = post(cloud, world.account, "ListAccounts", {})
    joined = answer["Accounts"][0]["JoinedTimestamp"]
    assert isinstance(joined, float)
    assert isinstance(world.api.list_accounts()["Accounts"][0]["JoinedTimestamp"], datetime)


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("create_account", {"Email": "nonsense", "AccountName": "x"}),
        ("create_account", {"Email": "a@b.example", "AccountName": "x\x00"}),
        ("describe_account", {"AccountId": "12"}),
        ("describe_handshake", {"HandshakeId": "nonsense"}),
        ("describe_create_account_status", {"CreateAccountRequestId": "nonsense"}),
        ("list_children", {"ParentId": "nonsense", "ChildType": "ACCOUNT"}),
        ("list_policies", {"Filter": "NONSENSE"}),
        ("create_organization", {"FeatureSet": "SOME"}),
    ],
)
def test_what_the_model_forbids(world: World, operation: str, given: dict[str, Any]) -> None:
    refused("InvalidInputException", getattr(world.api, operation), **given)


@pytest.mark.parametrize("body", [b"[]", b"null", b"{", b'"x"', b"\xff"])
def test_what_is_no_input(cloud: RunningCloud, world: World, body: bytes) -> None:
    status, answer = post(cloud, world.account, "CreateOrganizationalUnit", body)
    assert status == 400
    assert answer["__type"]


def test_hostile_members_are_no_fault_of_ours(cloud: RunningCloud, world: World) -> None:
    """What a call touches is looked up before the input is checked: it must bear anything."""
    for operation in (
        "TagResource",
        "AttachPolicy",
        "CreatePolicy",
        "ListPolicies",
        "DescribeHandshake",
        "MoveAccount",
    ):
        for value in (1, None, [], {}, True, "", "x" * 5000, "\ud800"):
            names = (
                "ResourceId",
                "PolicyId",
                "TargetId",
                "Type",
                "Filter",
                "HandshakeId",
                "AccountId",
                "Tags",
                "Content",
            )
            status, _ = post(cloud, world.account, operation, dict.fromkeys(names, value))
            assert status in (400, 501), (operation, value)
