"""Who may manage an organisation, and what its policies allow in member accounts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.organizations.conftest import ALL, World, client_of, deny, document
from tests.services.organizations.test_behaviour_tree import refused

# ---- managing -------------------------------------------------------------------------------------------------------


def test_members_may_not_manage(limited: World) -> None:
    member = limited.new_account()
    api = limited.client("organizations", member)
    assert api.describe_organization()["Organization"]["Id"] == limited.id
    error = refused("AccessDeniedException", api.list_accounts)
    assert error["Error"]["Message"] == "You don't have permissions to access this resource."
    policy = limited.policy()
    refused("AccessDeniedException", api.attach_policy, PolicyId=policy, TargetId=member)
    refused("AccessDeniedException", api.describe_policy, PolicyId="p-FullAWSAccess")
    refused("AccessDeniedException", api.delete_organization)
    refused("AccessDeniedException", api.create_account, Email="x@example.com", AccountName="x")
    refused("AccessDeniedException", api.list_roots)


def test_strangers_are_in_no_organization(world: World) -> None:
    stranger = world.client("organizations", str(int(world.account) ^ 8))
    for call in (stranger.describe_organization, stranger.list_accounts, stranger.list_roots):
        error = refused("AWSOrganizationsNotInUseException", call)
        assert error["Error"]["Message"] == "Your account is not a member of an organization."
    assert stranger.list_handshakes_for_account()["Handshakes"] == []


def test_a_user_needs_permissions_on_policy_and_target(limited: World) -> None:
    unit = limited.new_unit()
    policy = limited.policy(deny("s3:*"))
    where = f"arn:aws:organizations::{limited.account}"
    allow = {"Effect": "Allow", "Action": "organizations:AttachPolicy"}
    on_policy = f"{where}:policy/{limited.id}/service_control_policy/{policy}"
    half = limited.user(limited.account, {**allow, "Resource": on_policy}, name="half")("organizations")
    error = refused("AccessDeniedException", half.attach_policy, PolicyId=policy, TargetId=unit)
    assert f"{where}:ou/{limited.id}/{unit}" in error["Error"]["Message"]
    both = [on_policy, f"{where}:ou/{limited.id}/{unit}"]
    whole = limited.user(limited.account, {**allow, "Resource": both}, name="whole")("organizations")
    whole.attach_policy(PolicyId=policy, TargetId=unit)
    kind = {"StringEquals": {"organizations:PolicyType": "RESOURCE_CONTROL_POLICY"}}
    statement = {"Effect": "Allow", "Action": "organizations:*", "Resource": "*", "Condition": kind}
    other = limited.user(limited.account, statement, name="other")("organizations")
    refused("AccessDeniedException", other.detach_policy, PolicyId=policy, TargetId=unit)
    assert other.list_policies(Filter="RESOURCE_CONTROL_POLICY")["Policies"]


# ---- service control policies ---------------------------------------------------------------------------------------


def may(call: Callable[..., Any], **given: Any) -> bool:
    """Whether the call is allowed; a denial must be a service control policy's."""
    try:
        call(**given)
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"), error
        assert "service control policy" in error.response["Error"]["Message"], error
        return False
    return True


