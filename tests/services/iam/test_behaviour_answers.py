"""What is in an answer and what is left out, as AWS does it; and the order in which AWS looks for what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import allow, policy, refused, trust

Client = Callable[..., Any]


@pytest.fixture
def iam(client: Client) -> Any:
    """IAM as the root of this test's account."""
    return client("iam")


@pytest.fixture
def nowhere(account: str) -> str:
    """The ARN of a policy that does not exist."""
    return f"arn:aws:iam::{account}:policy/nowhere"


def test_a_new_role_says_less_than_a_known_one(iam: Any) -> None:
    made = iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=trust(), Description="works", MaxSessionDuration=7200
    )["Role"]
    shortest = {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
    assert set(made) == shortest
    known = iam.get_role(RoleName="r")["Role"]
    assert set(known) == shortest | {"Description", "MaxSessionDuration", "RoleLastUsed"}
    assert (known["MaxSessionDuration"], known["RoleLastUsed"]) == (7200, {})
    assert set(iam.list_roles()["Roles"][0]) == set(known) - {"RoleLastUsed"}
    changed = iam.update_role_description(RoleName="r", Description="rests")["Role"]
    assert set(changed) == shortest | {"Description"}
    iam.update_role(RoleName="r")
    assert iam.get_role(RoleName="r")["Role"]["MaxSessionDuration"] == 7200


def test_empty_tags_are_shown_where_aws_shows_them(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="p", PolicyDocument=policy())["Policy"]["Arn"]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == []
    assert "Tags" not in iam.create_instance_profile(InstanceProfileName="i")["InstanceProfile"]
    assert iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"]["Tags"] == []
    iam.create_user(UserName="u")
    assert "Tags" not in iam.get_user(UserName="u")["User"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    inside = iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"]["Roles"][0]
    assert not {"MaxSessionDuration", "Description", "RoleLastUsed"} & set(inside)
    details = iam.get_account_authorization_details(Filter=["User", "Role"])
    assert details["UserDetailList"][0]["Tags"] == [] == details["RoleDetailList"][0]["Tags"]
    assert details["RoleDetailList"][0]["RoleLastUsed"] == {}
    assert "UserPolicyList" not in details["UserDetailList"][0] and details["RoleDetailList"][0]["RolePolicyList"] == []


def test_tags_of_a_policy_come_by_length(iam: Any) -> None:
    given = [{"Key": key, "Value": ""} for key in ("abc", "b", "z", "a", "A")]
    made = iam.create_policy(PolicyName="p", PolicyDocument=policy(), Tags=given)["Policy"]
    assert made["Tags"] == given
    listed = iam.list_policy_tags(PolicyArn=made["Arn"])["Tags"]
    assert [tag["Key"] for tag in listed] == ["A", "a", "b", "z", "abc"]
    first = iam.list_policy_tags(PolicyArn=made["Arn"], MaxItems=4)
    rest = iam.list_policy_tags(PolicyArn=made["Arn"], Marker=first["Marker"])
    assert first["Tags"] + rest["Tags"] == listed


@pytest.mark.parametrize("operation", ["get_policy_version", "set_default_policy_version", "delete_policy_version"])
def test_a_version_of_no_policy(iam: Any, nowhere: str, operation: str) -> None:
    with refused("NoSuchEntity", f"Policy {nowhere} version v1 does not exist or is not attachable."):
        getattr(iam, operation)(PolicyArn=nowhere, VersionId="v1")
    with refused("ValidationError") as refusal:
        getattr(iam, operation)(PolicyArn=nowhere, VersionId="wrong_version_id")
    assert "at 'versionId'" in refusal.message and "wrong_version_id" not in refusal.message


def test_policies_that_are_none(iam: Any, nowhere: str, account: str) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    missing = f"Policy {nowhere} does not exist or is not attachable."
    with refused("NoSuchEntity", missing):
        iam.list_entities_for_policy(PolicyArn=nowhere)
    with refused("NoSuchEntity", missing):
        iam.attach_role_policy(RoleName="r", PolicyArn=nowhere)
    with refused("NoSuchEntity", f"Policy {nowhere} was not found."):
        iam.detach_role_policy(RoleName="r", PolicyArn=nowhere)
    with refused("NoSuchEntity", f"Policy {nowhere} was not found."):
        iam.get_policy(PolicyArn=nowhere)
    with refused("ValidationError", "ARN a-name-that-is-no-arn is not valid."):
        iam.attach_role_policy(RoleName="r", PolicyArn="a-name-that-is-no-arn")
    wrong = f"arn:aws:iam::{account}:not_a_policy/invalid"
    with refused("InvalidInput", f"ARN {wrong} is not valid."):
        iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=wrong)


def test_who_is_looked_for_first(iam: Any) -> None:
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    with refused("NoSuchEntity", "The user with name x cannot be found."):
        iam.remove_user_from_group(UserName="x", GroupName="y")
    with refused("NoSuchEntity", "The group with name y cannot be found."):
        iam.remove_user_from_group(UserName="u", GroupName="y")
    iam.create_instance_profile(InstanceProfileName="i")
    with refused("NoSuchEntity", "The role with name r cannot be found."):
        iam.remove_role_from_instance_profile(InstanceProfileName="i", RoleName="r")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    with refused("NoSuchEntity", "Role r in Instance Profile i cannot be found."):
        iam.remove_role_from_instance_profile(InstanceProfileName="i", RoleName="r")
    with refused("NoSuchEntity", "The account policy with name PasswordPolicy cannot be found."):
        iam.delete_account_password_policy()


# ---- when something was last used -----------------------------------------------------------------------------------


def test_a_key_and_when_it_was_last_used(iam: Any, client: Client, account: str) -> None:
    iam.create_user(UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy(allow("ssm:DescribeParameters")))
    key = iam.create_access_key(UserName="u")["AccessKey"]
    unused = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert unused["UserName"] == "u"
    assert unused["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    client("ssm", region="eu-west-1", key=key["AccessKeyId"], secret=key["SecretAccessKey"]).describe_parameters()
    with refused("SignatureDoesNotMatch"):
        client("sts", key=key["AccessKeyId"], secret="not the secret").get_caller_identity()
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("ssm", "eu-west-1")
    assert used["LastUsedDate"] >= key["CreateDate"]
    nobody = f"User: arn:aws:iam::{account}:root is not authorized to perform iam:GetAccessKeyLastUsed on resource: "
    with refused("AccessDenied", f"{nobody}access key AKIAIOSFODNN7NOBODYS"):
        iam.get_access_key_last_used(AccessKeyId="AKIAIOSFODNN7NOBODYS")


def test_a_role_and_when_it_was_last_used(iam: Any, client: Client, account: str) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": account}))
    iam.create_user(UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy(allow("sts:AssumeRole")))
    key = iam.create_access_key(UserName="u")["AccessKey"]
    arn = iam.get_role(RoleName="r")["Role"]["Arn"]
    sts = client("sts", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    session = sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == {}, "to become a role is not yet to use it"
    given = {"key": session["AccessKeyId"], "secret": session["SecretAccessKey"], "token": session["SessionToken"]}
    client("sts", region="eu-central-1", **given).get_caller_identity()
    used = iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
    assert used["Region"] == "eu-central-1" and used["LastUsedDate"]
    iam.delete_role(RoleName="r")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == {}, "another role of the same name"
