"""CloudFormation on the wire: what requests lack, what templates may not be, in AWS's codes and words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudformation.conftest import HANDLE, Stacks, bucket, role

BODY = Stacks.body({"A": {"Type": HANDLE}})


def error(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**given)
    found = raised.value.response["Error"]
    return found["Code"], found["Message"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"StackName": "s"}, "Either Template URL or Template Body must be specified."),
        ({"StackName": "1s", "TemplateBody": BODY}, "Member must satisfy regular expression pattern"),
        ({"StackName": "s" * 129, "TemplateBody": BODY}, "Member must have length less than or equal to 128"),
        ({"StackName": "s", "TemplateBody": "x" * 51_201}, "Member must have length less than or equal to 51200"),
        ({"StackName": "s", "TemplateBody": "nothing"}, "Template format error: unsupported structure."),
        ({"StackName": "s", "TemplateURL": "ftp://x/y"}, "TemplateURL must be a supported URL."),
        (
            {"StackName": "s", "TemplateURL": "http://127.0.0.1:1/none/key"},
            "S3 error: The specified bucket does not exist",
        ),
        ({"StackName": "s", "TemplateBody": BODY, "Tags": [{"Key": "aws:x", "Value": "y"}]}, "aws: prefixed tag key"),
        ({"StackName": "s", "TemplateBody": BODY, "StackPolicyBody": "{"}, "Error validating stack policy"),
        (
            {"StackName": "s", "TemplateBody": BODY, "Parameters": [{"ParameterKey": "P", "ParameterValue": "1"}]},
            "Parameters: [P] do not exist in the template",
        ),
        (
            {"StackName": "s", "TemplateBody": BODY, "DisableRollback": True, "OnFailure": "DELETE"},
            "You can specify either DisableRollback or OnFailure, but not both.",
        ),
    ],
)
def test_create_stack_refuses(stacks: Stacks, given: dict[str, Any], message: str) -> None:
    code, text = error(stacks.client.create_stack, **given)
    assert code == "ValidationError" and message in text
    assert stacks.client.describe_stacks()["Stacks"] == []


def test_names_that_do_not_exist(stacks: Stacks) -> None:
    client = stacks.client
    for call, given, expected in (
        (client.describe_stacks, {}, "Stack with id no does not exist"),
        (client.list_stack_resources, {}, "Stack with id no does not exist"),
        (client.get_template, {}, "Stack with id no does not exist"),
        (client.describe_stack_resources, {}, "Stack with id no does not exist"),
        (client.describe_stack_events, {}, "Stack [no] does not exist"),
        (client.update_stack, {"TemplateBody": BODY}, "Stack [no] does not exist"),
        (client.create_change_set, {"ChangeSetName": "c", "TemplateBody": BODY}, "Stack [no] does not exist"),
        (client.describe_stack_resource, {"LogicalResourceId": "A"}, "Stack 'no' does not exist"),
    ):
        assert error(call, StackName="no", **given) == ("ValidationError", expected)
    assert client.delete_stack(StackName="no")


def test_change_sets_that_do_not_exist(stacks: Stacks) -> None:
    stacks.create("there", {"A": {"Type": HANDLE}})
    assert error(stacks.client.describe_change_set, StackName="there", ChangeSetName="no") == (
        "ChangeSetNotFound",
        "ChangeSet [no] does not exist",
    )
    arn = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/x/y"
    assert error(stacks.client.execute_change_set, ChangeSetName=arn)[0] == "ChangeSetNotFound"


def test_capabilities_are_asked_for(stacks: Stacks) -> None:
    for resources, expected in (
        ({"R": role()}, "Requires capabilities : [CAPABILITY_IAM]"),
        ({"R": role(RoleName="own")}, "Requires capabilities : [CAPABILITY_NAMED_IAM]"),
    ):
        body = Stacks.body(resources)
        assert error(stacks.client.create_stack, StackName="s", TemplateBody=body) == (
            "InsufficientCapabilitiesException",
            expected,
        )
    macro = Stacks.body({"A": {"Type": "AWS::Serverless::SimpleTable"}}, Transform="AWS::Serverless-2016-10-31")
    assert error(stacks.client.create_stack, StackName="s", TemplateBody=macro) == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
    )


def test_what_is_not_built_is_refused_by_name(stacks: Stacks) -> None:
    client = stacks.client
    for call, given in (
        (client.create_stack, {"NotificationARNs": ["arn:aws:sns:us-east-1:123456789012:t"]}),
        (client.create_stack, {"RollbackConfiguration": {"MonitoringTimeInMinutes": 1}}),
        (client.create_change_set, {"ChangeSetName": "c", "ChangeSetType": "IMPORT"}),
        (client.create_change_set, {"ChangeSetName": "c", "IncludeNestedStacks": True}),
    ):
        assert error(call, StackName="s", TemplateBody=BODY, **given)[0] == "NotImplemented"
    assert error(client.detect_stack_drift, StackName="s")[0] == "NotImplemented"
    code, text = error(client.create_stack, StackName="s", TemplateBody=Stacks.body({"A": bucket()}, Transform="Mine"))
    assert code == "InsufficientCapabilitiesException"
    code, text = error(
        client.create_stack,
        StackName="s",
        TemplateBody=Stacks.body({"A": bucket()}, Transform="Mine"),
        Capabilities=["CAPABILITY_AUTO_EXPAND"],
    )
    assert code == "ValidationError" and text.endswith("::Mine found.")


def test_strange_page_tokens_are_refused(stacks: Stacks) -> None:
    stacks.create("s", {"A": {"Type": HANDLE}})
    for call, given in (
        (stacks.client.describe_stacks, {}),
        (stacks.client.list_stacks, {}),
        (stacks.client.list_exports, {}),
        (stacks.client.describe_stack_events, {"StackName": "s"}),
        (stacks.client.list_stack_resources, {"StackName": "s"}),
    ):
        for token in ("%%%", "WzEsMl0"):
            code, _ = error(call, NextToken=token, **given)
            assert code == "ValidationError"


def test_validate_template_tells_what_it_declares(stacks: Stacks) -> None:
    section = {"P": {"Type": "String", "Default": 1, "NoEcho": True, "Description": "d"}}
    body = Stacks.body({"R": role()}, Parameters=section, Description="about")
    answer = stacks.client.validate_template(TemplateBody=body)
    assert answer["Parameters"] == [{"ParameterKey": "P", "DefaultValue": "1", "NoEcho": True, "Description": "d"}]
    assert answer["Description"] == "about"
    assert answer["Capabilities"] == ["CAPABILITY_IAM"]
    assert answer["CapabilitiesReason"] == "The following resource(s) require capabilities: [AWS::IAM::Role]"


def test_get_template_summary(stacks: Stacks) -> None:
    section = {"P": {"Type": "String", "AllowedValues": ["a", True]}}
    body = Stacks.body({"B": bucket(), "C": bucket()}, Parameters=section, Metadata={"x": 1})
    answer = stacks.client.get_template_summary(TemplateBody=body)
    assert answer["ResourceTypes"] == ["AWS::S3::Bucket"]
    assert answer["Metadata"] == '{"x": 1}'
    assert answer["Parameters"][0]["ParameterConstraints"] == {"AllowedValues": ["a", "true"]}
    assert answer["ResourceIdentifierSummaries"][0]["LogicalResourceIds"] == ["B", "C"]
