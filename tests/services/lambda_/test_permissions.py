"""Who may do what: identity policies, resource policies, the execution role."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.services.lambda_.conftest import refused, zipped

Make = Callable[..., dict[str, Any]]


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """A policy as data."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], resource: str) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def test_without_a_policy_nothing_is_allowed(make: Make, iam_user: Any, account: str) -> None:
    make("fn")
    mine = iam_user()("lambda")
    with refused("AccessDeniedException") as refusal:
        mine.invoke(FunctionName="fn")
    arn = f"arn:aws:lambda:us-east-1:{account}:function:fn"
    assert refusal.status == 403
    assert refusal.message == (
        f"User: arn:aws:iam::{account}:user/someone is not authorized to perform: lambda:InvokeFunction on resource: "
        f"{arn} because no identity-based policy allows the lambda:InvokeFunction action"
    )


def test_a_qualified_function_is_a_resource_of_its_own(make: Make, functions: Any, iam_user: Any, account: str) -> None:
    make("fn", Publish=True)
    functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    arn = f"arn:aws:lambda:us-east-1:{account}:function:fn"
    mine = iam_user(document(allow("lambda:InvokeFunction", f"{arn}:live")))("lambda")
    assert mine.invoke(FunctionName="fn", Qualifier="live")["StatusCode"] == 200
    for name in ("fn", "fn:1", "fn:$LATEST"):
        with refused("AccessDeniedException"):
            mine.invoke(FunctionName=name)


def test_create_needs_the_role_to_be_passed(iam_user: Any, role: str, account: str) -> None:
    given = {
        "FunctionName": "fn", "Runtime": "python3.11", "Handler": "app.handler", "Role": role,
        "Code": {"ZipFile": zipped()},
    }  # fmt: skip
    only = iam_user(document(allow("lambda:*", "*")), "one")("lambda")
    with refused("AccessDeniedException") as refusal:
        only.create_function(**given)
    assert f"is not authorized to perform: iam:PassRole on resource: {role}" in refusal.message
    passing = {
        **allow("iam:PassRole", role),
        "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
    }
    both = iam_user(document(allow("lambda:CreateFunction", "*"), passing), "two")("lambda")
    assert both.create_function(**given)["FunctionName"] == "fn"
    with refused("AccessDeniedException") as refusal:
        both.create_function(**{**given, "FunctionName": "tagged", "Tags": {"a": "b"}})
    assert "lambda:TagResource" in refusal.message


def test_tags_are_shown_to_those_who_may_list_them(make: Make, iam_user: Any) -> None:
    arn = make("fn", Tags={"a": "b"})["FunctionArn"]
    shown = iam_user(document(allow(["lambda:GetFunction", "lambda:ListTags"], arn)), "one")("lambda")
    assert shown.get_function(FunctionName="fn")["Tags"] == {"a": "b"}
    hidden = iam_user(document(allow("lambda:GetFunction", arn)), "two")("lambda").get_function(FunctionName="fn")
    assert "Tags" not in hidden
    assert hidden["TagsError"]["ErrorCode"] == "AccessDeniedException"
    assert f"is not authorized to perform: lambda:ListTags on resource: {arn} because" in hidden["TagsError"]["Message"]


def test_a_role_of_another_account_is_not_passed(functions: Any) -> None:
    with refused("AccessDeniedException") as refusal:
        functions.create_function(
            FunctionName="fn", Runtime="python3.11", Handler="app.handler", Role="arn:aws:iam::210987654321:role/r",
            Code={"ZipFile": zipped()},
        )  # fmt: skip
    assert refusal.message == "Cross-account pass role is not allowed."


def test_code_in_s3_is_read_by_the_caller(make: Make, iam_user: Any, client: Any, role: str, account: str) -> None:
    bucket = f"code-{account}"
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="f.zip", Body=zipped())
    make("fn")
    actions = ["lambda:*", "iam:PassRole"]
    poor = iam_user(document(allow(actions, "*")), "poor")("lambda")
    rich = iam_user(document(allow([*actions, "s3:GetObject"], "*")), "rich")("lambda")
    code = {"S3Bucket": bucket, "S3Key": "f.zip"}
    settings = {"Runtime": "python3.11", "Handler": "app.handler", "Role": role}
    for operation, given in (
        ("create_function", {"FunctionName": "new", **settings, "Code": code}),
        ("update_function_code", {"FunctionName": "fn", **code}),
        ("publish_layer_version", {"LayerName": "l", "Content": code}),
    ):
        with refused("AccessDeniedException") as refusal:
            getattr(poor, operation)(**given)
        assert refusal.status == 403
        assert refusal.message == (
            "Your access has been denied by S3, please make sure your request credentials have permission to GetObject"
            f" for {bucket}/f.zip. S3 Error Code: AccessDenied. S3 Error Message: User:"
            f" arn:aws:iam::{account}:user/poor"
            f' is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::{bucket}/f.zip" because no'
            " identity-based policy allows the s3:GetObject action"
        )
        getattr(rich, operation)(**given)


