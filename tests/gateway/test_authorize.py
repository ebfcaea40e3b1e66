"""The keys that a policy may ask for, and what a denial tells the caller and the journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

Clients = Callable[..., Any]


def allow(condition: dict[str, Any] | None = None, action: Any = "ssm:*") -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": "Only", "Effect": "Allow", "Action": action, "Resource": "*"}
    if condition is not None:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def permitted(call: Callable[..., Any], **given: Any) -> bool:
    try:
        call(**given)
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("AccessDeniedException", "AccessDenied"), error
        return False
    return True


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"StringLike": {"aws:UserAgent": "Boto3/*"}}, True),
        ({"StringLike": {"aws:UserAgent": "aws-cli/*"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        ({"Bool": {"aws:ViaAWSService": "false"}}, True),
        ({"Null": {"aws:CalledVia": "true"}}, True),
        ({"Null": {"aws:RequestTag/any": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"StringEquals": {"aws:username": "someone"}}, True),
        ({"StringEquals": {"aws:username": "another"}}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"NumericGreaterThan": {"aws:EpochTime": "4102444800"}}, False),
        ({"StringEquals": {"aws:no-such-key": "x"}}, False),
    ],
)
def test_keys_of_the_request(iam_user: Clients, condition: dict[str, Any], expected: bool) -> None:
    assert permitted(iam_user(allow(condition))("ssm").describe_parameters) is expected


def test_tags_of_the_request(iam_user: Clients) -> None:
    ssm = iam_user(
        allow({"StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}})
    )("ssm")

    def put(name: str, **tags: str) -> bool:
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        return permitted(ssm.put_parameter, Name=name, Value="x", Type="String", Tags=pairs)

    assert put("/red", team="red")
    assert not put("/blue", team="blue")
    assert not put("/more", team="red", cost="1")
    assert not put("/none")


def test_keys_that_are_taken_away_are_tag_keys_but_no_request_tags(client: Clients, iam_user: Clients) -> None:
    client("ssm").put_parameter(Name="/p", Value="x", Type="String", Tags=[{"Key": "a", "Value": "1"}])
    untag = {"ResourceType": "Parameter", "ResourceId": "/p", "TagKeys": ["a"]}
    by_tag = iam_user(allow({"StringLike": {"aws:RequestTag/a": "*"}}), name="by-tag")("ssm")
    assert not permitted(by_tag.remove_tags_from_resource, **untag)
    by_key = iam_user(allow({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}), name="by-key")("ssm")
    assert permitted(by_key.remove_tags_from_resource, **untag)


def test_tags_of_the_resource(client: Clients, iam_user: Clients) -> None:
    for name, team in (("/red", "red"), ("/blue", "blue")):
        client("ssm").put_parameter(Name=name, Value="x", Type="String", Tags=[{"Key": "team", "Value": team}])
    ssm = iam_user(allow({"StringEquals": {"aws:ResourceTag/team": "red"}}))("ssm")
    assert permitted(ssm.get_parameter, Name="/red")
    assert not permitted(ssm.get_parameter, Name="/blue")
    client("ssm").add_tags_to_resource(
        ResourceType="Parameter", ResourceId="/blue", Tags=[{"Key": "team", "Value": "red"}]
    )
    assert permitted(ssm.get_parameter, Name="/blue")


def test_the_present_is_the_clouds_clock(fresh_cloud: RunningCloud) -> None:
    iam = fresh_cloud.client("iam")
    now = fresh_cloud.control("clock")["epoch"]
    iam.create_user(UserName="temporary")
    policy = allow({"NumericLessThan": {"aws:EpochTime": str(int(now) + 3600)}})
    iam.put_user_policy(UserName="temporary", PolicyName="hour", PolicyDocument=json.dumps(policy))
    pair = iam.create_access_key(UserName="temporary")["AccessKey"]
    ssm = fresh_cloud.client("ssm", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    assert permitted(ssm.describe_parameters)
    fresh_cloud.clock_advance(7200)
    assert not permitted(ssm.describe_parameters)
    fresh_cloud.control("clock", {"reset": True})
    assert permitted(ssm.describe_parameters)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}, "CREATE_COMPLETE"),
        ({"StringEquals": {"aws:CalledViaFirst": "cloudformation.amazonaws.com"}}, "CREATE_COMPLETE"),
        ({"Bool": {"aws:ViaAWSService": "true"}}, "CREATE_COMPLETE"),
        ({"Bool": {"aws:ViaAWSService": "false"}}, "ROLLBACK_COMPLETE"),
    ],
)
def test_cloudformation_calls_for_its_caller(
    cloud: RunningCloud, iam_user: Clients, condition: dict[str, Any], expected: str
) -> None:
    policy = allow(condition)
    policy["Statement"].append({"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"})
    user = iam_user(policy)
    template = {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}}}
    cfn = user("cloudformation")
    cfn.create_stack(StackName="via", TemplateBody=json.dumps(template))
    cloud.settle()
    assert cfn.describe_stacks(StackName="via")["Stacks"][0]["StackStatus"] == expected
    direct = expected == "ROLLBACK_COMPLETE"
    assert permitted(user("ssm").put_parameter, Name="/direct", Value="x", Type="String") is direct


def test_a_denial_names_who_what_where_and_why(cloud: RunningCloud, iam_user: Clients, account: str) -> None:
    policy = allow(action="ssm:PutParameter")
    policy["Statement"].append({"Sid": "Never", "Effect": "Deny", "Action": "ssm:DeleteParameter", "Resource": "*"})
    ssm = iam_user(policy)("ssm")
    arn, user = f"arn:aws:ssm:us-east-1:{account}:parameter/a", f"arn:aws:iam::{account}:user/someone"
    with pytest.raises(ClientError) as denied:
        ssm.get_parameter(Name="/a")
    assert denied.value.response["Error"]["Message"] == (
        f"User: {user} is not authorized to perform: ssm:GetParameter on resource: {arn} because no identity-based "
        "policy allows the ssm:GetParameter action"
    )
    with pytest.raises(ClientError) as denied:
        ssm.delete_parameter(Name="/a")
    assert denied.value.response["Error"]["Message"] == (
        f"User: {user} is not authorized to perform: ssm:DeleteParameter on resource: {arn} with an explicit deny in "
        "an identity-based policy"
    )
    ssm.put_parameter(Name="/a", Value="x", Type="String")
    put, explicit, implicit = cloud.control(f"journal?account={account}&service=ssm")["entries"]
    assert (put["status"], put["error"], put["principal"]) == (200, "", user)
    assert put["decision"] == [
        {"action": "ssm:PutParameter", "resource": arn, "allowed": True, "reason": put["decision"][0]["reason"],
         "statements": [{"policy": "only", "sid": "Only"}]}
    ]  # fmt: skip
    assert (explicit["status"], explicit["error"]) == (400, "AccessDeniedException")
    assert explicit["decision"][0]["allowed"] is False
    assert explicit["decision"][0]["statements"] == [{"policy": "only", "sid": "Never"}]
    assert implicit["decision"][0]["allowed"] is False
    assert implicit["decision"][0]["statements"] == []


def test_authorization_comes_before_validation(iam_user: Clients) -> None:
    with pytest.raises(ClientError) as denied:
        iam_user()("ssm").get_parameter(Name="not/a valid name!")
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"


def test_an_operation_that_is_not_built_is_named_to_root(client: Clients) -> None:
    with pytest.raises(ClientError) as refused:
        client("ssm").list_documents()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "ssm:ListDocuments" in refused.value.response["Error"]["Message"]


def test_a_room_says_of_which_resources_the_policy_must_allow(client: Clients, account: str) -> None:
    kms = client("kms")
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:PutKeyPolicy", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    key = kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    assert not permitted(kms.describe_key, KeyId=key)  # the key's own policy, even for root
    for free in ("alias/none", "134f2428-cec1-4b25-a1ae-9048164dba47"):  # what is not there has no policy
        with pytest.raises(ClientError, match="NotFoundException"):
            kms.describe_key(KeyId=free)