def enter(
    world: World, account: str, role: str = "OrganizationAccountAccessRole", **session: Any
) -> Callable[..., Any]:
    """A factory of clients of a session of a role in a member account."""
    user = world.user(world.account, name=f"enters-{account}")
    given = {"RoleArn": f"arn:aws:iam::{account}:role/{role}", "RoleSessionName": "inside", **session}
    made = user("sts").assume_role(**given)["Credentials"]

    def clients(service: str) -> Any:
        return client_of(world.cloud, service, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    return clients


def test_a_policy_limits_users_roles_and_root_of_members_but_never_the_management_account(limited: World) -> None:
    member = limited.new_account()
    user, session = limited.user(member), enter(limited, member)
    everyone = [user("logs"), session("logs"), limited.client("logs", member)]
    managers = [limited.client("logs", limited.account), limited.user(limited.account)("logs")]
    assert all(may(api.describe_log_groups) for api in [*everyone, *managers])
    policy = limited.policy(deny("logs:*"), on=limited.root)
    assert not any(may(api.describe_log_groups) for api in everyone)
    assert all(may(api.describe_log_groups) for api in managers)
    assert may(user("dynamodb").list_tables)
    limited.api.detach_policy(PolicyId=policy, TargetId=limited.root)
    assert all(may(api.describe_log_groups) for api in everyone)


def test_the_words_of_denials(limited: World) -> None:
    member = limited.new_account()
    user, arn = limited.user(member), f"arn:aws:iam::{member}:user/ann"
    limited.policy(deny("dynamodb:ListTables"), on=member)
    error = refused("AccessDeniedException", user("dynamodb").list_tables)
    assert error["Error"]["Message"].startswith(f"User: {arn} is not authorized to perform: dynamodb:ListTables")
    assert error["Error"]["Message"].endswith("with an explicit deny in a service control policy")
    limited.policy({**ALL, "Action": "iam:*"}, on=member)
    limited.api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=member)
    error = refused("AccessDeniedException", user("ssm").describe_parameters)
    assert error["Error"]["Message"].endswith(
        "because no service control policy allows the ssm:DescribeParameters action"
    )
    assert user("iam").list_users()["Users"]


def test_every_level_above_must_allow(limited: World) -> None:
    outer = limited.new_unit("outer")
    inner = limited.new_unit("inner", outer)
    member = limited.new_account()
    api = limited.client("logs", member)
    limited.policy({**ALL, "Action": "dynamodb:*"}, on=outer)
    limited.api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=outer)
    assert may(api.describe_log_groups)
    limited.move(member, inner)
    assert not may(api.describe_log_groups)
    assert may(limited.client("dynamodb", member).list_tables)
    limited.policy(deny("dynamodb:*"), on=inner)
    assert not may(limited.client("dynamodb", member).list_tables)
    limited.move(member, limited.root)
    assert may(api.describe_log_groups)


def test_a_policy_that_changes_counts_at_once_also_where_a_decision_was_remembered(limited: World) -> None:
    member = limited.new_account()
    api = limited.user(member)("dynamodb")
    policy = limited.policy(deny("s3:*"), on=member)
    for content, allowed in ((deny("dynamodb:*"), False), (deny("s3:*"), True), (deny("dynamodb:List*"), False)):
        limited.api.update_policy(PolicyId=policy, Content=document(content))
        assert [may(api.list_tables) for _ in range(3)] == [allowed] * 3
    limited.api.disable_policy_type(RootId=limited.root, PolicyType="SERVICE_CONTROL_POLICY")
    assert may(api.list_tables)
    limited.enable()
    assert may(api.list_tables)


def test_who_joins_is_limited_and_who_leaves_is_free(limited: World) -> None:
    stranger = str(int(limited.account) ^ 16)
    api, theirs = limited.client("logs", stranger), limited.client("organizations", stranger)
    limited.policy(deny("logs:*"), on=limited.root)
    assert may(api.describe_log_groups)
    invitation = limited.api.invite_account_to_organization(Target={"Id": stranger, "Type": "ACCOUNT"})["Handshake"]
    assert may(api.describe_log_groups)
    theirs.accept_handshake(HandshakeId=invitation["Id"])
    assert not may(api.describe_log_groups)
    theirs.leave_organization()
    assert may(api.describe_log_groups)


def test_conditions_in_service_control_policies(limited: World) -> None:
    member = limited.new_account()
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}
    limited.policy(deny("logs:*", Condition=elsewhere), on=member)
    assert not may(limited.client("logs", member).describe_log_groups)
    assert may(limited.client("logs", member, region="eu-west-1").describe_log_groups)
    but_admins = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}}
    limited.policy(deny("dynamodb:*", Condition=but_admins), on=member)
    assert not may(limited.user(member)("dynamodb").list_tables)
    assert may(enter(limited, member)("dynamodb").list_tables)


