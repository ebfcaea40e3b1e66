"""A user pool with a signed-in user, an identity pool that trusts it, and roles for its identities."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from botocore import UNSIGNED

Client = Callable[..., Any]
SERVICE = "cognito-identity.amazonaws.com"
PASSWORD = "Correct-horse-1"


class Users:
    """A user pool whose users sign in by password."""

    def __init__(self, client: Client) -> None:
        self.idp = client("cognito-idp")
        self.pool = self.idp.create_user_pool(PoolName="people")["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = self.idp.create_user_pool_client(UserPoolId=self.pool, ClientName="app", ExplicitAuthFlows=flows)
        self.app = made["UserPoolClient"]["ClientId"]

    @property
    def provider(self) -> str:
        """The pool's name among the providers of an identity pool."""
        return f"cognito-idp.us-east-1.amazonaws.com/{self.pool}"

    def add(self, name: str, **attributes: str) -> None:
        """Make a user who can sign in."""
        listed = [{"Name": key, "Value": value} for key, value in attributes.items()]
        self.idp.admin_create_user(UserPoolId=self.pool, Username=name, MessageAction="SUPPRESS", UserAttributes=listed)
        self.idp.admin_set_user_password(UserPoolId=self.pool, Username=name, Password=PASSWORD, Permanent=True)

    def sign_in(self, name: str) -> dict[str, str]:
        """The tokens of a user who signs in."""
        given = {"USERNAME": name, "PASSWORD": PASSWORD}
        answer = self.idp.initiate_auth(ClientId=self.app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        return answer["AuthenticationResult"]

    def logins(self, name: str) -> dict[str, str]:
        """The Logins of a user who signs in."""
        return {self.provider: self.sign_in(name)["IdToken"]}


class Pool(NamedTuple):
    """An identity pool: its id, clients of its administrator and of nobody."""

    id: str
    admin: Any
    anyone: Any
    client: Client

    def role(self, name: str, *statements: dict[str, Any], kind: str = "authenticated", **more: Any) -> str:
        """A role that trusts the pool's identities of a kind and allows these statements."""
        condition = {
            "StringEquals": {f"{SERVICE}:aud": self.id},
            "ForAnyValue:StringLike": {f"{SERVICE}:amr": kind},
        }
        actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
        trust = {"Effect": "Allow", "Principal": {"Federated": SERVICE}, "Action": actions, "Condition": condition}
        return make_role(self.client, name, trust, *statements, **more)

    def credentials(self, logins: dict[str, str] | None = None, **more: Any) -> Client:
        """Clients of the identity that has these logins."""
        given = {"Logins": logins} if logins else {}
        id = self.anyone.get_id(IdentityPoolId=self.id, **given)["IdentityId"]
        return self.clients(self.anyone.get_credentials_for_identity(IdentityId=id, **given, **more))

    def clients(self, answer: dict[str, Any]) -> Client:
        """Clients that use the credentials of an answer."""
        found = answer["Credentials"]
        secret = found.get("SecretKey") or found["SecretAccessKey"]

        def make(service: str) -> Any:
            return self.client(service, key=found["AccessKeyId"], secret=secret, token=found["SessionToken"])

        return make


def make_role(client: Client, name: str, trust: dict[str, Any], *statements: dict[str, Any], **more: Any) -> str:
    """A role with this one statement of trust, which allows these statements."""
    iam, version = client("iam"), {"Version": "2012-10-17"}
    document = json.dumps({**version, "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **more)["Role"]["Arn"]
    if statements:
        policy = json.dumps({**version, "Statement": list(statements)})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    return arn


@pytest.fixture
def users(client: Client) -> Users:
    """A user pool with the user ann."""
    made = Users(client)
    made.add("ann", email="ann@example.com")
    return made


@pytest.fixture
def make_pool(client: Client) -> Callable[..., Pool]:
    """Makes identity pools."""

    def make(**settings: Any) -> Pool:
        admin = client("cognito-identity")
        given = {"IdentityPoolName": "shop", "AllowUnauthenticatedIdentities": False, **settings}
        anyone = client("cognito-identity", signature_version=UNSIGNED)
        return Pool(admin.create_identity_pool(**given)["IdentityPoolId"], admin, anyone, client)

    return make


@pytest.fixture
def pool(make_pool: Callable[..., Pool], users: Users) -> Pool:
    """An identity pool of the user pool's users, with guests and the basic flow."""
    providers = [{"ProviderName": users.provider, "ClientId": users.app}]
    return make_pool(
        CognitoIdentityProviders=providers,
        AllowUnauthenticatedIdentities=True,
        AllowClassicFlow=True,
        DeveloperProviderName="login.shop",
    )
