"""IAM guards itself, and its policies guard everyone: users, groups, boundaries, conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import allow, policy, refused, trust

Client = Callable[..., Any]


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """A policy as data."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_without_a_policy_nothing_is_allowed(iam_user: Any, account: str) -> None:
    me = iam_user()("iam")
    with refused("AccessDenied") as refusal:
        me.create_user(UserName="x")
    assert refusal.message == (
        f"User: arn:aws:iam::{account}:user/someone is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{account}:user/x because no identity-based policy allows the iam:CreateUser action"
    )
    assert refusal.status == 403


def test_resources_are_real_arns(iam_user: Any, client: Client, account: str) -> None:
    client("iam").create_user(UserName="bob", Path="/eng/")
    me = iam_user(document(allow("iam:GetUser", f"arn:aws:iam::{account}:user/eng/*")))("iam")
    assert me.get_user(UserName="bob")["User"]["Path"] == "/eng/"
    with refused("AccessDenied"):
        me.get_user(UserName="someone")


def test_a_user_manages_himself_by_a_variable(iam_user: Any) -> None:
    me = iam_user(document(allow("iam:*AccessKey*", "arn:aws:iam::*:user/${aws:username}")))("iam")
    me.create_access_key(UserName="someone")
    with refused("AccessDenied"):
        me.create_access_key(UserName="else")


def test_an_explicit_deny_is_named(iam_user: Any) -> None:
    me = iam_user(document(allow("iam:*"), {"Effect": "Deny", "Action": "iam:List*", "Resource": "*"}))("iam")
    me.get_user()
    with refused("AccessDenied") as refusal:
        me.list_users()
    assert refusal.message.endswith("with an explicit deny in an identity-based policy")


def test_groups_give_permissions_and_take_them_back(iam_user: Any, client: Client) -> None:
    root, me = client("iam"), iam_user()("iam")
    root.create_group(GroupName="readers")
    root.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    with refused("AccessDenied"):
        me.list_users()
    root.add_user_to_group(GroupName="readers", UserName="someone")
    me.list_users()
    root.remove_user_from_group(GroupName="readers", UserName="someone")
    with refused("AccessDenied"):
        me.list_users()


def test_a_new_default_version_counts_at_once(iam_user: Any, client: Client) -> None:
    root, me = client("iam"), iam_user()("iam")
    arn = root.create_policy(PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers")))["Policy"]["Arn"]
    root.attach_user_policy(UserName="someone", PolicyArn=arn)
    me.list_users()
    root.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("iam:ListRoles")), SetAsDefault=True)
    me.list_roles()
    with refused("AccessDenied"):
        me.list_users()


def test_a_boundary_bounds(iam_user: Any, client: Client) -> None:
    root, me = client("iam"), iam_user(document(allow("*")))("iam")
    arn = root.create_policy(PolicyName="b", PolicyDocument=policy(allow("iam:Get*")))["Policy"]["Arn"]
    root.put_user_permissions_boundary(UserName="someone", PermissionsBoundary=arn)
    me.get_user()
    with refused("AccessDenied") as refusal:
        me.list_users()
    assert "because no permissions boundary allows the iam:ListUsers action" in refusal.message


def test_conditions_of_iam(iam_user: Any, client: Client) -> None:
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust(), Tags=[{"Key": "team", "Value": "red"}])
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    me = iam_user(
        document(
            allow("iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": read_only}}),
            allow("iam:GetRole", Condition={"StringEquals": {"iam:ResourceTag/team": "red"}}),
            allow(["iam:CreateUser", "iam:TagUser"], Condition={"StringEquals": {"aws:RequestTag/team": "red"}}),
        )
    )("iam")
    me.attach_role_policy(RoleName="r", PolicyArn=read_only)
    with refused("AccessDenied"):
        me.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    me.get_role(RoleName="r")
    me.create_user(UserName="x", Tags=[{"Key": "team", "Value": "red"}])
    with refused("AccessDenied"):
        me.create_user(UserName="y")


def test_tags_of_the_caller_count(iam_user: Any, client: Client) -> None:
    me = iam_user(document(allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})))("iam")
    with refused("AccessDenied"):
        me.list_users()
    client("iam").tag_user(UserName="someone", Tags=[{"Key": "Team", "Value": "red"}])
    me.list_users()


def test_adding_a_role_to_a_profile_passes_it(iam_user: Any, client: Client) -> None:
    root = client("iam")
    root.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    root.create_instance_profile(InstanceProfileName="p")
    me = iam_user(document(allow("iam:AddRoleToInstanceProfile")))("iam")
    with refused("AccessDenied") as refusal:
        me.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    assert "iam:PassRole" in refusal.message


@pytest.mark.parametrize(
    "operation", ["list_users", "list_roles", "list_groups", "list_policies", "get_account_summary"]
)
def test_nobody_lists_unasked(iam_user: Any, operation: str) -> None:
    with refused("AccessDenied"):
        getattr(iam_user()("iam"), operation)()
