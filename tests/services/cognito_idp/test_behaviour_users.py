"""Signing up, codes by mail, forgotten passwords, and what administrators and users themselves change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.cognito_idp.conftest import PASSWORD, PoolAt, claims, code, fails, mail


def pairs(**attributes: str) -> list[dict[str, str]]:
    return [{"Name": name.replace("custom_", "custom:"), "Value": value} for name, value in attributes.items()]


def found(user: Any) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in user.get("UserAttributes") or user.get("Attributes")}


@pytest.fixture
def mailing(idp) -> PoolAt:
    return PoolAt(idp, AutoVerifiedAttributes=["email"])


def sign_up(pool: PoolAt, name: str = "ann", address: str = "", **more: Any) -> Any:
    address = address or f"{name}-{pool.client}@example.com"
    given = {"Username": name, "Password": PASSWORD, "UserAttributes": pairs(email=address)}
    return pool.idp.sign_up(ClientId=pool.client, **{**given, **more})


def test_sign_up_with_the_code_of_the_mail(cloud, mailing):
    pool, idp = mailing, mailing.idp
    address = f"ann-{pool.client}@example.com"
    made = sign_up(pool)
    assert made["UserConfirmed"] is False
    assert made["CodeDeliveryDetails"] == {
        "Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email",
    }  # fmt: skip
    fails("UserNotConfirmedException", pool.sign_in)
    first = code(cloud, address)
    idp.resend_confirmation_code(ClientId=pool.client, Username="ann")
    second = code(cloud, address)
    confirm = {"ClientId": pool.client, "Username": "ann"}
    wrong = "000000" if second != "000000" else "000001"
    said = fails("CodeMismatchException", idp.confirm_sign_up, **confirm, ConfirmationCode=wrong)
    assert said == "Invalid verification code provided, please try again."
    if first != second:
        fails("CodeMismatchException", idp.confirm_sign_up, **confirm, ConfirmationCode=first)
    idp.confirm_sign_up(**confirm, ConfirmationCode=second)
    said = fails("NotAuthorizedException", idp.confirm_sign_up, **confirm, ConfirmationCode=second)
    assert said == "User cannot be confirmed. Current status is CONFIRMED"
    user = idp.admin_get_user(UserPoolId=pool.id, Username="ann")
    assert (user["UserStatus"], found(user)["email_verified"]) == ("CONFIRMED", "true")
    assert claims(pool.tokens()["IdToken"])["email_verified"] is True


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Ab1!", "Password not long enough"),
        ("secret-123", "Password must have uppercase characters"),
        ("SECRET-123", "Password must have lowercase characters"),
        ("Secret-abc", "Password must have numeric characters"),
        ("Secret1234", "Password must have symbol characters"),
    ],
)
def test_the_password_policy(pool, password, reason):
    said = fails("InvalidPasswordException", sign_up, pool=pool, Password=password)
    assert said == f"Password did not conform with policy: {reason}"


def test_what_a_sign_up_is_refused_for(idp):
    pool = PoolAt(idp, Schema=[
        {"Name": "email", "Required": True},
        {"Name": "plan", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "4"}},
        {"Name": "age", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "18"}},
    ])  # fmt: skip
    sign_up(pool)
    assert fails("UsernameExistsException", sign_up, pool=pool) == "User already exists"
    assert "email: The attribute is required" in fails(
        "InvalidParameterException", sign_up, pool=pool, name="bob", UserAttributes=[]
    )
    for wrong in ({"custom:plan": "large"}, {"custom:age": "x"}, {"custom:age": "17"}, {"custom:no": "x"}):
        given = pairs(email="a@example.com", **wrong)
        fails("InvalidParameterException", sign_up, pool=pool, name="bob", UserAttributes=given)
    given = pairs(email="nonsense")
    fails("InvalidParameterException", sign_up, pool=pool, name="bob", UserAttributes=given)
    given = pairs(email="a@example.com", email_verified="true")
    fails("NotAuthorizedException", sign_up, pool=pool, name="bob", UserAttributes=given)
    fails("ResourceNotFoundException", idp.sign_up, ClientId="x" * 26, Username="bob", Password=PASSWORD)
    idp.update_user_pool(UserPoolId=pool.id, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    assert fails("NotAuthorizedException", sign_up, pool=pool, name="bob") == (
        "SignUp is not permitted for this user pool"
    )


def test_names_are_the_same_in_any_case_where_the_pool_says_so(idp):
    pool = PoolAt(idp, UsernameConfiguration={"CaseSensitive": False})
    sign_up(pool, "Ann")
    fails("UsernameExistsException", sign_up, pool=pool, name="aNN")
    assert idp.admin_get_user(UserPoolId=pool.id, Username="ANN")["Username"] == "Ann"


def test_an_address_is_an_alias_once_it_is_proved(cloud, idp):
    pool = PoolAt(idp, AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    address = f"shared-{pool.client}@example.com"
    for name in ("ann", "bob"):
        sign_up(pool, name, address)
        idp.resend_confirmation_code(ClientId=pool.client, Username=name)
        given = {"ClientId": pool.client, "Username": name, "ConfirmationCode": code(cloud, address)}
        if name == "ann":
            fails("UserNotFoundException", pool.sign_in, name=address)
            idp.confirm_sign_up(**given)
        else:
            said = fails("AliasExistsException", idp.confirm_sign_up, **given)
            assert said == "An account with the email already exists."
            assert claims(pool.tokens(address)["AccessToken"])["username"] == "ann"
            idp.confirm_sign_up(**given, ForceAliasCreation=True)
    assert claims(pool.tokens(address)["AccessToken"])["username"] == "bob"
    assert found(idp.admin_get_user(UserPoolId=pool.id, Username="ann"))["email_verified"] == "false"


def test_a_forgotten_password(cloud, pool):
    idp, address = pool.idp, f"f-{pool.client}@example.com"
    pool.user(email=address)
    given = {"ClientId": pool.client, "Username": "ann"}
    fails("InvalidParameterException", idp.forgot_password, **given)  # the address is not proved
    idp.admin_update_user_attributes(UserPoolId=pool.id, Username="ann", UserAttributes=pairs(email_verified="true"))
    idp.forgot_password(**given)
    sent = code(cloud, address)
    confirm = {**given, "ConfirmationCode": sent, "Password": "Other-1234"}
    fails("InvalidPasswordException", idp.confirm_forgot_password, **{**confirm, "Password": "short"})
    idp.confirm_forgot_password(**confirm)
    fails("ExpiredCodeException", idp.confirm_forgot_password, **confirm)
    fails("NotAuthorizedException", pool.sign_in)
    assert pool.tokens(password="Other-1234")
    idp.admin_reset_user_password(UserPoolId=pool.id, Username="ann")
    fails("PasswordResetRequiredException", pool.sign_in, password="Other-1234")
    idp.confirm_forgot_password(**{**confirm, "ConfirmationCode": code(cloud, address)})
    assert pool.tokens(password="Other-1234")


def test_codes_are_not_guessed_nor_asked_for_without_end(cloud, pool):
    idp, address = pool.idp, f"g-{pool.client}@example.com"
    pool.user(email=address, email_verified="true")
    given = {"ClientId": pool.client, "Username": "ann"}
    idp.forgot_password(**given)
    sent = code(cloud, address)
    guess = {**given, "Password": PASSWORD}
    for number in range(5):
        wrong = f"{(int(sent) + 1 + number) % 1_000_000:06d}"
        fails("CodeMismatchException", idp.confirm_forgot_password, **guess, ConfirmationCode=wrong)
    said = fails("LimitExceededException", idp.confirm_forgot_password, **guess, ConfirmationCode=sent)
    assert said == "Attempt limit exceeded, please try after some time."
    for _ in range(4):
        idp.forgot_password(**given)
    fails("LimitExceededException", idp.forgot_password, **given)


def test_an_invitation(cloud, idp):
    pool = PoolAt(idp, AdminCreateUserConfig={
        "InviteMessageTemplate": {"EmailSubject": "Come in", "EmailMessage": "<b>{username}</b> has {####}"}
    })  # fmt: skip
    address = f"i-{pool.client}@example.com"
    given = {"UserPoolId": pool.id, "Username": "ann", "UserAttributes": pairs(email=address)}
    made = idp.admin_create_user(**given, TemporaryPassword="Welcome-1", DesiredDeliveryMediums=["EMAIL"])["User"]
    assert made["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert "<b>ann</b> has Welcome-1" in mail(cloud, address)["html"]
    assert mail(cloud, address)["subject"] == "Come in"
    fails("UsernameExistsException", idp.admin_create_user, **given)
    idp.admin_create_user(UserPoolId=pool.id, Username="ann", MessageAction="RESEND", TemporaryPassword="Welcome-2")
    fails("NotAuthorizedException", pool.sign_in, password="Welcome-1")
    begun = pool.sign_in(password="Welcome-2")
    assert begun["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    answer = {"ClientId": pool.client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": begun["Session"]}
    responses = {"USERNAME": "ann", "NEW_PASSWORD": "weak"}
    fails("InvalidPasswordException", idp.respond_to_auth_challenge, **answer, ChallengeResponses=responses)
    responses |= {"NEW_PASSWORD": PASSWORD, "userAttributes.nickname": "Annie"}
    done = idp.respond_to_auth_challenge(**answer, ChallengeResponses=responses)["AuthenticationResult"]
    assert claims(done["IdToken"])["nickname"] == "Annie"
    fails("NotAuthorizedException", idp.respond_to_auth_challenge, **answer, ChallengeResponses=responses)
    fails("UnsupportedUserStateException", idp.admin_create_user, UserPoolId=pool.id, Username="ann",
          MessageAction="RESEND")  # fmt: skip


def test_disabled_users_stay_outside(pool):
    pool.user()
    token = pool.tokens()
    pool.idp.admin_disable_user(UserPoolId=pool.id, Username="ann")
    assert fails("NotAuthorizedException", pool.sign_in) == "User is disabled."
    fails("NotAuthorizedException", pool.idp.get_user, AccessToken=token["AccessToken"])
    pool.idp.admin_enable_user(UserPoolId=pool.id, Username="ann")
    assert pool.tokens()
    fails("NotAuthorizedException", pool.idp.get_user, AccessToken=token["AccessToken"])


def test_users_are_listed_by_filters_and_pages(pool):
    idp = pool.idp
    for name in ("ann", "anton", "bob"):
        pool.user(name, email=f"{name}@example.com")
    idp.admin_disable_user(UserPoolId=pool.id, Username="bob")

    def names(text: str) -> list[str]:
        return [user["Username"] for user in idp.list_users(UserPoolId=pool.id, Filter=text)["Users"]]

    assert names('username ^= "an"') == ["ann", "anton"]
    assert names('email = "BOB@example.com"') == ["bob"]
    assert names('status = "Disabled"') == ["bob"]
    assert names('cognito:user_status = "CONFIRMED"') == ["ann", "anton", "bob"]
    assert names("") == ["ann", "anton", "bob"]
    for wrong in ('custom:x = "1"', "username", 'username = "a" or 1', 'username != "a"'):
        fails("InvalidParameterException", names, text=wrong)
    pages = idp.get_paginator("list_users").paginate(UserPoolId=pool.id, PaginationConfig={"PageSize": 2})
    assert [[user["Username"] for user in page["Users"]] for page in pages] == [["ann", "anton"], ["bob"]]
    fails("InvalidParameterException", idp.list_users, UserPoolId=pool.id, PaginationToken="nonsense")
    only = idp.list_users(UserPoolId=pool.id, AttributesToGet=["email"], Limit=1)["Users"][0]
    assert [one["Name"] for one in only["Attributes"]] == ["email"]


def test_users_change_themselves_as_their_client_may(cloud, idp):
    pool = PoolAt(idp, AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings={
        "AttributesRequireVerificationBeforeUpdate": ["email"]
    })  # fmt: skip
    old, new = (f"{which}-{pool.client}@example.com" for which in ("old", "new"))
    pool.user(email=old, email_verified="true", nickname="a", given_name="Ann")
    pool.client = pool.make_client(
        ReadAttributes=["email", "nickname"], WriteAttributes=["email", "nickname"],
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )  # fmt: skip
    token = {"AccessToken": pool.tokens()["AccessToken"]}
    assert found(idp.get_user(**token)).keys() == {"sub", "email", "nickname"}
    fails("NotAuthorizedException", idp.update_user_attributes, **token, UserAttributes=pairs(given_name="x"))
    sent = idp.update_user_attributes(**token, UserAttributes=pairs(email=new, nickname="b"))
    assert sent["CodeDeliveryDetailsList"][0]["Destination"] == "n***@e***"
    assert found(idp.get_user(**token)).items() >= {"email": old, "nickname": "b"}.items()
    idp.verify_user_attribute(**token, AttributeName="email", Code=code(cloud, new))
    assert found(idp.get_user(**token))["email"] == new
    idp.delete_user_attributes(**token, UserAttributeNames=["nickname"])
    assert "nickname" not in found(idp.get_user(**token))
    change = {**token, "ProposedPassword": "Other-1234"}
    fails("NotAuthorizedException", idp.change_password, **change, PreviousPassword="Wrong-1234")
    idp.change_password(**change, PreviousPassword=PASSWORD)
    assert pool.tokens(password="Other-1234")
    idp.delete_user(**token)
    fails("NotAuthorizedException", idp.get_user, **token)
    fails("UserNotFoundException", pool.sign_in)


def test_groups(pool):
    idp = pool.idp
    pool.user()
    named = {"UserPoolId": pool.id, "GroupName": "staff"}
    made = idp.create_group(**named, Description="d", Precedence=3)["Group"]
    assert (made["Precedence"], made["UserPoolId"]) == (3, pool.id)
    fails("GroupExistsException", idp.create_group, **named)
    for _ in range(2):
        idp.admin_add_user_to_group(**named, Username="ann")
    assert [user["Username"] for user in idp.list_users_in_group(**named)["Users"]] == ["ann"]
    listed = idp.admin_list_groups_for_user(UserPoolId=pool.id, Username="ann")["Groups"]
    assert [group["GroupName"] for group in listed] == ["staff"]
    assert idp.update_group(**named, Precedence=1)["Group"]["Description"] == "d"
    idp.admin_remove_user_from_group(**named, Username="ann")
    assert "cognito:groups" not in claims(pool.tokens()["AccessToken"])
    fails("UserNotFoundException", idp.admin_add_user_to_group, **named, Username="nobody")
    idp.delete_group(**named)
    fails("ResourceNotFoundException", idp.get_group, **named)


def test_who_is_listed_by_attributes_that_are(idp, pool):
    pool.user("ann", family_name="Lee")
    pool.user("ben")
    named = {"UserPoolId": pool.id}
    fails("InvalidParameterException", idp.list_users, **named, AttributesToGet=["custom:none"])
    listed = idp.list_users(**named, AttributesToGet=["family_name"])["Users"]
    assert [user["Attributes"] for user in listed] == [[{"Name": "family_name", "Value": "Lee"}], []]
    assert idp.list_users(**named, Filter='family_name = ""')["Users"] == []
    assert [user["Username"] for user in idp.list_users(**named, Filter='family_name ^= "le"')["Users"]] == ["ann"]


def test_a_pool_without_a_role_for_sms_tells_nobody_by_telephone_and_keeps_nothing(idp):
    pool = PoolAt(idp, AutoVerifiedAttributes=["phone_number"])
    given = pairs(phone_number="+12065550100")
    assert "SMS" in fails("InvalidParameterException", sign_up, pool=pool, UserAttributes=given)
    named = {"UserPoolId": pool.id, "Username": "ann"}
    asked = {**named, "UserAttributes": given, "DesiredDeliveryMediums": ["SMS"]}
    assert "SMS" in fails("InvalidParameterException", idp.admin_create_user, **asked)
    assert idp.list_users(UserPoolId=pool.id)["Users"] == []
    pool.user()
    fails("InvalidParameterException", idp.admin_update_user_attributes, **named, UserAttributes=given)
    token = pool.tokens()["AccessToken"]
    fails("InvalidParameterException", idp.update_user_attributes, AccessToken=token, UserAttributes=given)
    assert "phone_number" not in found(idp.admin_get_user(**named))
    assert idp.get_user_auth_factors(AccessToken=token)["ConfiguredUserAuthFactors"] == ["PASSWORD"]
