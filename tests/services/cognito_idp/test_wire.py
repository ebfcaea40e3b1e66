"""The wire form: who signs and who need not, what browsers may do, what the model forbids."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.services.cognito_idp.conftest import PASSWORD, fails


def post(cloud: Any, operation: str, body: Any, method: str = "POST", **headers: str) -> tuple[int, Any, Any]:
    target = {"x-amz-target": f"AWSCognitoIdentityProviderService.{operation}"} if operation else {}
    request = urllib.request.Request(
        cloud.url, json.dumps(body).encode() if method == "POST" else None,
        {"content-type": "application/x-amz-json-1.1", **target, **headers}, method=method,
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), json.loads(error.read())


def test_a_browser_signs_in_without_a_signature(cloud, pool):
    pool.user()
    body = {"ClientId": pool.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    body["AuthParameters"] = {"USERNAME": "ann", "PASSWORD": PASSWORD}
    status, headers, answer = post(cloud, "InitiateAuth", body, origin="https://app.example.com")
    assert (status, answer["AuthenticationResult"]["TokenType"]) == (200, "Bearer")
    assert headers["access-control-allow-origin"] == "*"
    status, _, answer = post(cloud, "GetUser", {"AccessToken": "x.y.z"}, origin="https://app.example.com")
    assert (status, answer["__type"].rpartition("#")[2]) == (400, "NotAuthorizedException")


def test_what_an_administrator_does_is_signed(cloud, pool):
    status, _, answer = post(cloud, "AdminGetUser", {"UserPoolId": pool.id, "Username": "ann"})
    assert (status, answer["__type"].rpartition("#")[2]) == (400, "MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("create_user_pool", {"PoolName": "x" * 129}),
        ("list_user_pools", {"MaxResults": 61}),
        ("describe_user_pool", {"UserPoolId": "no-pool"}),
        ("admin_get_user", {"UserPoolId": "us-east-1_a", "Username": ""}),
    ],
)
def test_what_the_model_forbids(client, operation, given):
    idp = client("cognito-idp", parameter_validation=False)
    assert "validation error" in fails("InvalidParameterException", getattr(idp, operation), **given)


def test_what_is_not_there(idp, pool):
    missing = "us-east-1_123456789"
    said = fails("ResourceNotFoundException", idp.describe_user_pool, UserPoolId=missing)
    assert said == f"User pool {missing} does not exist."
    said = fails("ResourceNotFoundException", idp.describe_user_pool_client, UserPoolId=pool.id, ClientId="x" * 26)
    assert said == f"User pool client {'x' * 26} does not exist."
    assert fails("UserNotFoundException", idp.admin_get_user, UserPoolId=pool.id, Username="x") == (
        "User does not exist."
    )


def test_nothing_of_another_account_is_found(cloud, pool):
    other = cloud.client("cognito-idp", key="999999999990")
    fails("ResourceNotFoundException", other.describe_user_pool, UserPoolId=pool.id)
    elsewhere = cloud.client("cognito-idp", region="eu-west-1")
    fails("ResourceNotFoundException", elsewhere.describe_user_pool, UserPoolId=pool.id)


def test_the_door_publishes_and_nothing_more(cloud, pool):
    base = f"{cloud.url}/_aws/cognito-idp"
    for path in ("us-east-1_123456789/.well-known/jwks.json", f"{pool.id}/", f"{pool.id}/.well-known/other"):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{base}/{path}")
        assert error.value.code == 404
    with urllib.request.urlopen(f"{base}/{pool.id}/.well-known/jwks.json") as answer:
        keys = json.load(answer)["keys"]
    host = {"host": "cognito-idp.us-east-1.amazonaws.com"}  # whoever resolves AWS's name to here
    asked = urllib.request.Request(f"{cloud.url}/{pool.id}/.well-known/jwks.json", headers=host)
    with urllib.request.urlopen(asked) as answer:
        assert json.load(answer)["keys"] == keys
    status, _, answer = post(cloud, "GetUser", {"AccessToken": "x.y.z"}, **host)
    assert answer["__type"].rpartition("#")[2] == "NotAuthorizedException"
    assert len(keys) == 2
    assert all(key.keys() == {"alg", "e", "kid", "kty", "n", "use"} for key in keys)