def test_a_grant_to_a_member_of_another_account_counts_only_within_its_own_policies(limited: World) -> None:
    member = limited.new_account()
    s3, bucket = limited.client("s3", limited.account), f"shared-{limited.account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    theirs = limited.user(member)("s3")
    grant = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{member}:user/ann"}, "Action": "s3:GetObject"}
    s3.put_bucket_policy(Bucket=bucket, Policy=document({**grant, "Resource": f"arn:aws:s3:::{bucket}/*"}))
    assert theirs.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    limited.policy(deny("s3:GetObject"), on=member)
    refused("AccessDenied", theirs.get_object, Bucket=bucket, Key="k")


def test_sessions_policies_and_boundaries_stay_in_force_beside_them(limited: World) -> None:
    member = limited.new_account()
    limited.policy(deny("dynamodb:*"), on=member)
    session = enter(limited, member, Policy=document({**ALL, "Action": ["logs:*", "dynamodb:*"]}))
    assert may(session("logs").describe_log_groups)
    assert not may(session("dynamodb").list_tables)
    error = refused("AccessDeniedException", session("ssm").describe_parameters)
    assert "no session policy" in error["Error"]["Message"]


def test_services_and_their_own_roles_are_never_limited(limited: World) -> None:
    """An SCP that denies everything leaves the cloud's own work alone: it reads session policies for AssumeRole."""
    member = limited.new_account()
    policy = {"PolicyName": "few", "PolicyDocument": document({**ALL, "Action": "logs:*"})}
    arn = limited.client("iam", member).create_policy(**policy)["Policy"]["Arn"]
    limited.policy(deny("iam:*"), on=member)
    session = enter(limited, member, PolicyArns=[{"arn": arn}])
    assert may(session("logs").describe_log_groups)
    assert not may(session("iam").list_users)


def test_what_is_done_for_a_member_is_limited_as_the_member_is(limited: World) -> None:
    """A stack is made in the name of whoever asked for it, here the account's root."""
    member = limited.new_account()
    limited.policy(deny("ssm:PutParameter"), on=member)
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}
    stacks = limited.client("cloudformation", member)
    stacks.create_stack(StackName="limited", TemplateBody=json.dumps({"Resources": {"P": parameter}}))
    limited.cloud.settle()
    events = stacks.describe_stack_events(StackName="limited")["StackEvents"]
    failed = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    assert any("explicit deny in a service control policy" in reason for reason in failed), failed


