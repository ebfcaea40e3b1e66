"""Pools, clients and users to test with, and the mail that a pool has sent."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

PASSWORD = "Secret-123"


class PoolAt:
    """A pool with one client, and calls on both."""

    def __init__(self, idp: Any, **settings: Any) -> None:
        self.idp = idp
        self.id = idp.create_user_pool(PoolName="people", **settings)["UserPool"]["Id"]
        self.client = self.make_client()

    def make_client(self, **settings: Any) -> str:
        """Another client; it signs in by password, SRP, own challenges and refresh tokens unless told otherwise."""
        flows = ["USER_PASSWORD_AUTH", "USER_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"]
        settings.setdefault("ExplicitAuthFlows", [f"ALLOW_{flow}" for flow in [*flows, "USER_AUTH"]])
        made = self.idp.create_user_pool_client(UserPoolId=self.id, ClientName="app", **settings)["UserPoolClient"]
        return made["ClientId"]

    def user(self, name: str = "ann", password: str = PASSWORD, **attributes: str) -> str:
        """A user who has a password for good; its sub."""
        given = [{"Name": key.replace("custom_", "custom:"), "Value": value} for key, value in attributes.items()]
        made = self.idp.admin_create_user(
            UserPoolId=self.id, Username=name, UserAttributes=given, MessageAction="SUPPRESS"
        )["User"]
        self.idp.admin_set_user_password(UserPoolId=self.id, Username=name, Password=password, Permanent=True)
        return next(one["Value"] for one in made["Attributes"] if one["Name"] == "sub")

    def sign_in(self, name: str = "ann", password: str = PASSWORD, client: str = "") -> Any:
        """What a sign-in by password answers."""
        return self.idp.initiate_auth(
            ClientId=client or self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )

    def tokens(self, name: str = "ann", password: str = PASSWORD) -> Any:
        """The tokens of a sign-in by password."""
        return self.sign_in(name, password)["AuthenticationResult"]


def fails(code: str, call: Callable[..., Any], **given: Any) -> str:
    """The message of a call that fails with this code."""
    with pytest.raises(ClientError) as error:
        call(**given)
    assert error.value.response["Error"]["Code"] == code, error.value
    return error.value.response["Error"]["Message"]


def claims(token: str) -> dict[str, Any]:
    """What a token says, unproved."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def mail(cloud: Any, to: str) -> dict[str, Any]:
    """The newest mail to an address."""
    cloud.settle()
    return cloud.control(f"mail/{cloud.control(f'mail?to={to}')['mails'][0]['id']}")


def code(cloud: Any, to: str) -> str:
    """The code in the newest mail to an address."""
    found = re.search(r"\b\d{6}\b", mail(cloud, to)["html"])
    assert found is not None
    return found[0]


@pytest.fixture
def idp(client: Callable[..., Any]) -> Any:
    """A client of the account's root."""
    return client("cognito-idp")


@pytest.fixture
def pool(idp: Any) -> PoolAt:
    """A pool with default settings."""
    return PoolAt(idp)
