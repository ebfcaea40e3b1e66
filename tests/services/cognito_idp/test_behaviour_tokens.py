"""Signing in by password and by SRP, and the tokens that come of it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from pycognito.aws_srp import AWSSRP

from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, claims, fails


def key_set(cloud: Any, pool: str) -> Any:
    issuer = f"{cloud.url}/_aws/cognito-idp/{pool}"
    with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration") as answer:
        about = json.load(answer)
    assert about["issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"
    with urllib.request.urlopen(about["jwks_uri"]) as answer:
        return KeySet.import_key_set(json.load(answer))


def test_tokens_are_proved_by_the_published_keys(cloud, pool):
    sub = pool.user(email="ann@example.com", email_verified="true")
    pool.idp.create_group(UserPoolId=pool.id, GroupName="staff", Precedence=2)
    pool.idp.create_group(UserPoolId=pool.id, GroupName="chiefs", Precedence=1)
    for group in ("staff", "chiefs"):
        pool.idp.admin_add_user_to_group(UserPoolId=pool.id, Username="ann", GroupName=group)
    result = pool.tokens()
    assert (result["TokenType"], result["ExpiresIn"]) == ("Bearer", 3600)
    keys = key_set(cloud, pool.id)
    identity = jwt.decode(result["IdToken"], keys, algorithms=["RS256"])
    access = jwt.decode(result["AccessToken"], keys, algorithms=["RS256"])
    assert identity.header["kid"] != access.header["kid"]
    shared = {"sub": sub, "iss": f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"}
    shared["cognito:groups"] = ["chiefs", "staff"]
    expected = {"cognito:username": "ann", "aud": pool.client, "token_use": "id", "email": "ann@example.com"}
    assert identity.claims.items() >= {**shared, **expected, "email_verified": True}.items()
    expected = {"username": "ann", "client_id": pool.client, "token_use": "access"}
    assert access.claims.items() >= {**shared, **expected, "scope": "aws.cognito.signin.user.admin"}.items()
    assert access.claims["exp"] - access.claims["iat"] == 3600
    assert access.claims["origin_jti"] == identity.claims["origin_jti"]


def srp(pool: PoolAt, name: str, password: str, **more: Any) -> Any:
    return AWSSRP(
        username=name, password=password, pool_id=pool.id, client_id=pool.client, client=pool.idp, **more
    ).authenticate_user()


def test_srp_proves_the_password_without_sending_it(pool):
    pool.user()
    found = srp(pool, "ann", PASSWORD)["AuthenticationResult"]
    assert pool.idp.get_user(AccessToken=found["AccessToken"])["Username"] == "ann"
    with pytest.raises(pool.idp.exceptions.NotAuthorizedException, match=r"Incorrect username or password\."):
        srp(pool, "ann", "Wrong-1234")
    with pytest.raises(pool.idp.exceptions.UserNotFoundException):
        srp(pool, "bob", PASSWORD)


def test_srp_with_a_client_secret_and_an_address_as_name(idp):
    pool = PoolAt(idp, UsernameAttributes=["email"])
    pool.client = pool.make_client(GenerateSecret=True)
    found = idp.describe_user_pool_client(UserPoolId=pool.id, ClientId=pool.client)["UserPoolClient"]
    pool.user("ann@example.com")
    result = srp(pool, "ann@example.com", PASSWORD, client_secret=found["ClientSecret"])["AuthenticationResult"]
    assert claims(result["IdToken"])["email"] == "ann@example.com"
    with pytest.raises(idp.exceptions.NotAuthorizedException, match="Unable to verify secret hash for client"):
        srp(pool, "ann@example.com", PASSWORD, client_secret="wrong")


def test_srp_numbers_that_would_give_the_key_away_are_refused(pool):
    pool.user()
    given = {"ClientId": pool.client, "AuthFlow": "USER_SRP_AUTH"}
    from cloudarium.services.cognito_idp.rules import srp as group

    for number in ("0", f"{group._N:x}", f"{2 * group._N:x}", "xyz", "-1"):
        parameters = {"USERNAME": "ann", "SRP_A": number}
        fails("InvalidParameterException", pool.idp.initiate_auth, **given, AuthParameters=parameters)


def test_who_is_not_there_cannot_be_told_from_who_is(pool):
    pool.user()
    pool.client = pool.make_client(
        PreventUserExistenceErrors="ENABLED",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    for name in ("ann", "nobody"):
        with pytest.raises(pool.idp.exceptions.NotAuthorizedException, match=r"Incorrect username or password\."):
            pool.sign_in(name, "Wrong-1234")
        with pytest.raises(pool.idp.exceptions.NotAuthorizedException, match=r"Incorrect username or password\."):
            srp(pool, name, "Wrong-1234")
    begun = [
        pool.idp.initiate_auth(
            ClientId=pool.client,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": "nobody", "SRP_A": "5"},
        )["ChallengeParameters"]
        for _ in range(2)
    ]
    assert begun[0]["SALT"] == begun[1]["SALT"]
    assert begun[0]["SRP_B"] != begun[1]["SRP_B"]
    where = pool.idp.forgot_password(ClientId=pool.client, Username="nobody")["CodeDeliveryDetails"]
    assert where["DeliveryMedium"] == "EMAIL"
    phone = pool.idp.forgot_password(ClientId=pool.client, Username="+12065550100")["CodeDeliveryDetails"]
    assert (phone["DeliveryMedium"], phone["AttributeName"]) == ("SMS", "phone_number")
    pool.user("disabled")
    pool.idp.admin_disable_user(UserPoolId=pool.id, Username="disabled")
    for name in ("ann", "disabled", "nobody"):  # ann has no address that could get a code
        assert pool.idp.forgot_password(ClientId=pool.client, Username=name)["CodeDeliveryDetails"]
    given = {"ClientId": pool.client, "ConfirmationCode": "123456", "Password": "Other-1234"}
    for name in ("disabled", "nobody"):
        fails("CodeMismatchException", pool.idp.confirm_forgot_password, **given, Username=name)


def test_tokens_that_prove_nothing(idp, pool):
    pool.user()
    other = PoolAt(idp)
    other.user()
    token = pool.tokens()["AccessToken"]
    head, body, signature = token.split(".")
    none = "eyJhbGciOiJub25lIn0"
    foreign = other.tokens()["AccessToken"].split(".")
    for wrong in (
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{foreign[1]}.{signature}",
        f"{foreign[0]}.{body}.{foreign[2]}",
        f"{head}.{body}.{foreign[2]}",
        pool.tokens()["IdToken"],
        "a.b.c",
        "e30.e30.e30",
    ):
        fails("NotAuthorizedException", idp.get_user, AccessToken=wrong)
    assert idp.get_user(AccessToken=token)["Username"] == "ann"


def refresh(pool: PoolAt, token: str) -> Any:
    parameters = {"REFRESH_TOKEN": token}
    return pool.idp.initiate_auth(ClientId=pool.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)[
        "AuthenticationResult"
    ]


def test_refresh_and_revocation(pool):
    pool.user()
    first = pool.tokens()
    again = refresh(pool, first["RefreshToken"])
    assert "RefreshToken" not in again
    before, after = claims(first["AccessToken"]), claims(again["AccessToken"])
    assert before["origin_jti"] == after["origin_jti"]
    assert before["auth_time"] == after["auth_time"]
    other = pool.make_client()
    fails(
        "NotAuthorizedException", pool.idp.initiate_auth, ClientId=other, AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": first["RefreshToken"]},
    )  # fmt: skip
    fails("UnauthorizedException", pool.idp.revoke_token, Token=first["RefreshToken"], ClientId=other)
    fails("UnsupportedTokenTypeException", pool.idp.revoke_token, Token=first["AccessToken"], ClientId=pool.client)
    for _ in range(2):
        pool.idp.revoke_token(Token=first["RefreshToken"], ClientId=pool.client)
    fails("NotAuthorizedException", refresh, pool=pool, token=first["RefreshToken"])
    for each in (first, again):
        said = fails("NotAuthorizedException", pool.idp.get_user, AccessToken=each["AccessToken"])
        assert said == "Access Token has been revoked"


def test_a_rotated_refresh_token_is_used_once(pool):
    pool.user()
    pool.client = pool.make_client(
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"], RefreshTokenRotation={"Feature": "ENABLED"}
    )
    first = pool.tokens()["RefreshToken"]
    given = {"ClientId": pool.client}
    second = pool.idp.get_tokens_from_refresh_token(RefreshToken=first, **given)["AuthenticationResult"]
    assert second["RefreshToken"] != first
    fails("RefreshTokenReuseException", pool.idp.get_tokens_from_refresh_token, RefreshToken=first, **given)
    pool.idp.get_tokens_from_refresh_token(RefreshToken=second["RefreshToken"], **given)
    fails("NotAuthorizedException", refresh, pool=pool, token=second["RefreshToken"])


@pytest.mark.parametrize("who", ["user", "administrator"])
def test_signing_out_everywhere(pool, who):
    pool.user()
    first, second = pool.tokens(), pool.tokens()
    if who == "user":
        pool.idp.global_sign_out(AccessToken=first["AccessToken"])
    else:
        pool.idp.admin_user_global_sign_out(UserPoolId=pool.id, Username="ann")
    for each in (first, second):
        fails("NotAuthorizedException", pool.idp.get_user, AccessToken=each["AccessToken"])
        fails("NotAuthorizedException", refresh, pool=pool, token=each["RefreshToken"])
    assert pool.idp.get_user(AccessToken=pool.tokens()["AccessToken"])["Username"] == "ann"


def test_choice_based_sign_in(pool):
    pool.user()
    begin = {"ClientId": pool.client, "AuthFlow": "USER_AUTH"}
    asked = pool.idp.initiate_auth(**begin, AuthParameters={"USERNAME": "ann"})
    assert (asked["ChallengeName"], set(asked["AvailableChallenges"])) == (
        "SELECT_CHALLENGE", {"PASSWORD", "PASSWORD_SRP"},
    )  # fmt: skip
    answer = {"USERNAME": "ann", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD}
    done = pool.idp.respond_to_auth_challenge(
        ClientId=pool.client, ChallengeName="SELECT_CHALLENGE", Session=asked["Session"], ChallengeResponses=answer
    )
    assert "AccessToken" in done["AuthenticationResult"]
    parameters = {"USERNAME": "ann", "PREFERRED_CHALLENGE": "WEB_AUTHN"}
    said = fails("NotImplemented", pool.idp.initiate_auth, **begin, AuthParameters=parameters)
    assert "WEB_AUTHN" in said


def test_a_flow_that_the_client_does_not_allow(pool):
    pool.user()
    pool.client = pool.make_client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    assert fails("InvalidParameterException", pool.sign_in) == "USER_PASSWORD_AUTH flow not enabled for this client"