def test_role_limits_the_function(make: Make, functions: Any, client: Any, account: str) -> None:
    source = """
import boto3
def handler(event, context):
    try:
        boto3.client("dynamodb").list_tables()
        return "allowed"
    except Exception as error:
        return str(error)
"""
    make("fn", source, Timeout=15)
    said = json.loads(functions.invoke(FunctionName="fn")["Payload"].read())
    assert (
        f"User: arn:aws:sts::{account}:assumed-role/runner/fn is not authorized to perform: dynamodb:ListTables" in said
    )
    client("iam").put_role_policy(
        RoleName="runner", PolicyName="p", PolicyDocument=json.dumps(document(allow("dynamodb:ListTables", "*")))
    )
    assert json.loads(functions.invoke(FunctionName="fn")["Payload"].read()) == "allowed"


def test_role_that_is_gone(make: Make, functions: Any, client: Any) -> None:
    make("fn")
    client("iam").detach_role_policy(
        RoleName="runner", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    )
    client("iam").delete_role(RoleName="runner")
    with refused("AccessDeniedException") as refusal:
        functions.invoke(FunctionName="fn")
    assert refusal.message == "The role defined for the function cannot be assumed by Lambda."


# ---- resource policies -----------------------------------------------------------------------------------------------


def test_statement_as_aws_writes_it(make: Make, functions: Any, account: str) -> None:
    arn = make("fn")["FunctionArn"]
    added = functions.add_permission(
        FunctionName="fn", StatementId="bucket", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::b", SourceAccount=account,
    )  # fmt: skip
    statement = {
        "Sid": "bucket",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": account},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
        },
    }
    assert json.loads(added["Statement"]) == statement
    found = functions.get_policy(FunctionName="fn")
    assert json.loads(found["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    with refused("ResourceConflictException") as refusal:
        functions.add_permission(
            FunctionName="fn", StatementId="bucket", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com"
        )
    assert "The statement id (bucket) provided already exists." in refusal.message
    with refused("PreconditionFailedException"):
        functions.remove_permission(FunctionName="fn", StatementId="bucket", RevisionId="old")
    functions.remove_permission(FunctionName="fn", StatementId="bucket", RevisionId=found["RevisionId"])
    with refused("ResourceNotFoundException"):
        functions.get_policy(FunctionName="fn")
    with refused("ResourceNotFoundException"):
        functions.remove_permission(FunctionName="fn", StatementId="bucket")


def test_principals(make: Make, functions: Any, role: str, account: str) -> None:
    make("fn")
    for number, (given, written) in enumerate(
        (
            ("123456789012", {"AWS": "arn:aws:iam::123456789012:root"}),
            ("*", "*"),
            (role, {"AWS": role}),
        )
    ):
        added = functions.add_permission(
            FunctionName="fn", StatementId=f"s{number}", Action="lambda:InvokeFunction", Principal=given
        )
        assert json.loads(added["Statement"])["Principal"] == written
    with refused("InvalidParameterValueException"):
        functions.add_permission(
            FunctionName="fn", StatementId="bad", Action="lambda:InvokeFunction", Principal="nobody"
        )


def test_resource_policy_lets_a_user_in(make: Make, functions: Any, iam_user: Any, account: str) -> None:
    make("fn")
    mine = iam_user()("lambda")
    user = f"arn:aws:iam::{account}:user/someone"
    functions.add_permission(FunctionName="fn", StatementId="s", Action="lambda:InvokeFunction", Principal=user)
    assert mine.invoke(FunctionName="fn")["StatusCode"] == 200
    with refused("AccessDeniedException"):
        mine.get_function(FunctionName="fn")
    with refused("AccessDeniedException") as refusal:
        mine.list_functions()
    assert "perform: lambda:ListFunctions on resource: * because no identity-based policy allows" in refusal.message


def test_another_account_needs_both_sides(make: Make, functions: Any, cloud: Any, account: str) -> None:
    arn = make("fn")["FunctionArn"]
    other = "999988887777"
    stranger = cloud.client("lambda", key=other)
    with refused("AccessDeniedException"):
        stranger.invoke(FunctionName=arn)
    functions.add_permission(FunctionName="fn", StatementId="s", Action="lambda:InvokeFunction", Principal=other)
    assert stranger.invoke(FunctionName=arn, Payload=b"7")["Payload"].read() == b"7"


def test_layer_of_another_account(make: Make, functions: Any, cloud: Any, account: str) -> None:
    other = cloud.client("lambda", key="888877776666")
    arn = other.publish_layer_version(LayerName="x", Content={"ZipFile": zipped({"a": "b"})})["LayerVersionArn"]
    with refused("AccessDeniedException") as refusal:
        make("fn", Layers=[arn])
    assert "lambda:GetLayerVersion" in refusal.message
    added = other.add_layer_version_permission(
        LayerName="x", VersionNumber=1, StatementId="s", Action="lambda:GetLayerVersion", Principal=account
    )
    assert json.loads(added["Statement"])["Principal"] == {"AWS": f"arn:aws:iam::{account}:root"}
    policy = json.loads(other.get_layer_version_policy(LayerName="x", VersionNumber=1)["Policy"])
    assert policy["Statement"][0]["Resource"] == arn
    assert make("fn", Layers=[arn])["Layers"][0]["Arn"] == arn
    other.remove_layer_version_permission(LayerName="x", VersionNumber=1, StatementId="s")
    with refused("ResourceNotFoundException"):
        other.get_layer_version_policy(LayerName="x", VersionNumber=1)
