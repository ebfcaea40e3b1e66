"""Who may do what with identity pools."""

from __future__ import annotations

from typing import Any

from tests.services.cognito_identity.conftest import Client, Pool, Users
from tests.services.iam.documents import allow, refused


def test_roles_must_be_passed(client: Client, iam_user: Any, pool: Pool) -> None:
    role = pool.role("r")
    given = {"IdentityPoolId": pool.id, "Roles": {"authenticated": role}}
    statements = [allow("cognito-identity:SetIdentityPoolRoles")]
    someone = iam_user({"Version": "2012-10-17", "Statement": statements})("cognito-identity")
    with refused("AccessDeniedException") as refusal:
        someone.set_identity_pool_roles(**given)
    assert f"iam:PassRole on resource: {role}" in refusal.message
    to = {"StringEquals": {"iam:PassedToService": "cognito-identity.amazonaws.com"}}
    statements.append(allow("iam:PassRole", role, Condition=to))
    other = iam_user({"Version": "2012-10-17", "Statement": statements}, name="other")("cognito-identity")
    other.set_identity_pool_roles(**given)
    assert pool.admin.get_identity_pool_roles(IdentityPoolId=pool.id)["Roles"] == given["Roles"]


def test_another_account_sees_nothing(client: Client, pool: Pool) -> None:
    other = client("cognito-identity", key="123456789012")
    for call in (other.describe_identity_pool, other.delete_identity_pool, other.get_identity_pool_roles):
        with refused("ResourceNotFoundException", f"IdentityPool '{pool.id}' not found."):
            call(IdentityPoolId=pool.id)
    arn = f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{pool.id}"
    with refused("ResourceNotFoundException"):
        other.list_tags_for_resource(ResourceArn=arn)
    assert pool.admin.describe_identity_pool(IdentityPoolId=pool.id)["IdentityPoolName"] == "shop"


def test_a_pool_hands_out_no_role_that_forbids_it(client: Client, users: Users, pool: Pool) -> None:
    """The journal shows how: the session is made by a call to STS that the trust policy decides."""
    role = pool.role("r")
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": role})
    session = pool.credentials(users.logins("ann"))
    assert session("sts").get_caller_identity()["Arn"].split("/")[1] == "r"
    client("iam").update_assume_role_policy(
        RoleName="r",
        PolicyDocument=(
            '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",'
            '"Action":"sts:AssumeRoleWithWebIdentity"}]}'
        ),
    )
    with refused("InvalidIdentityPoolConfigurationException"):
        pool.credentials(users.logins("ann"))
