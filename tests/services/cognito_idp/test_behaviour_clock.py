"""What passes with time: codes, temporary passwords, tokens, lock-outs, and codes of authenticator apps."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cloudarium.services.cognito_idp.rules import totp
from tests.conftest import RunningCloud
from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, code, fails

DAY = 86400


@pytest.fixture(scope="module")
def own_cloud() -> Any:
    running = RunningCloud()
    yield running
    running.stop()


@pytest.fixture
def moving(own_cloud) -> PoolAt:
    return PoolAt(own_cloud.client("cognito-idp"), AutoVerifiedAttributes=["email"])


def test_codes_and_temporary_passwords_expire(own_cloud, moving):
    idp, address = moving.idp, f"{moving.client}@example.com"
    given = [{"Name": "email", "Value": address}]
    idp.sign_up(ClientId=moving.client, Username="ann", Password=PASSWORD, UserAttributes=given)
    idp.admin_create_user(UserPoolId=moving.id, Username="bob", TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    sent = code(own_cloud, address)
    own_cloud.clock_advance(DAY + 1)
    confirm = {"ClientId": moving.client, "Username": "ann"}
    said = fails("ExpiredCodeException", idp.confirm_sign_up, **confirm, ConfirmationCode=sent)
    assert said == "Invalid code provided, please request a code again."
    idp.resend_confirmation_code(**confirm)
    idp.confirm_sign_up(**confirm, ConfirmationCode=code(own_cloud, address))
    idp.forgot_password(**confirm)
    sent = code(own_cloud, address)
    own_cloud.clock_advance(3601)
    fails("ExpiredCodeException", idp.confirm_forgot_password, **confirm, ConfirmationCode=sent, Password=PASSWORD)
    assert moving.sign_in("bob")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    own_cloud.clock_advance(6 * DAY)
    said = fails("NotAuthorizedException", moving.sign_in, name="bob")
    assert said == "Temporary password has expired and must be reset by an administrator."


def test_tokens_and_sessions_expire(own_cloud, moving):
    idp = moving.idp
    moving.user()
    moving.client = moving.make_client(
        RefreshTokenValidity=1, AccessTokenValidity=10, IdTokenValidity=10,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes"},
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )  # fmt: skip
    found = moving.tokens()
    assert found["ExpiresIn"] == 600
    idp.get_user(AccessToken=found["AccessToken"])
    own_cloud.clock_advance(601)
    said = fails("NotAuthorizedException", idp.get_user, AccessToken=found["AccessToken"])
    assert said == "Access Token has expired"
    refresh = {"ClientId": moving.client, "AuthFlow": "REFRESH_TOKEN_AUTH"}
    refresh["AuthParameters"] = {"REFRESH_TOKEN": found["RefreshToken"]}
    idp.initiate_auth(**refresh)
    own_cloud.clock_advance(DAY)
    assert fails("NotAuthorizedException", idp.initiate_auth, **refresh) == "Refresh Token has expired"
    idp.admin_set_user_password(UserPoolId=moving.id, Username="ann", Password=PASSWORD, Permanent=False)
    session = moving.sign_in()["Session"]
    own_cloud.clock_advance(181)
    fails(
        "NotAuthorizedException", idp.respond_to_auth_challenge, ClientId=moving.client, Session=session,
        ChallengeName="NEW_PASSWORD_REQUIRED", ChallengeResponses={"USERNAME": "ann", "NEW_PASSWORD": PASSWORD},
    )  # fmt: skip


def test_wrong_passwords_lock_out_longer_and_longer(own_cloud, moving):
    moving.user()
    own_cloud.control("clock", {"freeze": True})
    try:
        for _ in range(5):
            assert fails("NotAuthorizedException", moving.sign_in, password="Wrong-1234") == (
                "Incorrect username or password."
            )
        assert fails("NotAuthorizedException", moving.sign_in) == "Password attempts exceeded"
        own_cloud.clock_advance(1.1)
        fails("NotAuthorizedException", moving.sign_in, password="Wrong-1234")
        own_cloud.clock_advance(1.1)
        assert fails("NotAuthorizedException", moving.sign_in) == "Password attempts exceeded"
        own_cloud.clock_advance(1)
        assert moving.tokens()
        assert fails("NotAuthorizedException", moving.sign_in, password="Wrong-1234") == (
            "Incorrect username or password."
        )
        assert moving.tokens()
    finally:
        own_cloud.control("clock", {"run": True})


def now(cloud: RunningCloud) -> float:
    found = cloud.control("clock")
    return time.time() + found["offset_seconds"]


def test_an_authenticator_app(own_cloud, moving):
    idp = moving.idp
    moving.user()
    token = {"AccessToken": moving.tokens()["AccessToken"]}
    idp.set_user_pool_mfa_config(
        UserPoolId=moving.id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="OPTIONAL"
    )
    assert "AccessToken" in moving.tokens()
    secret = idp.associate_software_token(**token)["SecretCode"]

    def shown() -> str:
        return totp.code_at(secret, int(now(own_cloud) // 30))

    wrong = f"{(int(shown()) + 1) % 1_000_000:06d}"
    fails("EnableSoftwareTokenMFAException", idp.verify_software_token, **token, UserCode=wrong)
    used = shown()
    assert idp.verify_software_token(**token, UserCode=used)["Status"] == "SUCCESS"
    assert "AccessToken" in moving.tokens()  # not wanted yet
    idp.set_user_mfa_preference(**token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert idp.get_user(**token)["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
    begun = moving.sign_in()
    answer = {"ClientId": moving.client, "ChallengeName": begun["ChallengeName"], "Session": begun["Session"]}
    assert begun["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    for bad, error in ((used, "ExpiredCodeException"), ("abcdef", "CodeMismatchException")):  # a code is good once
        responses = {"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": bad}
        fails(error, idp.respond_to_auth_challenge, **answer, ChallengeResponses=responses)
    own_cloud.clock_advance(60)
    responses = {"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": shown()}
    done = idp.respond_to_auth_challenge(**answer, ChallengeResponses=responses)
    assert "AccessToken" in done["AuthenticationResult"]


def test_a_pool_that_demands_an_app_has_it_set_up_at_the_first_sign_in(own_cloud, moving):
    idp = moving.idp
    moving.user()
    idp.set_user_pool_mfa_config(
        UserPoolId=moving.id, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="ON"
    )
    begun = moving.sign_in()
    assert begun["ChallengeName"] == "MFA_SETUP"
    begun = idp.associate_software_token(Session=begun["Session"])
    answer = {"ClientId": moving.client, "ChallengeName": "MFA_SETUP", "ChallengeResponses": {"USERNAME": "ann"}}
    fails("NotAuthorizedException", idp.respond_to_auth_challenge, **answer, Session=begun["Session"])
    shown = totp.code_at(begun["SecretCode"], int(now(own_cloud) // 30))
    proved = idp.verify_software_token(Session=begun["Session"], UserCode=shown)
    done = idp.respond_to_auth_challenge(**answer, Session=proved["Session"])
    assert "AccessToken" in done["AuthenticationResult"]
    assert moving.sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
