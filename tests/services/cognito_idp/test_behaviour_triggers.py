"""The Lambda triggers: what they are told, and what follows from their answers."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from tests.services.cognito_idp.browser import Site
from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, claims, code, fails, mail

SOURCE = """
import json

def handler(event, context):
    source, request, response = event["triggerSource"], event["request"], event["response"]
    name = event["userName"] or ""
    if name.startswith("refused-" + source.split("_")[0]):
        raise Exception("no " + json.dumps(sorted(request)))
    if name == "nonsense":
        return {}
    if source == "PreSignUp_SignUp":
        response["autoConfirmUser"] = name != "waits"
        response["autoVerifyEmail"] = "email" in request["userAttributes"]
    if source.startswith("CustomMessage"):
        response["emailSubject"] = source
        response["emailMessage"] = "Dear %s: %s" % (request["userAttributes"]["email"], request["codeParameter"])
    if source.startswith("DefineAuthChallenge"):
        session = request["session"]
        response["issueTokens"] = bool(session) and session[-1]["challengeResult"]
        response["failAuthentication"] = len(session) >= 2 and not response["issueTokens"]
        response["challengeName"] = "CUSTOM_CHALLENGE"
    if source.startswith("CreateAuthChallenge"):
        response["publicChallengeParameters"] = {"question": "6*7" + " True" * request.get("userNotFound", False)}
        response["privateChallengeParameters"] = {"answer": "42"}
        response["challengeMetadata"] = "SUM"
    if source.startswith("VerifyAuthChallengeResponse"):
        response["answerCorrect"] = request["challengeAnswer"] == request["privateChallengeParameters"]["answer"]
    if source.startswith("UserMigration"):
        if request.get("password", "Old-secret-1") != "Old-secret-1":
            raise Exception("Bad password")
        response["userAttributes"] = {"email": name + "@example.com", "email_verified": "true"}
        response["finalUserStatus"] = "CONFIRMED"
    if source.startswith("TokenGeneration") and event["version"] == "1":
        response["claimsOverrideDetails"] = {
            "claimsToAddOrOverride": {"tenant": "t1", "sub": "forged", "source": source},
            "claimsToSuppress": ["email"],
            "groupOverrideDetails": {"groupsToOverride": ["new"]},
        }
    if source.startswith("TokenGeneration") and event["version"] in ("2", "3"):
        response["claimsAndScopeOverrideDetails"] = {
            "idTokenGeneration": {"claimsToAddOrOverride": {"tenant": {"id": 1}}},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"plan": ["a", "b"], "client_id": "forged"},
                "scopesToAdd": ["orders:read"], "scopesToSuppress": [],
            },
        }
    return event
