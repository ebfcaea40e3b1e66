"""Which role an identity gets, and which tags its session: by its token, by rules, by what its provider says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.cognito_identity.conftest import SERVICE, Client, Pool, Users, make_role
from tests.services.iam.documents import allow, refused

MISCONFIGURED = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
CONFLICT = "Access denied: the role of the identity cannot be determined."


def name_of(session: Client) -> str:
    """The name of the role whose session that is."""
    return session("sts").get_caller_identity()["Arn"].split("/")[1]


def set_roles(pool: Pool, users: Users, mapping: dict[str, Any] | None = None, **roles: str) -> None:
    """Set roles, and a mapping for the users of the user pool."""
    mappings = {f"{users.provider}:{users.app}": mapping} if mapping else {}
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles=roles, RoleMappings=mappings)


def by_token(ambiguous: str) -> dict[str, Any]:
    return {"Type": "Token", "AmbiguousRoleResolution": ambiguous}


@pytest.fixture
def staff(users: Users, pool: Pool) -> str:
    """The role of a group in which ann is."""
    arn = pool.role("staff")
    users.idp.create_group(UserPoolId=users.pool, GroupName="staff", RoleArn=arn, Precedence=1)
    users.idp.admin_add_user_to_group(UserPoolId=users.pool, GroupName="staff", Username="ann")
    return arn


def test_the_token_names_the_role(users: Users, pool: Pool, staff: str) -> None:
    users.add("bob")
    set_roles(pool, users, by_token("AuthenticatedRole"), authenticated=pool.role("everybody"))
    assert name_of(pool.credentials(users.logins("ann"))) == "staff"
    assert name_of(pool.credentials(users.logins("bob"))) == "everybody"
    set_roles(pool, users, by_token("Deny"), authenticated=f"{staff[:-5]}everybody")
    with refused("NotAuthorizedException", CONFLICT):
        pool.credentials(users.logins("bob"))


def test_a_role_of_the_users_own_choice(users: Users, pool: Pool, staff: str) -> None:
    other = pool.role("other")
    users.idp.create_group(UserPoolId=users.pool, GroupName="other", RoleArn=other, Precedence=2)
    users.idp.admin_add_user_to_group(UserPoolId=users.pool, GroupName="other", Username="ann")
    set_roles(pool, users, by_token("Deny"), authenticated=pool.role("everybody"))
    assert name_of(pool.credentials(users.logins("ann"))) == "staff"
    assert name_of(pool.credentials(users.logins("ann"), CustomRoleArn=other)) == "other"
    with refused("NotAuthorizedException"):
        pool.credentials(users.logins("ann"), CustomRoleArn=f"{staff[:-5]}everybody")


@pytest.mark.parametrize(
    ("kind", "value", "gets"),
    [
        ("Equals", "ann@example.com", "ruled"),
        ("Equals", "ann", "everybody"),
        ("StartsWith", "ann@", "ruled"),
        ("StartsWith", "@", "everybody"),
        ("Contains", "@example", "ruled"),
        ("Contains", "@other", "everybody"),
        ("NotEqual", "bob@example.com", "ruled"),
        ("NotEqual", "ann@example.com", "everybody"),
    ],
)
def test_rules(users: Users, pool: Pool, kind: str, value: str, gets: str) -> None:
    rule = {"Claim": "email", "MatchType": kind, "Value": value, "RoleARN": pool.role("ruled")}
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole"}
    rules = {"RulesConfiguration": {"Rules": [rule]}}
    set_roles(pool, users, {**mapping, **rules}, authenticated=pool.role("everybody"))
    assert name_of(pool.credentials(users.logins("ann"))) == gets


def test_the_trust_policy_is_enforced(client: Client, users: Users, pool: Pool) -> None:
    """Of another pool, of guests, of nobody: the pool may name the role, the role does not let its identities in."""
    trust = {"Effect": "Allow", "Principal": {"Federated": SERVICE}, "Action": "sts:AssumeRoleWithWebIdentity"}
    condition = {"StringEquals": {f"{SERVICE}:aud": "us-east-1:00000000-0000-0000-0000-000000000000"}}
    others = make_role(client, "others", {**trust, "Condition": condition})
    for role in (others, pool.role("guests", kind="unauthenticated"), f"{others}-none"):
        set_roles(pool, users, authenticated=role)
        with refused("InvalidIdentityPoolConfigurationException", MISCONFIGURED):
            pool.credentials(users.logins("ann"))
    set_roles(pool, users)
    for logins in (users.logins("ann"), None):
        with refused("InvalidIdentityPoolConfigurationException", MISCONFIGURED):
            pool.credentials(logins)


def test_claims_become_tags_of_the_session(users: Users, pool: Pool) -> None:
    tagged = {"StringEquals": {"aws:PrincipalTag/mail": "ann@example.com"}}
    set_roles(pool, users, authenticated=pool.role("r", allow("iam:ListUsers", Condition=tagged)))
    with refused("AccessDenied"):
        pool.credentials(users.logins("ann"))("iam").list_users()
    given = {"IdentityPoolId": pool.id, "IdentityProviderName": users.provider}
    made = pool.admin.set_principal_tag_attribute_map(**given, PrincipalTags={"mail": "email", "none": "nothing"})
    assert made["PrincipalTags"] == {"mail": "email", "none": "nothing"}
    assert pool.credentials(users.logins("ann"))("iam").list_users()["Users"] == []
    pool.admin.set_principal_tag_attribute_map(**given, UseDefaults=True)
    found = pool.admin.get_principal_tag_attribute_map(**given)
    assert (found["UseDefaults"], found["PrincipalTags"]) == (True, {"username": "sub", "client": "aud"})
    with refused("AccessDenied"):
        pool.credentials(users.logins("ann"))("iam").list_users()


def test_amr_tells_by_which_provider(users: Users, pool: Pool) -> None:
    own = users.sign_in("ann")["IdToken"]
    sub = users.idp.admin_get_user(UserPoolId=users.pool, Username="ann")["UserAttributes"]
    subject = next(one["Value"] for one in sub if one["Name"] == "sub")
    for kind, works in (
        (users.provider, True),
        (f"{users.provider}:CognitoSignIn:{subject}", True),
        (f"{users.provider}:CognitoSignIn:other", False),
        ("login.shop", False),
    ):
        role = pool.role(f"r{len(kind)}", kind=kind)
        set_roles(pool, users, authenticated=role)
        if works:
            assert pool.credentials({users.provider: own})("sts").get_caller_identity()
        else:
            with refused("InvalidIdentityPoolConfigurationException"):
                pool.credentials({users.provider: own})
