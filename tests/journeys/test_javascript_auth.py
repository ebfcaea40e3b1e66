"""Sign-in as JavaScript programs have it, unmodified: amazon-cognito-identity-js and aws-amplify."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.tools import Shell

PROGRAMS = Path(__file__).parent / "javascript"
FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "REFRESH_TOKEN_AUTH")


class People:
    """A pool that mails codes and takes authenticator apps, with a client for programs without a secret."""

    def __init__(self, idp: Any, **settings: Any) -> None:
        made = idp.create_user_pool(PoolName="people", AutoVerifiedAttributes=["email"], **settings)["UserPool"]
        self.id = made["Id"]
        idp.set_user_pool_mfa_config(
            UserPoolId=self.id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
        )
        flows = [f"ALLOW_{flow}" for flow in FLOWS]
        client = idp.create_user_pool_client(
            UserPoolId=self.id, ClientName="web", ExplicitAuthFlows=flows, PreventUserExistenceErrors="ENABLED"
        )["UserPoolClient"]
        self.client = client["ClientId"]


def test_amazon_cognito_identity_js(shell: Shell, client: Callable[..., Any]) -> None:
    people = People(client("cognito-idp"))
    said = json.loads(shell.node(PROGRAMS / "identity.cjs", people.id, people.client))
    assert said["signedUp"] == {"confirmed": False, "to": "a***@i***"}
    assert (said["early"], said["wrongCode"], said["confirmed"]) == (
        "UserNotConfirmedException", "CodeMismatchException", "SUCCESS"
    )  # fmt: skip
    assert said["wrong"] == "NotAuthorizedException"
    assert said["valid"] and said["refreshed"] and said["remembered"]
    assert said["claims"] == {"name": "ann", "use": "access"}
    assert (said["attributes"]["email"], said["attributes"]["email_verified"]) == ("ann@identity.example", "true")
    assert said["asked"] == "SOFTWARE_TOKEN_MFA"
    assert (said["changed"], said["old"], said["gone"]) == ("SUCCESS", *["NotAuthorizedException"] * 2)
    assert said["deleted"] == "SUCCESS"


def trusting(iam: Any, pool: str, kind: str) -> str:
    """A role that an identity pool may give its identities of a kind."""
    who = {"StringEquals": {"cognito-identity.amazonaws.com:aud": pool}}
    who["ForAnyValue:StringLike"] = {"cognito-identity.amazonaws.com:amr": kind}
    statement = {"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Condition": who}
    trust = {"Version": "2012-10-17", "Statement": [{**statement, "Action": "sts:AssumeRoleWithWebIdentity"}]}
    return iam.create_role(RoleName=kind, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


@pytest.fixture
def identities(client: Callable[..., Any]) -> Callable[[People], str]:
    """Makes an identity pool whose people are guests or come from a user pool; its id."""

    def make(people: People) -> str:
        cognito, iam = client("cognito-identity"), client("iam")
        provider = {"ProviderName": f"cognito-idp.us-east-1.amazonaws.com/{people.id}", "ClientId": people.client}
        made = cognito.create_identity_pool(
            IdentityPoolName="app", AllowUnauthenticatedIdentities=True, CognitoIdentityProviders=[provider]
        )
        pool: str = made["IdentityPoolId"]
        roles = {kind: trusting(iam, pool, kind) for kind in ("authenticated", "unauthenticated")}
        cognito.set_identity_pool_roles(IdentityPoolId=pool, Roles=roles)
        return pool

    return make


def test_amplify(shell: Shell, client: Callable[..., Any], identities: Callable[[People], str]) -> None:
    people = People(client("cognito-idp"), UsernameAttributes=["email"])
    said = json.loads(shell.node(PROGRAMS / "amplify.cjs", people.id, people.client, identities(people)))
    assert (said["signedUp"], said["early"], said["confirmed"]) == ("CONFIRM_SIGN_UP", "CONFIRM_SIGN_UP", "DONE")
    assert (said["wrong"], said["signedIn"]) == ("NotAuthorizedException", "DONE")
    assert said["claims"] == {"email": "ann@amplify.example", "use": "access"}
    assert (said["guest"]["role"], said["known"]["role"]) == ("unauthenticated", "authenticated")
    assert said["known"]["identityId"].startswith("us-east-1:") and said["refreshed"]
    assert said["attributes"]["email_verified"] == "true"
    assert said["updated"]["nickname"]["isUpdated"] is True
    assert said["user"] == {"loginId": "ann@amplify.example", "authFlowType": "USER_SRP_AUTH"}
    assert said["mfa"] == {"enabled": ["TOTP"], "preferred": "TOTP"}
    assert said["asked"] == "CONFIRM_SIGN_IN_WITH_TOTP_CODE"
    assert (said["wrongApp"], said["answered"]) == ("CodeMismatchException", "DONE")
    assert said["choice"]["step"] == "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION"
    assert set(said["choice"]["all"]) >= {"PASSWORD", "PASSWORD_SRP"}
    assert (said["chosen"], said["proved"], said["preferred"]) == ("CONFIRM_SIGN_IN_WITH_PASSWORD", "DONE", "DONE")
    assert (said["reset"], said["again"]) == ("CONFIRM_RESET_PASSWORD_WITH_CODE", True)
    assert said["gone"] == "NotAuthorizedException"
