"""Users, groups, roles and instance profiles: made, listed, renamed, deleted, with AWS's conflicts and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import policy, refused, trust

Client = Callable[..., Any]


@pytest.fixture
def iam(client: Client) -> Any:
    return client("iam")


def test_a_user_and_its_names(iam: Any, account: str) -> None:
    user = iam.create_user(UserName="bob", Path="/eng/", Tags=[{"Key": "Team", "Value": "red"}])["User"]
    assert user["Arn"] == f"arn:aws:iam::{account}:user/eng/bob"
    assert user["UserId"].startswith("AIDA")
    assert len(user["UserId"]) == 21
    assert iam.get_user(UserName="bob")["User"]["Tags"] == [{"Key": "Team", "Value": "red"}]
    with refused("EntityAlreadyExists", "User with name BOB already exists.") as refusal:
        iam.create_user(UserName="BOB")
    assert refusal.status == 409
    with refused("NoSuchEntity", "The user with name eve cannot be found.") as refusal:
        iam.get_user(UserName="eve")
    assert refusal.status == 404


def test_root_asks_for_itself(iam: Any, account: str) -> None:
    assert iam.get_user()["User"]["Arn"] == f"arn:aws:iam::{account}:root"


def test_pages_of_users(iam: Any) -> None:
    for number in range(5):
        iam.create_user(UserName=f"u{number}", Path="/a/" if number % 2 else "/b/")
    pages = list(iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Users"]) for page in pages] == [2, 2, 1]
    assert [user["UserName"] for page in pages for user in page["Users"]] == [f"u{n}" for n in range(5)]
    assert [user["UserName"] for user in iam.list_users(PathPrefix="/a/")["Users"]] == ["u1", "u3"]
    first = iam.list_users(MaxItems=2)
    iam.delete_user(UserName="u1")
    assert iam.list_users(MaxItems=1, Marker=first["Marker"])["Users"][0]["UserName"] == "u2"
    with refused("ValidationError"):
        iam.list_users(Marker="nonsense")


def test_renaming_takes_everything_along(iam: Any, account: str) -> None:
    iam.create_user(UserName="old", Tags=[{"Key": "a", "Value": "b"}])
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="old")
    iam.put_user_policy(UserName="old", PolicyName="p", PolicyDocument=policy())
    iam.attach_user_policy(UserName="old", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    key = iam.create_access_key(UserName="old")["AccessKey"]["AccessKeyId"]
    iam.update_user(UserName="old", NewUserName="new", NewPath="/p/")
    user = iam.get_user(UserName="new")["User"]
    assert (user["Arn"], user["Tags"]) == (f"arn:aws:iam::{account}:user/p/new", [{"Key": "a", "Value": "b"}])
    assert iam.list_access_keys(UserName="new")["AccessKeyMetadata"][0]["AccessKeyId"] == key
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="new")["Groups"]] == ["g"]
    assert iam.list_user_policies(UserName="new")["PolicyNames"] == ["p"]
    assert len(iam.list_attached_user_policies(UserName="new")["AttachedPolicies"]) == 1
    iam.update_group(GroupName="g", NewGroupName="h")
    assert [user["UserName"] for user in iam.get_group(GroupName="h")["Users"]] == ["new"]


def test_deleting_a_user_waits_for_all_that_is_his(iam: Any) -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_user(UserName="bob")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="bob")
    iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy())
    key = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    iam.create_login_profile(UserName="bob", Password="Secret-Word-1")
    for words, remove in (
        ("must remove users from group first", lambda: iam.remove_user_from_group(GroupName="g", UserName="bob")),
        ("must detach all policies first", lambda: iam.detach_user_policy(UserName="bob", PolicyArn=arn)),
        ("must delete policies first", lambda: iam.delete_user_policy(UserName="bob", PolicyName="p")),
        ("must delete access keys first", lambda: iam.delete_access_key(UserName="bob", AccessKeyId=key)),
        ("must delete login profile first", lambda: iam.delete_login_profile(UserName="bob")),
    ):
        with refused("DeleteConflict", f"Cannot delete entity, {words}.") as refusal:
            iam.delete_user(UserName="bob")
        assert refusal.status == 409
        remove()
    iam.delete_user(UserName="bob")
    with refused("NoSuchEntity"):
        iam.delete_user(UserName="bob")


def test_groups(iam: Any) -> None:
    group = iam.create_group(GroupName="g", Path="/x/")["Group"]
    assert group["GroupId"].startswith("AGPA")
    iam.create_user(UserName="bob")
    iam.add_user_to_group(GroupName="g", UserName="bob")
    iam.add_user_to_group(GroupName="g", UserName="bob")
    assert len(iam.get_group(GroupName="g")["Users"]) == 1
    with refused("DeleteConflict", "Cannot delete entity, must remove users from group first."):
        iam.delete_group(GroupName="g")
    iam.remove_user_from_group(GroupName="g", UserName="bob")
    iam.remove_user_from_group(GroupName="g", UserName="bob")  # no error on AWS: he is not in it
    iam.delete_group(GroupName="g")
    assert iam.list_groups()["Groups"] == []


def test_a_user_is_in_ten_groups_at_most(iam: Any) -> None:
    iam.create_user(UserName="bob")
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="bob")
    with refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10"):
        iam.add_user_to_group(GroupName="g10", UserName="bob")


def test_a_role(iam: Any, account: str) -> None:
    role = iam.create_role(
        RoleName="worker",
        Path="/service/",
        AssumeRolePolicyDocument=trust(),
        Description="works",
        MaxSessionDuration=7200,
        Tags=[{"Key": "a", "Value": "b"}],
    )["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/service/worker"
    assert role["RoleId"].startswith("AROA")
    found = iam.get_role(RoleName="worker")["Role"]
    assert found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert (found["Description"], found["MaxSessionDuration"]) == ("works", 7200)
    iam.update_role(RoleName="worker", Description="rests", MaxSessionDuration=3600)
    iam.update_assume_role_policy(RoleName="worker", PolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    found = iam.get_role(RoleName="worker")["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("rests", 3600)
    assert found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert iam.update_role_description(RoleName="worker", Description="x")["Role"]["Description"] == "x"
    assert "Tags" not in iam.list_roles()["Roles"][0]
    iam.delete_role(RoleName="worker")
    with refused("NoSuchEntity", "The role with name worker cannot be found."):
        iam.get_role(RoleName="worker")


def test_trust_policies_name_who_exists(iam: Any, account: str) -> None:
    nobody = f"arn:aws:iam::{account}:user/nobody"
    with refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{nobody}"'):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": nobody}))
    iam.create_user(UserName="nobody")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": nobody}))
    with refused("MalformedPolicyDocument", "Has prohibited field Resource"):
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust(Resource="*"))


def test_instance_profiles_hold_one_role(iam: Any) -> None:
    profile = iam.create_instance_profile(InstanceProfileName="p")["InstanceProfile"]
    assert profile["InstanceProfileId"].startswith("AIPA")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    with refused("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"):
        iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    found = iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"]
    assert [one["Roles"][0]["RoleName"] for one in found] == ["r"]
    with refused("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."):
        iam.delete_role(RoleName="r")
    with refused("DeleteConflict"):
        iam.delete_instance_profile(InstanceProfileName="p")
    iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="r")
    iam.delete_instance_profile(InstanceProfileName="p")
    assert iam.list_instance_profiles()["InstanceProfiles"] == []


def test_boundaries(iam: Any, account: str) -> None:
    iam.create_user(UserName="bob")
    arn = iam.create_policy(PolicyName="b", PolicyDocument=policy())["Policy"]["Arn"]
    with refused("NoSuchEntity"):
        iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=f"{arn}x")
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=arn)
    assert iam.get_user(UserName="bob")["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": arn,
    }
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_user_permissions_boundary(UserName="bob")
    with refused("NoSuchEntity"):
        iam.delete_user_permissions_boundary(UserName="bob")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(), PermissionsBoundary=arn)
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.delete_role_permissions_boundary(RoleName="r")
    iam.delete_policy(PolicyArn=arn)


@pytest.mark.parametrize(("noun", "name"), [("user", "UserName"), ("role", "RoleName")])
def test_tags(iam: Any, noun: str, name: str) -> None:
    more = {"AssumeRolePolicyDocument": trust()} if noun == "role" else {}
    getattr(iam, f"create_{noun}")(**{name: "x"}, **more)
    tag = getattr(iam, f"tag_{noun}")
    tag(**{name: "x"}, Tags=[{"Key": "Team", "Value": "red"}, {"Key": "b", "Value": ""}])
    tag(**{name: "x"}, Tags=[{"Key": "team", "Value": "blue"}])
    found = getattr(iam, f"list_{noun}_tags")(**{name: "x"})["Tags"]
    assert found == [{"Key": "b", "Value": ""}, {"Key": "team", "Value": "blue"}]
    getattr(iam, f"untag_{noun}")(**{name: "x"}, TagKeys=["b", "absent"])
    assert len(getattr(iam, f"list_{noun}_tags")(**{name: "x"})["Tags"]) == 1
    with refused("InvalidInput"):
        tag(**{name: "x"}, Tags=[{"Key": "aws:x", "Value": ""}])
    with refused("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."):
        tag(**{name: "x"}, Tags=[{"Key": "k", "Value": ""}, {"Key": "K", "Value": ""}])


def test_tags_of_profiles_differ_by_case(iam: Any) -> None:
    """Only users and roles fold the case of their tag keys."""
    pair = [{"Key": "team", "Value": "blue"}, {"Key": "Team", "Value": "red"}]
    iam.create_instance_profile(InstanceProfileName="x", Tags=pair[:1])
    iam.tag_instance_profile(InstanceProfileName="x", Tags=pair[1:])
    assert iam.list_instance_profile_tags(InstanceProfileName="x")["Tags"] == pair[::-1]
    with refused("InvalidInput", "Duplicate tag keys found."):
        iam.tag_instance_profile(InstanceProfileName="x", Tags=[{"Key": "k", "Value": ""}] * 2)


def test_accounts_do_not_see_each_other(iam: Any, client: Client) -> None:
    iam.create_user(UserName="bob")
    assert client("iam", key="999999999999").list_users()["Users"] == []
