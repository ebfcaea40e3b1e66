"""An organisation of one's own, with accounts in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.conftest import RunningCloud

ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    """A statement that denies actions on everything, unless told otherwise."""
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


_CONFIG = Config(retries={"max_attempts": 1, "mode": "standard"}, s3={"addressing_style": "path"})


@cache
def _session() -> Any:
    """One session for all clients: it reads each service's description once, and these tests need hundreds of them."""
    return boto3.session.Session()


def client_of(
    cloud: RunningCloud,
    service: str,
    key: str,
    secret: str = "test",
    token: str | None = None,
    region: str = "us-east-1",
) -> Any:
    """A client of whoever these credentials make."""
    return _session().client(
        service,
        region_name=region,
        endpoint_url=cloud.url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=_CONFIG,
    )


class World:
    """An organisation managed by `account`, its client, and ways to make what is in it."""

    def __init__(self, cloud: RunningCloud, account: str, features: str = "ALL") -> None:
        self.cloud, self.account, self._made = cloud, account, 0
        self.api = client_of(cloud, "organizations", account)
        self.id = self.api.create_organization(FeatureSet=features)["Organization"]["Id"]
        self.root = self.api.list_roots()["Roots"][0]["Id"]

    def client(self, service: str, account: str, **settings: Any) -> Any:
        """A client of an account's root."""
        return client_of(self.cloud, service, account, **settings)

    def enable(self, kind: str = "SERVICE_CONTROL_POLICY") -> None:
        """Put a type of policies in force."""
        self.api.enable_policy_type(RootId=self.root, PolicyType=kind)

    def new_account(self, **given: Any) -> str:
        """The id of a new member account."""
        self._made += 1
        given = {"Email": f"{self._made}@{self.account}.example.com", "AccountName": f"account {self._made}", **given}
        request = self.api.create_account(**given)["CreateAccountStatus"]
        self.cloud.settle()
        status = self.api.describe_create_account_status(CreateAccountRequestId=request["Id"])["CreateAccountStatus"]
        assert status["State"] == "SUCCEEDED", status
        return status["AccountId"]

    def new_unit(self, name: str = "unit", parent: str = "") -> str:
        """The id of a new unit."""
        made = self.api.create_organizational_unit(ParentId=parent or self.root, Name=name)
        return made["OrganizationalUnit"]["Id"]

    def move(self, account: str, to: str) -> None:
        """Move an account from wherever it is."""
        parent = self.api.list_parents(ChildId=account)["Parents"][0]["Id"]
        self.api.move_account(AccountId=account, SourceParentId=parent, DestinationParentId=to)

    def policy(self, *statements: dict[str, Any], kind: str = "SERVICE_CONTROL_POLICY", on: str = "") -> str:
        """The id of a new policy, attached where asked."""
        self._made += 1
        content = document(*(statements or (ALL,)))
        made = self.api.create_policy(Name=f"policy {self._made}", Description="", Type=kind, Content=content)
        id = made["Policy"]["PolicySummary"]["Id"]
        if on:
            self.api.attach_policy(PolicyId=id, TargetId=on)
        return id

    def user(self, account: str, *statements: dict[str, Any], name: str = "ann") -> Callable[..., Any]:
        """A factory of clients of a user in an account who has just these permissions (everything, when none)."""
        iam = self.client("iam", account)
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=document(*(statements or (ALL,))))
        pair = iam.create_access_key(UserName=name)["AccessKey"]

        def clients(service: str, **settings: Any) -> Any:
            key, secret = pair["AccessKeyId"], pair["SecretAccessKey"]
            return client_of(self.cloud, service, key, secret, **settings)

        return clients


@pytest.fixture
def world(cloud: RunningCloud, account: str) -> World:
    """An organisation with all features, and nothing in it but its management account."""
    return World(cloud, account)


@pytest.fixture
def limited(world: World) -> World:
    """The same with service control policies in force."""
    world.enable()
    return world


@pytest.fixture
def fresh_world(fresh_cloud: RunningCloud) -> Iterator[World]:
    """An organisation in a cloud of its own, whose clock may be moved."""
    yield World(fresh_cloud, "123456789012")
