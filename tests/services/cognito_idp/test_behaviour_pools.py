"""Pools and clients: their defaults, what they refuse, and how they change."""

from __future__ import annotations

import pytest

from tests.services.cognito_idp.conftest import PoolAt, fails

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
ROLE = "arn:aws:iam::000000000000:role/sms"


def test_a_pool_has_aws_defaults(idp):
    made = idp.create_user_pool(PoolName="p", Schema=[{"Name": "plan", "AttributeDataType": "String"}])["UserPool"]
    assert made["Arn"].endswith(f"userpool/{made['Id']}")
    assert made["Id"].startswith("us-east-1_")
    assert (made["MfaConfiguration"], made["DeletionProtection"]) == ("OFF", "INACTIVE")
    assert made["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7}
    schema = {attribute["Name"]: attribute for attribute in made["SchemaAttributes"]}
    assert {"sub", "email", "email_verified", "phone_number", "custom:plan"} <= schema.keys()
    assert (schema["sub"]["Required"], schema["sub"]["Mutable"]) == (True, False)
    assert idp.describe_user_pool(UserPoolId=made["Id"])["UserPool"] == made


@pytest.mark.parametrize(
    "settings",
    [
        {"AliasAttributes": ["email"], "UsernameAttributes": ["email"]},
        {"Schema": [{"Name": "plan", "Required": True}]},
        {"EmailVerificationMessage": "no code"},
        {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}},
        {"MfaConfiguration": "ON"},
        {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}},
    ],
)
def test_settings_that_do_not_go_together(idp, settings):
    fails("InvalidParameterException", idp.create_user_pool, PoolName="p", **settings)
    assert idp.list_user_pools(MaxResults=1)["UserPools"] == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}, "AdvancedSecurityMode ENFORCED"),
        ({"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True}}, "DeviceConfiguration"),
        ({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}}, "WEB_AUTHN"),
        (
            {"LambdaConfig": {"InboundFederation": {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION}}},
            "InboundFederation",
        ),
        ({"SmsConfiguration": {"EumsSms": {"CallerArn": ROLE}}}, "EumsSms"),
    ],
)
def test_what_is_not_built_is_refused_by_name(idp, settings, named):
    assert named in fails("NotImplemented", idp.create_user_pool, PoolName="p", **settings)


def test_an_update_brings_back_defaults(idp, pool):
    idp.update_user_pool(UserPoolId=pool.id, AutoVerifiedAttributes=["email"], DeletionProtection="ACTIVE")
    fails("InvalidParameterException", idp.delete_user_pool, UserPoolId=pool.id)
    idp.update_user_pool(UserPoolId=pool.id, PoolName="other", DeletionProtection="INACTIVE")
    found = idp.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert found["Name"] == "other"
    assert "AutoVerifiedAttributes" not in found
    idp.delete_user_pool(UserPoolId=pool.id)
    fails("ResourceNotFoundException", idp.describe_user_pool, UserPoolId=pool.id)
    fails("ResourceNotFoundException", pool.sign_in)


def test_custom_attributes_are_added_once(idp, pool):
    given = {"UserPoolId": pool.id, "CustomAttributes": [{"Name": "plan", "AttributeDataType": "String"}]}
    idp.add_custom_attributes(**given)
    fails("InvalidParameterException", idp.add_custom_attributes, **given)
    pool.user(custom_plan="big")
    assert {"Name": "custom:plan", "Value": "big"} in idp.admin_get_user(UserPoolId=pool.id, Username="ann")[
        "UserAttributes"
    ]


def test_pools_and_clients_are_listed_by_pages(idp):
    pools = {PoolAt(idp).id for _ in range(3)}
    found, token = [], {}
    while True:
        page = idp.list_user_pools(MaxResults=2, **token)
        found += [pool["Id"] for pool in page["UserPools"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == sorted(pools)
    fails("InvalidParameterException", idp.list_user_pools, MaxResults=2, NextToken="nonsense")


@pytest.mark.parametrize(
    "settings",
    [
        {"ExplicitAuthFlows": ["ADMIN_NO_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]},
        {"AccessTokenValidity": 25},
        {"AccessTokenValidity": 4, "TokenValidityUnits": {"AccessToken": "minutes"}},
        {"RefreshTokenValidity": 30, "TokenValidityUnits": {"RefreshToken": "minutes"}},
        {"ReadAttributes": ["custom:none"]},
        {"RefreshTokenRotation": {"Feature": "ENABLED"}},
    ],
)
def test_settings_of_clients_that_do_not_go_together(pool, settings):
    given = {"UserPoolId": pool.id, "ClientName": "x", **settings}
    fails("InvalidParameterException", pool.idp.create_user_pool_client, **given)


def test_redirects_go_only_where_they_are_safe(pool):
    for url in ("http://example.com/back", "https://example.com/#part", "nowhere"):
        given = {"UserPoolId": pool.id, "ClientName": "x", "CallbackURLs": [url]}
        fails("InvalidOAuthFlowException", pool.idp.create_user_pool_client, **given)
    given = {"UserPoolId": pool.id, "ClientName": "x", "CallbackURLs": ["http://localhost:3000/", "app://back"]}
    pool.idp.create_user_pool_client(**given)


def test_a_client_changes_and_goes(idp, pool):
    named = {"UserPoolId": pool.id, "ClientId": pool.client}
    changed = idp.update_user_pool_client(**named, PreventUserExistenceErrors="ENABLED")["UserPoolClient"]
    assert changed["PreventUserExistenceErrors"] == "ENABLED"
    assert changed["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert "ClientSecret" not in changed
    idp.delete_user_pool_client(**named)
    fails("ResourceNotFoundException", idp.describe_user_pool_client, **named)
    assert idp.list_user_pool_clients(UserPoolId=pool.id, MaxResults=5)["UserPoolClients"] == []
