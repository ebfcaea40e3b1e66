"""Who may do what: on stacks, with a role, and through CloudFormation on everything a stack makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudformation.conftest import HANDLE, Stacks, bucket, group

Users = Callable[..., Callable[..., Any]]


def allow(*actions: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}],
    }


def denied(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**given)
    assert raised.value.response["Error"]["Code"] == "AccessDenied"
    return raised.value.response["Error"]["Message"]


def test_nobody_may_anything_without_a_policy(stacks: Stacks, iam_user: Users) -> None:
    stacks.create("s", {"A": {"Type": HANDLE}})
    other = iam_user()("cloudformation")
    body = Stacks.body({"A": {"Type": HANDLE}})
    for call, given in (
        (other.create_stack, {"StackName": "n", "TemplateBody": body}),
        (other.update_stack, {"StackName": "s", "TemplateBody": body}),
        (other.delete_stack, {"StackName": "s"}),
        (other.describe_stacks, {}),
        (other.describe_stack_events, {"StackName": "s"}),
        (other.get_template, {"StackName": "s"}),
        (other.list_exports, {}),
        (other.validate_template, {"TemplateBody": body}),
        (other.create_change_set, {"StackName": "s", "ChangeSetName": "c", "TemplateBody": body}),
    ):
        assert "is not authorized to perform: cloudformation:" in denied(call, **given)


def test_a_policy_may_name_stacks(stacks: Stacks, iam_user: Users, account: str) -> None:
    stacks.create("mine", {"A": {"Type": HANDLE}})
    stacks.create("theirs", {"A": {"Type": HANDLE}})
    arn = f"arn:aws:cloudformation:us-east-1:{account}:stack/mine/*"
    other = iam_user(allow("cloudformation:*", resource=arn))("cloudformation")
    assert other.describe_stacks(StackName="mine")["Stacks"]
    assert "stack/theirs/" in denied(other.describe_stacks, StackName="theirs")
    denied(other.describe_stacks)
    denied(other.delete_stack, StackName="theirs")
    body = Stacks.body({"A": {"Type": HANDLE}, "B": {"Type": HANDLE}})
    change_set = other.create_change_set(StackName="mine", ChangeSetName="c", TemplateBody=body)["Id"]
    assert other.describe_change_set(ChangeSetName=change_set)["Status"] == "CREATE_COMPLETE"


def test_resources_are_made_with_the_callers_rights(stacks: Stacks, iam_user: Users) -> None:
    other = iam_user(allow("cloudformation:*", "logs:*"))("cloudformation")
    resources = {"G": group(), "B": {**bucket(), "DependsOn": "G"}}
    other.create_stack(StackName="s", TemplateBody=Stacks.body(resources))
    assert stacks.status("s") == "ROLLBACK_COMPLETE"
    reason = next(reason for reason in stacks.all_reasons("s") if "s3:CreateBucket" in reason)
    assert "is not authorized to perform: s3:CreateBucket" in reason and "HandlerErrorCode: AccessDenied" in reason


def test_a_denied_creation_deletes_nothing_of_others(
    stacks: Stacks, iam_user: Users, client: Callable[..., Any]
) -> None:
    client("logs").create_log_group(logGroupName="precious")
    other = iam_user(allow("cloudformation:*", "logs:DeleteLogGroup", "logs:Describe*"))("cloudformation")
    other.create_stack(StackName="s", TemplateBody=Stacks.body({"G": group(LogGroupName="precious")}))
    assert stacks.status("s") == "ROLLBACK_COMPLETE"
    assert client("logs").describe_log_groups()["logGroups"][0]["logGroupName"] == "precious"


def test_rights_may_hold_only_through_cloudformation(stacks: Stacks, iam_user: Users) -> None:
    through = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}
    policy = allow("cloudformation:*")
    policy["Statement"].append({"Effect": "Allow", "Action": "logs:*", "Resource": "*", "Condition": through})
    clients = iam_user(policy)
    denied_directly = clients("logs")
    with pytest.raises(ClientError, match="not authorized"):
        denied_directly.create_log_group(logGroupName="x")
    clients("cloudformation").create_stack(StackName="s", TemplateBody=Stacks.body({"G": group()}))
    assert stacks.status("s") == "CREATE_COMPLETE"


def make_role(client: Callable[..., Any], service: str, policy: dict[str, Any]) -> str:
    trust = allow("sts:AssumeRole")
    trust["Statement"][0].pop("Resource")
    trust["Statement"][0]["Principal"] = {"Service": service}
    iam = client("iam")
    arn = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=json.dumps(policy))
    return arn


def test_a_stack_with_a_role_uses_its_rights_alone(stacks: Stacks, iam_user: Users, client: Callable[..., Any]) -> None:
    role = make_role(client, "cloudformation.amazonaws.com", allow("logs:*"))
    stacks.create("s", {"G": group()}, options={"RoleARN": role})
    assert stacks.describe("s")["StackStatus"] == "CREATE_COMPLETE" and stacks.describe("s")["RoleARN"] == role
    assert stacks.update("s", {"G": group(), "B": bucket()}) == "UPDATE_ROLLBACK_COMPLETE"
    assert any(
        "assumed-role/deployer/AWSCloudFormation is not authorized" in reason for reason in stacks.all_reasons("s")
    )
    other = iam_user(allow("cloudformation:*"))("cloudformation")
    body = Stacks.body({"G": group()})
    assert "iam:PassRole" in denied(other.create_stack, StackName="t", TemplateBody=body, RoleARN=role)


def test_a_role_must_trust_cloudformation(stacks: Stacks, client: Callable[..., Any]) -> None:
    role = make_role(client, "lambda.amazonaws.com", allow("logs:*"))
    with pytest.raises(ClientError, match="is invalid or cannot be assumed"):
        stacks.create("s", {"G": group()}, options={"RoleARN": role})
    assert stacks.client.describe_stacks()["Stacks"] == []


def test_a_template_in_a_bucket_is_read_with_the_callers_rights(
    stacks: Stacks, iam_user: Users, client: Callable[..., Any], account: str
) -> None:
    name = f"templates-{account}"
    client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=name, Key="t.json", Body=Stacks.body({"A": {"Type": HANDLE}}))
    given = {"StackName": "s", "TemplateURL": f"{stacks.cloud.url}/{name}/t.json"}
    with pytest.raises(ClientError, match="S3 error: .*s3:GetObject") as raised:
        iam_user(allow("cloudformation:*"), name="without")("cloudformation").create_stack(**given)
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    policy = allow("cloudformation:*")
    policy["Statement"] += allow("s3:GetObject", resource=f"arn:aws:s3:::{name}/t.json")["Statement"]
    iam_user(policy, name="with")("cloudformation").create_stack(**given)
    assert stacks.status("s") == "CREATE_COMPLETE"


def test_parameters_in_the_store_are_read_with_the_callers_rights(
    stacks: Stacks, iam_user: Users, client: Callable[..., Any], account: str
) -> None:
    client("ssm").put_parameter(Name="/days", Value="7", Type="String")
    days = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/days"}
    body = Stacks.body({"A": {"Type": HANDLE}}, Parameters={"Days": days})
    with pytest.raises(ClientError, match="User doesn't have permission to call ssm:GetParameters") as raised:
        iam_user(allow("cloudformation:*"), name="without")("cloudformation").create_stack(
            StackName="s", TemplateBody=body
        )
    assert raised.value.response["Error"]["Code"] == "ValidationError"
    policy = allow("cloudformation:*")
    parameter = f"arn:aws:ssm:us-east-1:{account}:parameter/days"
    policy["Statement"] += allow("ssm:GetParameters", resource=parameter)["Statement"]
    iam_user(policy, name="with")("cloudformation").create_stack(StackName="s", TemplateBody=body)
    assert stacks.status("s") == "CREATE_COMPLETE"


def test_transforms_need_a_right_of_their_own(stacks: Stacks, iam_user: Users, account: str) -> None:
    body = Stacks.body({"T": {"Type": "AWS::Serverless::SimpleTable"}}, Transform="AWS::Serverless-2016-10-31")
    given = {"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": body}
    mine = f"arn:aws:cloudformation:us-east-1:{account}:stack/s/*"
    transform = "arn:aws:cloudformation:us-east-1:aws:transform/Serverless-2016-10-31"
    other = iam_user(allow("cloudformation:*", resource=mine), name="without")("cloudformation")
    assert transform in denied(other.create_change_set, **given)
    other = iam_user(allow("cloudformation:*", resource=[mine, transform]), name="with")("cloudformation")
    assert other.create_change_set(**given)["Id"]