def test_the_simulator_tells_of_the_organization(limited: World) -> None:
    member = limited.new_account()
    limited.user(member, {**ALL, "Action": "logs:*"})
    limited.policy(deny("logs:DescribeLogGroups"), on=member)
    admin = enter(limited, member)("iam")
    given = {
        "PolicySourceArn": f"arn:aws:iam::{member}:user/ann",
        "ActionNames": ["logs:DescribeLogGroups", "logs:CreateLogGroup", "s3:ListAllMyBuckets"],
    }
    found = admin.simulate_principal_policy(**given)["EvaluationResults"]
    assert [one["EvalDecision"] for one in found] == ["explicitDeny", "allowed", "implicitDeny"]
    allowed = [one["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for one in found]
    assert allowed == [False, True, True]
    limited.user(limited.account, {**ALL, "Action": "logs:*"}, name="bob")
    given["PolicySourceArn"] = f"arn:aws:iam::{limited.account}:user/bob"
    mine = limited.client("iam", limited.account).simulate_principal_policy(**given)["EvaluationResults"]
    assert [one["EvalDecision"] for one in mine] == ["allowed", "allowed", "implicitDeny"]


# ---- resource control policies --------------------------------------------------------------------------------------


def test_resource_control_policies_guard_the_resources_of_members(world: World) -> None:
    member = world.new_account()
    bucket = f"guarded-{member}"
    stranger = str(int(world.account) ^ 32)
    owner, outside = world.client("s3", member), world.user(stranger)("s3")
    owner.create_bucket(Bucket=bucket)
    owner.put_object(Bucket=bucket, Key="k", Body=b"x")
    grant = {"Effect": "Allow", "Principal": {"AWS": [stranger, world.account]}, "Action": "s3:GetObject"}
    owner.put_bucket_policy(Bucket=bucket, Policy=document({**grant, "Resource": f"arn:aws:s3:::{bucket}/*"}))
    assert outside.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    world.enable("RESOURCE_CONTROL_POLICY")
    mine = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": world.id}, "Bool": {"aws:PrincipalIsAWSService": "false"}}
    policy = world.policy(
        deny("s3:GetObject", Principal="*", Condition=mine), kind="RESOURCE_CONTROL_POLICY", on=world.root
    )
    refused("AccessDenied", outside.get_object, Bucket=bucket, Key="k")
    assert owner.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert world.user(world.account)("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    world.api.detach_policy(PolicyId=policy, TargetId=world.root)
    assert outside.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    given = {"PolicyId": "p-RCPFullAWSAccess", "TargetId": world.root}
    assert refused("InvalidInputException", world.api.detach_policy, **given)["Reason"] == "NON_DETACHABLE_POLICY"


def test_resource_control_policies_leave_the_management_account_alone(world: World) -> None:
    world.enable("RESOURCE_CONTROL_POLICY")
    world.policy(deny("s3:*", Principal="*"), kind="RESOURCE_CONTROL_POLICY", on=world.root)
    assert world.client("s3", world.account).list_buckets()["Buckets"] == []
    mine = world.client("s3", world.new_account())
    error = refused("AccessDenied", mine.create_bucket, Bucket=f"never-{world.account}")
    assert error["Error"]["Message"].endswith("with an explicit deny in a resource control policy")


# ---- condition keys -------------------------------------------------------------------------------------------------

KEYS = [
    ("aws:PrincipalOrgID", "{org}", True),
    ("aws:PrincipalOrgID", "o-somebodyelse", False),
    ("aws:ResourceOrgID", "{org}", True),
    ("aws:PrincipalAccount", "{member}", True),
    ("aws:ResourceAccount", "{member}", True),
    ("aws:ResourceAccount", "{management}", False),
]


@pytest.mark.parametrize(("key", "value", "allowed"), KEYS)
def test_keys_of_the_organization(world: World, key: str, value: str, allowed: bool) -> None:
    member = world.new_account()
    wanted = value.format(org=world.id, member=member, management=world.account)
    user = world.user(member, {**ALL, "Condition": {"StringEquals": {key: wanted}}})
    if allowed:
        user("logs").describe_log_groups()
    else:
        refused("AccessDeniedException", user("logs").describe_log_groups)


def test_a_bucket_and_a_role_that_are_open_to_the_organization_alone(world: World) -> None:
    member, stranger = world.new_account(), str(int(world.account) ^ 64)
    mine, theirs = world.user(world.account), world.user(stranger)
    inside = {"StringEquals": {"aws:PrincipalOrgID": world.id}}
    s3, bucket = world.client("s3", member), f"open-{member}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    grant = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=document({**grant, "Condition": inside}))
    assert mine("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    refused("AccessDenied", theirs("s3").get_object, Bucket=bucket, Key="k")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": inside}
    role = {"RoleName": "open", "AssumeRolePolicyDocument": document(trust)}
    arn = world.client("iam", member).create_role(**role)["Role"]["Arn"]
    assert mine("sts").assume_role(RoleArn=arn, RoleSessionName="mine")["AssumedRoleUser"]
    refused("AccessDenied", theirs("sts").assume_role, RoleArn=arn, RoleSessionName="theirs")


def test_keys_of_the_path(world: World) -> None:
    member, unit = world.new_account(), world.new_unit()
    below = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{world.id}/{world.root}/{unit}/*"}}
    user = world.user(member, {**ALL, "Condition": below})
    refused("AccessDeniedException", user("logs").describe_log_groups)
    world.move(member, unit)
    user("logs").describe_log_groups()


def test_accounts_in_no_organization_have_no_such_keys(cloud: Any, account: str) -> None:
    iam = cloud.client("iam", key=account)
    iam.create_user(UserName="lone")
    absent = {"Null": {"aws:PrincipalOrgID": "true", "aws:ResourceOrgID": "true", "aws:PrincipalOrgPaths": "true"}}
    iam.put_user_policy(
        UserName="lone", PolicyName="p", PolicyDocument=json.dumps({"Statement": [{**ALL, "Condition": absent}]})
    )
    pair = iam.create_access_key(UserName="lone")["AccessKey"]
    logs = cloud.client("logs", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    assert logs.describe_log_groups()["logGroups"] == []