"""
TRIGGERS = (
    "PreSignUp", "CustomMessage", "PostConfirmation", "PreAuthentication", "PostAuthentication", "DefineAuthChallenge",
    "CreateAuthChallenge", "VerifyAuthChallengeResponse", "UserMigration",
)  # fmt: skip


@pytest.fixture(scope="module")
def deployed(cloud) -> tuple[str, str]:
    """(account, ARN) of the function; every pool of the account may invoke it."""
    account = "480000000001"
    iam, functions = cloud.client("iam", key=account), cloud.client("lambda", key=account)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", SOURCE)
    arn = functions.create_function(
        FunctionName="trigger", Role=role, Runtime="python3.11", Handler="app.handler",
        Code={"ZipFile": buffer.getvalue()},
    )["FunctionArn"]  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName="trigger", WaiterConfig={"Delay": 1})
    functions.add_permission(
        FunctionName="trigger", StatementId="pools", Action="lambda:InvokeFunction",
        Principal="cognito-idp.amazonaws.com", SourceAccount=account,
        SourceArn=f"arn:aws:cognito-idp:us-east-1:{account}:userpool/*",
    )  # fmt: skip
    return account, arn


def with_triggers(cloud: Any, deployed: tuple[str, str], *names: str, **more: Any) -> PoolAt:
    account, arn = deployed
    config = {**dict.fromkeys(names, arn), **more}
    idp = cloud.client("cognito-idp", key=account)
    return PoolAt(idp, LambdaConfig=config, AutoVerifiedAttributes=["email"])


def sign_up(pool: PoolAt, name: str) -> Any:
    given = [{"Name": "email", "Value": f"{name}-{pool.client}@example.com"}]
    return pool.idp.sign_up(ClientId=pool.client, Username=name, Password=PASSWORD, UserAttributes=given)


def test_signing_up(cloud, deployed):
    pool = with_triggers(cloud, deployed, *TRIGGERS)
    assert sign_up(pool, "ann")["UserConfirmed"] is True
    assert claims(pool.tokens()["IdToken"])["email_verified"] is True
    assert sign_up(pool, "waits")["UserConfirmed"] is False
    sent = mail(cloud, f"waits-{pool.client}@example.com")
    assert sent["subject"] == "CustomMessage_SignUp"
    assert sent["html"].startswith(f"Dear waits-{pool.client}@example.com: ")
    said = fails("UserLambdaValidationException", sign_up, pool=pool, name="refused-PreSignUp")
    assert said == 'PreSignUp failed with error no ["userAttributes", "validationData"].'
    fails("UserNotFoundException", pool.idp.admin_get_user, UserPoolId=pool.id, Username="refused-PreSignUp")
    fails("UserLambdaValidationException", sign_up, pool=pool, name="refused-PostConfirmation")
    fails("InvalidLambdaResponseException", sign_up, pool=pool, name="nonsense")


def test_signing_in(cloud, deployed):
    pool = with_triggers(cloud, deployed, "PreAuthentication", "PostAuthentication")
    for name in ("refused-PreAuthentication", "refused-PostAuthentication"):
        pool.user(name)
        said = fails("UserLambdaValidationException", pool.sign_in, name=name)
        assert said.startswith(f"{name.removeprefix('refused-')} failed with error no")


def test_a_function_that_does_not_let_the_pool_in(cloud, deployed):
    pool = with_triggers(cloud, deployed, PreSignUp=f"{deployed[1]}-not")
    said = fails("UnexpectedLambdaException", sign_up, pool=pool, name="ann")
    assert said.startswith("PreSignUp invocation failed due to error ")


def test_tokens_as_the_first_version_wants_them(cloud, deployed):
    pool = with_triggers(cloud, deployed, "PreTokenGeneration")
    sub = pool.user(email=f"{pool.client}@example.com")
    result = pool.tokens()
    found = claims(result["IdToken"])
    assert (found["tenant"], found["sub"], found["cognito:groups"]) == ("t1", sub, ["new"])
    assert found["source"] == "TokenGeneration_Authentication"
    assert "email" not in found
    assert "tenant" not in claims(result["AccessToken"])
    parameters = {"REFRESH_TOKEN": result["RefreshToken"]}
    again = pool.idp.initiate_auth(ClientId=pool.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)
    assert claims(again["AuthenticationResult"]["IdToken"])["source"] == "TokenGeneration_RefreshTokens"


def test_tokens_as_the_second_version_wants_them(cloud, deployed):
    config = {"LambdaVersion": "V2_0", "LambdaArn": deployed[1]}
    pool = with_triggers(cloud, deployed, PreTokenGenerationConfig=config)
    pool.user()
    result = pool.tokens()
    assert claims(result["IdToken"])["tenant"] == {"id": 1}
    access = claims(result["AccessToken"])
    assert (access["plan"], access["client_id"]) == (["a", "b"], pool.client)
    assert access["scope"] == "aws.cognito.signin.user.admin orders:read"


def test_a_flow_of_ones_own(cloud, deployed):
    pool = with_triggers(cloud, deployed, *TRIGGERS)
    pool.user()
    begin = {"ClientId": pool.client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": {"USERNAME": "ann"}}
    answer = {"ClientId": pool.client, "ChallengeName": "CUSTOM_CHALLENGE"}

    def answered(step: Any, what: str) -> Any:
        responses = {"USERNAME": "ann", "ANSWER": what}
        return pool.idp.respond_to_auth_challenge(**answer, Session=step["Session"], ChallengeResponses=responses)

    first = pool.idp.initiate_auth(**begin)
    assert first["ChallengeParameters"] == {"USERNAME": "ann", "question": "6*7"}
    second = answered(first, "41")
    assert "AccessToken" in answered(second, "42")["AuthenticationResult"]
    fails("NotAuthorizedException", answered, step=first, what="42")  # a session is used once
    second = answered(pool.idp.initiate_auth(**begin), "1")
    fails("NotAuthorizedException", answered, step=second, what="2")


def test_own_challenges_do_not_tell_who_is_there(cloud, deployed):
    pool = with_triggers(cloud, deployed, "DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
    begin = {"AuthFlow": "CUSTOM_AUTH", "AuthParameters": {"USERNAME": "nobody"}}
    fails("UserNotFoundException", pool.idp.initiate_auth, ClientId=pool.client, **begin)
    hiding = pool.make_client(PreventUserExistenceErrors="ENABLED")
    step = pool.idp.initiate_auth(ClientId=hiding, **begin)
    assert step["ChallengeParameters"] == {"USERNAME": "nobody", "question": "6*7 True"}  # userNotFound
    answer = {"ClientId": hiding, "ChallengeName": "CUSTOM_CHALLENGE", "Session": step["Session"]}
    answer["ChallengeResponses"] = {"USERNAME": "nobody", "ANSWER": "42"}
    assert fails("NotAuthorizedException", pool.idp.respond_to_auth_challenge, **answer) == (
        "Incorrect username or password."
    )


def test_users_who_come_from_elsewhere(cloud, deployed):
    pool = with_triggers(cloud, deployed, "UserMigration")
    fails("UserNotFoundException", pool.sign_in, name="old", password="Wrong-1234")
    assert "AccessToken" in pool.tokens("old", "Old-secret-1")
    assert "AccessToken" in pool.tokens("old", "Old-secret-1")
    user = pool.idp.admin_get_user(UserPoolId=pool.id, Username="old")
    assert user["UserStatus"] == "CONFIRMED"
    forgot = {"ClientId": pool.client, "Username": f"other-{pool.client}"}
    pool.idp.forgot_password(**forgot)
    sent = code(cloud, f"{forgot['Username']}@example.com")
    pool.idp.confirm_forgot_password(**forgot, ConfirmationCode=sent, Password=PASSWORD)
    assert "AccessToken" in pool.tokens(forgot["Username"])
    fails("UserNotFoundException", pool.idp.forgot_password, ClientId=pool.client, Username="refused-UserMigration")
    pool.client = pool.make_client(GenerateSecret=True)
    fails("NotAuthorizedException", pool.sign_in, name="third", password="Old-secret-1")  # without the client's secret
    fails("UserNotFoundException", pool.idp.admin_get_user, UserPoolId=pool.id, Username="third")


def test_the_sign_in_pages_ask_them_too(cloud, deployed):
    account, arn = deployed
    config = {"PreAuthentication": arn, "PreTokenGeneration": arn}
    site = Site(cloud, cloud.client("cognito-idp", key=account), "pages-with-triggers", {"LambdaConfig": config})
    site.user(email="ann@example.com")
    site.user("refused-PreAuthentication")
    page = site.login(site.browser(), name="refused-PreAuthentication")
    assert (page.status, "PreAuthentication failed with error no" in page.text) == (400, True)
    made = site.by_code(site.code()).json()
    shown = claims(made["id_token"])
    assert (shown["source"], "email" in shown) == ("TokenGeneration_HostedAuth", False)
    again = site.token(grant_type="refresh_token", refresh_token=made["refresh_token"]).json()
    assert claims(again["id_token"])["source"] == "TokenGeneration_RefreshTokens"


@pytest.mark.parametrize(("version", "asked"), [("V2_0", False), ("V3_0", True)])
def test_the_third_version_changes_a_programs_own_token(cloud, deployed, version, asked):
    account, arn = deployed
    config = {"PreTokenGenerationConfig": {"LambdaArn": arn, "LambdaVersion": version}}
    idp = cloud.client("cognito-idp", key=account)
    site = Site(cloud, idp, f"machines-{version[1]}", {"LambdaConfig": config})
    scopes = [{"ScopeName": "read", "ScopeDescription": "d"}]
    idp.create_resource_server(UserPoolId=site.pool, Identifier="orders", Name="o", Scopes=scopes)
    machine = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["orders/read"]}
    site.client, secret = site.make_client(GenerateSecret=True, **machine)
    made = claims(site.token((site.client, secret), grant_type="client_credentials").json()["access_token"])
    assert (made["sub"], made["client_id"]) == (site.client, site.client)
    assert made["scope"].split() == ["orders/read", *(["orders:read"] if asked else [])]
    assert ("plan" in made) is asked
