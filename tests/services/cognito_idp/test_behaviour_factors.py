"""Second factors by mail, the choice between several, first factors without a password, and who is not there."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from cloudarium.gateway.rooms import room
from cloudarium.services.cognito_idp.rules import totp
from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, claims, fails, mail

SES = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/from@example.com"}
FACTORS = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}


@pytest.fixture
def pool(idp: Any) -> PoolAt:
    """A pool that takes codes by mail as first and as second factors."""
    made = PoolAt(idp, EmailConfiguration=SES, Policies=FACTORS)
    email = {"Message": "Code: {####}", "Subject": "A code"}
    config = {"UserPoolId": made.id, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": email}
    assert idp.set_user_pool_mfa_config(**config)["EmailMfaConfiguration"] == email
    return made


def digits(cloud: Any, to: str, count: int) -> str:
    found = re.search(rf"\b\d{{{count}}}\b", mail(cloud, to)["html"])
    assert found is not None
    return found[0]


def respond(pool: PoolAt, step: dict[str, Any], client: str = "", **given: str) -> Any:
    return pool.idp.respond_to_auth_challenge(
        ClientId=client or pool.client, ChallengeName=step["ChallengeName"], Session=step["Session"],
        ChallengeResponses={"USERNAME": "ann", **given},
    )  # fmt: skip


def prefer(pool: PoolAt, **settings: Any) -> None:
    pool.idp.admin_set_user_mfa_preference(UserPoolId=pool.id, Username="ann", **settings)


def choose(pool: PoolAt, name: str = "ann", client: str = "", **given: str) -> Any:
    parameters = {"USERNAME": name, **given}
    return pool.idp.initiate_auth(ClientId=client or pool.client, AuthFlow="USER_AUTH", AuthParameters=parameters)


def test_a_code_by_mail_is_a_second_factor(pool, cloud):
    assert "delivery" in _refused_without_address(pool)
    pool.idp.admin_delete_user(UserPoolId=pool.id, Username="ann")
    pool.user(email="second@example.com", email_verified="true")
    prefer(pool, EmailMfaSettings={"Enabled": True, "PreferredMfa": True})
    user = pool.idp.admin_get_user(UserPoolId=pool.id, Username="ann")
    assert (user["UserMFASettingList"], user["PreferredMfaSetting"]) == (["EMAIL_OTP"], "EMAIL_OTP")
    step = pool.sign_in()
    told = step["ChallengeParameters"]
    assert step["ChallengeName"] == "EMAIL_OTP"
    assert told["CODE_DELIVERY_DELIVERY_MEDIUM"] == "EMAIL"
    assert told["CODE_DELIVERY_DESTINATION"] == "s***@e***"
    assert mail(cloud, "second@example.com")["subject"] == "A code"
    code = digits(cloud, "second@example.com", 6)
    wrong = "000000" if code != "000000" else "111111"
    fails("CodeMismatchException", respond, pool=pool, step=step, EMAIL_OTP_CODE=wrong)
    done = respond(pool, step, EMAIL_OTP_CODE=code)
    assert claims(done["AuthenticationResult"]["IdToken"])["cognito:username"] == "ann"
    fails("NotAuthorizedException", respond, pool=pool, step=step, EMAIL_OTP_CODE=code)


def _refused_without_address(pool: PoolAt) -> str:
    pool.user()
    return fails("InvalidParameterException", prefer, pool=pool, EmailMfaSettings={"Enabled": True})


def test_who_has_several_second_factors_chooses(pool, cloud):
    config = {"UserPoolId": pool.id, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {}}
    pool.idp.set_user_pool_mfa_config(**config, SoftwareTokenMfaConfiguration={"Enabled": True})
    pool.user(email="chooses@example.com", email_verified="true")
    token = pool.tokens()["AccessToken"]
    secret = pool.idp.associate_software_token(AccessToken=token)["SecretCode"]
    shown = totp.code_at(secret, int(time.time() // 30))
    pool.idp.verify_software_token(AccessToken=token, UserCode=shown)
    prefer(pool, EmailMfaSettings={"Enabled": True}, SoftwareTokenMfaSettings={"Enabled": True})
    step = pool.sign_in()
    assert step["ChallengeName"] == "SELECT_MFA_TYPE"
    assert step["ChallengeParameters"]["MFAS_CAN_CHOOSE"] == '["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]'
    fails("InvalidParameterException", respond, pool=pool, step=step, ANSWER="SMS_MFA")
    step = respond(pool, step, ANSWER="EMAIL_OTP")
    assert respond(pool, step, EMAIL_OTP_CODE=digits(cloud, "chooses@example.com", 6))["AuthenticationResult"]
    prefer(pool, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert pool.sign_in()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    pool.idp.admin_delete_software_token(UserPoolId=pool.id, Username="ann")
    assert pool.sign_in()["ChallengeName"] == "EMAIL_OTP"
    gone = {"UserPoolId": pool.id, "Username": "ann"}
    fails("SoftwareTokenMFANotFoundException", pool.idp.admin_delete_software_token, **gone)


def test_a_code_by_mail_takes_the_place_of_the_password(pool, cloud):
    pool.user(email="first@example.com", email_verified="true")
    step = choose(pool)
    assert step["ChallengeName"] == "SELECT_CHALLENGE"
    assert step["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]
    assert pool.idp.admin_get_user_auth_factors(UserPoolId=pool.id, Username="ann")["ConfiguredUserAuthFactors"] == [
        "PASSWORD", "EMAIL_OTP",
    ]  # fmt: skip
    fails("InvalidParameterException", respond, pool=pool, step=step, ANSWER="SMS_OTP")
    fails("NotImplemented", respond, pool=pool, step=step, ANSWER="WEB_AUTHN")
    step = respond(pool, step, ANSWER="EMAIL_OTP")
    assert respond(pool, step, EMAIL_OTP_CODE=digits(cloud, "first@example.com", 8))["AuthenticationResult"]
    step = choose(pool, PREFERRED_CHALLENGE="EMAIL_OTP")
    assert step["ChallengeName"] == "EMAIL_OTP"
    assert respond(pool, step, EMAIL_OTP_CODE=digits(cloud, "first@example.com", 8))["AuthenticationResult"]
    step = choose(pool, PREFERRED_CHALLENGE="PASSWORD")
    assert step["ChallengeName"] == "PASSWORD"
    fails("NotAuthorizedException", respond, pool=pool, step=step, PASSWORD="Wrong-1234")
    assert respond(pool, step, PASSWORD=PASSWORD)["AuthenticationResult"]


def test_nobody_learns_by_a_code_who_is_there(pool):
    hiding = pool.make_client(PreventUserExistenceErrors="ENABLED")
    fails("UserNotFoundException", choose, pool=pool)
    step = choose(pool, client=hiding)
    assert step["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"]
    step = respond(pool, step, hiding, ANSWER="EMAIL_OTP")
    assert step["ChallengeName"] == "EMAIL_OTP"
    assert re.fullmatch(r"\w\*\*\*@\w\*\*\*", step["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"])
    fails("CodeMismatchException", respond, pool=pool, step=step, client=hiding, EMAIL_OTP_CODE="12345678")


def test_the_latest_passwords_are_not_taken_again(idp):
    policy = {"MinimumLength": 8, "PasswordHistorySize": 2}
    pool = PoolAt(idp, Policies={"PasswordPolicy": policy})
    pool.user(password="Secret-111")
    token = pool.tokens(password="Secret-111")["AccessToken"]
    change = {"AccessToken": token, "PreviousPassword": "Secret-111"}
    code = "PasswordHistoryPolicyViolationException"
    fails(code, idp.change_password, **change, ProposedPassword="Secret-111")
    idp.change_password(**change, ProposedPassword="Secret-222")
    named = {"UserPoolId": pool.id, "Username": "ann", "Permanent": True}
    fails(code, idp.admin_set_user_password, **named, Password="Secret-111")
    idp.admin_set_user_password(**named, Password="Secret-333")
    idp.admin_set_user_password(**named, Password="Secret-111")
    assert pool.tokens(password="Secret-111")


def test_a_plan_has_what_it_has(idp):
    lite = {"PoolName": "p", "UserPoolTier": "LITE"}
    code = "FeatureUnavailableInTierException"
    fails(code, idp.create_user_pool, **lite, Policies=FACTORS)
    fails(code, idp.create_user_pool, **lite, Policies={"PasswordPolicy": {"PasswordHistorySize": 1}})
    version = {"LambdaVersion": "V2_0", "LambdaArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}
    fails(code, idp.create_user_pool, **lite, LambdaConfig={"PreTokenGenerationConfig": version})
    pool = PoolAt(idp, UserPoolTier="LITE", EmailConfiguration=SES)
    config = {"UserPoolId": pool.id, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {}}
    fails(code, idp.set_user_pool_mfa_config, **config)
    pool.user()
    fails(code, choose, pool=pool)


def test_who_signs_up_without_a_password_is_signed_in_by_the_code(idp, cloud):
    pool = PoolAt(idp, Policies=FACTORS, AutoVerifiedAttributes=["email"])
    email = [{"Name": "email", "Value": "straight@example.com"}]
    made = idp.sign_up(ClientId=pool.client, Username="ann", UserAttributes=email)
    code = digits(cloud, "straight@example.com", 6)
    given = {"ClientId": pool.client, "Username": "ann", "ConfirmationCode": code}
    fails("NotAuthorizedException", idp.confirm_sign_up, **given, Session="x" * 30)
    confirmed = idp.confirm_sign_up(**given, Session=made["Session"])
    begin = {"ClientId": pool.client, "AuthParameters": {"USERNAME": "ann"}, "Session": confirmed["Session"]}
    fails("InvalidParameterException", idp.initiate_auth, **begin, AuthFlow="CUSTOM_AUTH")
    assert idp.initiate_auth(**begin, AuthFlow="USER_AUTH")["AuthenticationResult"]["RefreshToken"]
    fails("NotAuthorizedException", idp.initiate_auth, **begin, AuthFlow="USER_AUTH")
    assert choose(pool)["AvailableChallenges"] == ["EMAIL_OTP"]
    passwords = PoolAt(idp)
    fails("InvalidParameterException", idp.sign_up, ClientId=passwords.client, Username="ann")


def test_sms_is_a_second_factor_for_who_has_a_telephone_and_refused_by_name_until_there_is_sns(idp):
    role = "arn:aws:iam::000000000000:role/sms"
    pool = PoolAt(idp, MfaConfiguration="OPTIONAL", SmsConfiguration={"SnsCallerArn": role, "ExternalId": "e"})
    found = idp.get_user_pool_mfa_config(UserPoolId=pool.id)
    assert found["SmsMfaConfiguration"]["SmsConfiguration"] == {"SnsCallerArn": role, "ExternalId": "e"}
    pool.user(phone_number="+12065550100", phone_number_verified="true")
    options = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    idp.admin_set_user_settings(UserPoolId=pool.id, Username="ann", MFAOptions=options)
    assert idp.admin_get_user(UserPoolId=pool.id, Username="ann")["PreferredMfaSetting"] == "SMS_MFA"
    code = "InvalidSmsRoleTrustRelationshipException" if room("sns") else "NotImplemented"
    fails(code, pool.sign_in)
    idp.admin_set_user_settings(UserPoolId=pool.id, Username="ann", MFAOptions=[])
    token = pool.tokens()["AccessToken"]
    wrong = [{"DeliveryMedium": "EMAIL", "AttributeName": "email"}]
    fails("InvalidParameterException", idp.set_user_settings, AccessToken=token, MFAOptions=wrong)
    idp.set_user_settings(AccessToken=token, MFAOptions=options)
    fails(code, pool.sign_in)
