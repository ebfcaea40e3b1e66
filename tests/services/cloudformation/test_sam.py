"""Transforms: AWS::Serverless, AWS::LanguageExtensions, AWS::Include."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudformation.conftest import CAPABILITIES, HANDLE, Stacks

SERVERLESS = {"Transform": "AWS::Serverless-2016-10-31"}
INLINE = "def handler(event, context):\n    return {'ok': True}\n"


def function(**more: Any) -> dict[str, Any]:
    properties = {"InlineCode": INLINE, "Handler": "index.handler", "Runtime": "python3.12", **more}
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def test_a_serverless_function_is_made_of_its_parts(stacks: Stacks, client: Callable[..., Any]) -> None:
    event = {"Get": {"Type": "HttpApi", "Properties": {"Path": "/x", "Method": "get"}}}
    resources = {"F": function(Events=event), "T": {"Type": "AWS::Serverless::SimpleTable"}}
    status = stacks.create("sam", resources, **SERVERLESS, Outputs={"Arn": {"Value": {"Fn::GetAtt": ["F", "Arn"]}}})
    assert status == "CREATE_COMPLETE", stacks.all_reasons("sam")
    assert set(stacks.ids("sam")) == {
        "F", "FRole", "FGetPermission", "T", "ServerlessHttpApi", "ServerlessHttpApiApiGatewayDefaultStage",
    }  # fmt: skip
    assert stacks.outputs("sam")["Arn"].endswith(":function:" + stacks.ids("sam")["F"])
    answer = client("lambda").invoke(FunctionName=stacks.ids("sam")["F"])
    assert answer["Payload"].read() == b'{"ok": true}'
    original = stacks.client.get_template(StackName="sam")["TemplateBody"]
    processed = stacks.client.get_template(StackName="sam", TemplateStage="Processed")["TemplateBody"]
    assert original["Resources"]["F"]["Type"] == "AWS::Serverless::Function"
    assert processed["Resources"]["F"]["Type"] == "AWS::Lambda::Function" and "Transform" not in processed
    assert stacks.delete("sam") == "DELETE_COMPLETE"
    assert client("lambda").list_functions()["Functions"] == []


def test_a_transform_that_fails_fails_the_change_set_and_the_stack(stacks: Stacks) -> None:
    body = Stacks.body({"F": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "x"}}}, **SERVERLESS)
    given = {"StackName": "s", "TemplateBody": body, "Capabilities": CAPABILITIES}
    arn = stacks.client.create_change_set(ChangeSetName="c", ChangeSetType="CREATE", **given)["Id"]
    change_set = stacks.client.describe_change_set(ChangeSetName=arn)
    expected = (
        "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document. "
        "Number of errors found: 1. Resource with id [F] is invalid."
    )
    assert change_set["Status"] == "FAILED" and change_set["StatusReason"].startswith(expected)
    stacks.client.create_stack(**{**given, "StackName": "t"})
    assert stacks.status("t") == "ROLLBACK_COMPLETE"
    assert any(reason.startswith(expected) for reason in stacks.all_reasons("t"))


def test_applications_from_the_repository_are_refused(stacks: Stacks) -> None:
    location = {
        "Location": {"ApplicationId": "arn:aws:serverlessrepo:us-east-1:1:applications/x", "SemanticVersion": "1.0.0"}
    }
    resources = {"A": {"Type": "AWS::Serverless::Application", "Properties": location}}
    with pytest.raises(ClientError, match="has not built the Serverless Application Repository"):
        stacks.create("s", resources, **SERVERLESS)


def test_language_extensions(stacks: Stacks) -> None:
    names = {"Names": {"Type": "CommaDelimitedList", "Default": "A,B"}}
    resources = {"Fn::ForEach::Handles": ["Name", {"Ref": "Names"}, {"H${Name}": {"Type": HANDLE}}]}
    outputs = {
        "Count": {"Value": {"Fn::Length": {"Ref": "Names"}}},
        "Json": {"Value": {"Fn::ToJsonString": {"names": {"Ref": "Names"}}}},
        "Default": {"Value": {"Fn::FindInMap": ["M", "no", "no", {"DefaultValue": "d"}]}},
    }
    stacks.create(
        "s",
        resources,
        Parameters=names,
        Outputs=outputs,
        Mappings={"M": {"a": {"b": "c"}}},
        Transform="AWS::LanguageExtensions",
    )
    assert set(stacks.ids("s")) == {"HA", "HB"}
    assert stacks.outputs("s") == {"Count": "2", "Json": '{"names":["A","B"]}', "Default": "d"}


def test_extensions_are_refused_without_the_transform(stacks: Stacks) -> None:
    with pytest.raises(ClientError, match="Encountered unsupported function: Fn::Length"):
        stacks.create("s", {"A": {"Type": HANDLE}}, Outputs={"O": {"Value": {"Fn::Length": ["a"]}}})


def test_include(stacks: Stacks, client: Callable[..., Any], account: str) -> None:
    s3, name = client("s3"), f"parts-{account}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="p.yaml", Body=b"RetentionInDays: 14\n")
    part = {"Name": "AWS::Include", "Parameters": {"Location": f"s3://{name}/p.yaml"}}
    resources = {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/own", "Fn::Transform": part}}}
    assert stacks.create("s", resources) == "CREATE_COMPLETE"
    assert client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 14


def test_templates_with_loops_and_oddities_are_told_about(stacks: Stacks) -> None:
    loop = {
        "Fn::ForEach::L": ["X", ["a"], {"R${X}": {"Type": "AWS::SSM::Parameter"}}],
        "T": {"Type": "AWS::S3::Bucket"},
    }
    body = stacks.body(loop, Transform="AWS::LanguageExtensions")
    assert stacks.client.validate_template(TemplateBody=body)["DeclaredTransforms"] == ["AWS::LanguageExtensions"]
    assert stacks.client.get_template_summary(TemplateBody=body)["ResourceTypes"] == ["AWS::S3::Bucket"]
    for odd in ("text", ["list"], {"Type": ["AWS::S3::Bucket"]}):
        body = stacks.body({"A": odd}, Transform="AWS::LanguageExtensions")
        for ask in (stacks.client.validate_template, stacks.client.get_template_summary):
            with pytest.raises(ClientError) as raised:
                ask(TemplateBody=body)
            assert raised.value.response["Error"]["Code"] == "ValidationError"
