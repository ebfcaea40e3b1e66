"""What identity pools answer and refuse, in AWS's words."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.cognito_identity.conftest import Client, Pool
from tests.services.iam.documents import refused

USER_POOL = {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_abc", "ClientId": "app"}
ROLE = "arn:aws:iam::123456789012:role/r"
RULE = {"Claim": "c", "MatchType": "Equals", "Value": "v", "RoleARN": ROLE}


def own(given: dict[str, Any], account: str) -> Any:
    """The same with roles of that account: roles of others cannot be passed."""
    return json.loads(json.dumps(given).replace("123456789012", account))


def test_a_pool_as_it_is_shown(client: Client) -> None:
    pools = client("cognito-identity")
    given = {
        "IdentityPoolName": "shop",
        "AllowUnauthenticatedIdentities": False,
        "AllowClassicFlow": True,
        "DeveloperProviderName": "login.shop",
        "CognitoIdentityProviders": [USER_POOL],
        "IdentityPoolTags": {"team": "red"},
    }
    made = pools.create_identity_pool(**given)
    made.pop("ResponseMetadata")
    id = made.pop("IdentityPoolId")
    assert id.startswith("us-east-1:")
    shown = {**given, "CognitoIdentityProviders": [{**USER_POOL, "ServerSideTokenCheck": False}]}
    assert made == shown
    found = pools.describe_identity_pool(IdentityPoolId=id)
    assert {name: found[name] for name in shown} == shown
    assert pools.list_identity_pools(MaxResults=1)["IdentityPools"] == [
        {"IdentityPoolId": id, "IdentityPoolName": "shop"}
    ]
    changed = {"IdentityPoolId": id, "IdentityPoolName": "shop", "AllowUnauthenticatedIdentities": True}
    found = pools.update_identity_pool(**changed)
    assert "CognitoIdentityProviders" not in found and found["DeveloperProviderName"] == "login.shop"
    with refused("InvalidParameterException"):
        pools.update_identity_pool(**changed, DeveloperProviderName="other")
    pools.delete_identity_pool(IdentityPoolId=id)
    for call in (pools.describe_identity_pool, pools.delete_identity_pool, pools.get_identity_pool_roles, pools.get_id):
        with refused("ResourceNotFoundException", f"IdentityPool '{id}' not found."):
            call(IdentityPoolId=id)


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"IdentityPoolName": "a/b"}, "InvalidParameterException", "regular expression"),
        ({"SupportedLoginProviders": {"graph.facebook.com": "1"}}, "NotImplemented", "graph.facebook.com"),
        ({"SamlProviderARNs": ["arn:aws:iam::123456789012:saml-provider/x"]}, "NotImplemented", "SamlProviderARNs"),
        ({"CognitoIdentityProviders": [{**USER_POOL, "ProviderName": "x"}]}, "InvalidParameterException", "Cognito"),
        ({"CognitoIdentityProviders": [{}]}, "InvalidParameterException", "Cognito"),
        ({"OpenIdConnectProviderARNs": [ROLE + "xxxxx"]}, "InvalidParameterException", "OpenIdConnect"),
        ({"IdentityPoolTags": {"aws:x": "y"}}, "InvalidParameterException", "aws:"),
    ],
)
def test_pools_that_cannot_be(client: Client, settings: Any, code: str, words: str) -> None:
    pools = client("cognito-identity")
    given = {"IdentityPoolName": "shop", "AllowUnauthenticatedIdentities": False, **settings}
    with refused(code) as refusal:
        pools.create_identity_pool(**given)
    assert words in refusal.message
    assert pools.list_identity_pools(MaxResults=10)["IdentityPools"] == []


@pytest.mark.parametrize(
    ("roles", "mapping"),
    [
        ({"other": ROLE}, None),
        ({"authenticated": "arn:aws:iam::123456789012:user/r"}, None),
        ({}, {"Type": "Token"}),
        ({}, {"Type": "Rules", "AmbiguousRoleResolution": "Deny"}),
        ({}, {"Type": "Token", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [RULE]}}),
        ({}, {"Type": "Rules", "RulesConfiguration": {"Rules": [RULE]}}),
    ],
)
def test_roles_that_cannot_be(pool: Pool, account: str, roles: Any, mapping: Any) -> None:
    given = {"Roles": roles, "RoleMappings": {"x": mapping} if mapping else {}}
    with refused("InvalidParameterException"):
        pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, **own(given, account))
    assert "Roles" not in pool.admin.get_identity_pool_roles(IdentityPoolId=pool.id)


def test_roles_as_they_are_shown(pool: Pool, account: str) -> None:
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [RULE]}}
    given = own({"Roles": {"authenticated": ROLE}, "RoleMappings": {"idp.example.com": mapping}}, account)
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, **given)
    found = pool.admin.get_identity_pool_roles(IdentityPoolId=pool.id)
    assert {name: found[name] for name in given} == given


def test_pages(client: Client) -> None:
    pools = client("cognito-identity")
    for number in range(3):
        pools.create_identity_pool(IdentityPoolName=f"p{number}", AllowUnauthenticatedIdentities=False)
    first = pools.list_identity_pools(MaxResults=2)
    second = pools.list_identity_pools(MaxResults=2, NextToken=first["NextToken"])
    names = [one["IdentityPoolName"] for one in first["IdentityPools"] + second["IdentityPools"]]
    assert sorted(names) == ["p0", "p1", "p2"] and "NextToken" not in second
    for token in ("!", "e30", "é"):
        with refused("InvalidParameterException"):
            pools.list_identity_pools(MaxResults=2, NextToken=token)


def test_browsers_may_call(cloud: RunningCloud) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=10)
    target = {"X-Amz-Target": "AWSCognitoIdentityService.GetId", "Content-Type": "application/x-amz-json-1.1"}
    body = b'{"IdentityPoolId":"us-east-1:00000000-0000-0000-0000-000000000000"}'
    connection.request("POST", "/", body, {**target, "Origin": "https://app.example.com"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (400, "*")
    assert b"not found" in answer.read()
    connection.close()
