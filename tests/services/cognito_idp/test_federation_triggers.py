"""What the functions of a pool are told of people who come by an outside provider, and what they can do about it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.services.cognito_idp.browser import Page, Site
from tests.services.cognito_idp.conftest import claims, fails
from tests.services.cognito_idp.outsider import Outsider, come_back, leave, running, trust
from tests.services.iam.documents import allow

SOURCE = """
import json, time
import boto3

def handler(event, context):
    source, given = event["triggerSource"], event["request"]
    seen = {"source": source, "name": event["userName"], "client": event["callerContext"]["clientId"], **given}
    name = "/seen/%s/%d" % (event["userPoolId"], time.time_ns())
    boto3.client("ssm").put_parameter(Name=name, Type="String", Value=json.dumps(seen))
    email = given["userAttributes"].get("email", "")
    if source == "PreSignUp_ExternalProvider":
        if email.startswith("no@"):
            raise Exception("Not you")
        event["response"]["autoVerifyEmail"] = email.startswith("sure@")
        if email.startswith("link@"):
            provider, _, subject = event["userName"].partition("_")
            who = {"ProviderName": provider, "ProviderAttributeName": "Cognito_Subject"}
            boto3.client("cognito-idp").admin_link_provider_for_user(
                UserPoolId=event["userPoolId"], SourceUser={**who, "ProviderAttributeValue": subject},
                DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "anna"},
            )
    return event
"""
TRIGGERS = ("PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "PreTokenGeneration")


@pytest.fixture
def outsider() -> Iterator[Outsider]:
    with running() as found:
        yield found


@pytest.fixture
def site(cloud: Any, idp: Any, client: Callable[..., Any], account: str, outsider: Outsider) -> Site:
    """A pool that trusts the outsider and asks a function at each step."""
    iam, functions = client("iam"), client("lambda")
    who = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": who})
    role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    may = {"Version": "2012-10-17", "Statement": allow(["ssm:PutParameter", "cognito-idp:AdminLinkProviderForUser"])}
    iam.put_role_policy(RoleName="runs", PolicyName="p", PolicyDocument=json.dumps(may))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", SOURCE)
    arn = functions.create_function(
        FunctionName="trigger", Role=role, Runtime="python3.11", Handler="app.handler",
        Code={"ZipFile": buffer.getvalue()}, Timeout=10,
    )["FunctionArn"]  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName="trigger", WaiterConfig={"Delay": 1})
    functions.add_permission(
        FunctionName="trigger", StatementId="pools", Action="lambda:InvokeFunction",
        Principal="cognito-idp.amazonaws.com",
    )  # fmt: skip
    site = Site(cloud, idp, f"site-{account}", {"LambdaConfig": dict.fromkeys(TRIGGERS, arn)})
    trust(site, outsider, AttributeMapping={"email": "mail"})
    site.client, _ = site.make_client(SupportedIdentityProviders=["COGNITO", "Far"])
    return site


def sign_in(site: Site, outsider: Outsider, mail: str) -> Page:
    browser = site.browser()
    asked = leave(site, browser)
    outsider.says(asked["nonce"], mail=mail)
    return come_back(browser, asked)


@pytest.fixture
def seen(client: Callable[..., Any], site: Site) -> Callable[[], list[dict[str, Any]]]:
    """Takes what the function was told since the last time, in order."""

    def take() -> list[dict[str, Any]]:
        ssm = client("ssm")
        found = ssm.get_parameters_by_path(Path=f"/seen/{site.pool}")["Parameters"]
        found.sort(key=lambda one: int(one["Name"].rpartition("/")[2]))
        if found:
            ssm.delete_parameters(Names=[one["Name"] for one in found])
        return [json.loads(one["Value"]) for one in found]

    return take


def test_the_first_sign_in_and_the_next(site: Site, outsider: Outsider, seen: Any) -> None:
    back = sign_in(site, outsider, "sure@corp.example")
    identity = claims(site.by_code(back.brought["code"]).json()["id_token"])
    assert identity["email_verified"] is True
    first = seen()
    assert [one["source"] for one in first] == [
        "PreSignUp_ExternalProvider", "PostConfirmation_ConfirmSignUp", "TokenGeneration_HostedAuth"
    ]  # fmt: skip
    assert {one["name"] for one in first} == {"Far_s-1"} and {one["client"] for one in first} == {site.client}
    told = first[0]["userAttributes"]
    assert told == {
        "cognito:email_alias": "", "cognito:phone_number_alias": "", "email": "sure@corp.example",
        "email_verified": "false",
    }  # fmt: skip
    after = first[1]["userAttributes"]
    assert after["cognito:user_status"] == "EXTERNAL_PROVIDER" and '"userId":"s-1"' in after["identities"]
    back = sign_in(site, outsider, "new@corp.example")
    site.by_code(back.brought["code"])
    second = seen()
    assert [one["source"] for one in second] == [
        "PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_HostedAuth"
    ]  # fmt: skip
    assert second[0]["userAttributes"]["email"] == "sure@corp.example"
    assert second[1]["userAttributes"]["email"] == "new@corp.example"


def test_a_function_says_no(site: Site, outsider: Outsider, seen: Any) -> None:
    back = sign_in(site, outsider, "no@corp.example").brought
    assert back["error"] == "invalid_request" and back["state"] == "s t/ä&te"
    assert back["error_description"] == "PreSignUp failed with error Not you."
    assert [one["source"] for one in seen()] == ["PreSignUp_ExternalProvider"]
    fails("UserNotFoundException", site.idp.admin_get_user, UserPoolId=site.pool, Username="Far_s-1")


def test_a_function_links_somebody_with_a_user_who_is_there(site: Site, outsider: Outsider) -> None:
    site.user("anna", email="anna@shop.example")
    for _ in range(2):
        back = sign_in(site, outsider, "link@corp.example")
        identity = claims(site.by_code(back.brought["code"]).json()["id_token"])
        assert identity["cognito:username"] == "anna" and identity["identities"][0]["userId"] == "s-1"
    fails("UserNotFoundException", site.idp.admin_get_user, UserPoolId=site.pool, Username="Far_s-1")
