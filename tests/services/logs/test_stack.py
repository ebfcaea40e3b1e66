"""Filters and saved queries made by CloudFormation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.services.logs.test_protection import document

ROLE = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"
}}  # fmt: skip


def template(pattern: str, saved: str, *protected: str) -> str:
    group = {"LogGroupName": {"Ref": "Group"}}
    policy = {"DataProtectionPolicy": document(*protected)} if protected else {}
    resources = {
        "Group": ("LogGroup", policy),
        "Errors": ("MetricFilter", {
            **group, "FilterPattern": pattern, "MetricTransformations": [{
                "MetricName": "Errors", "MetricNamespace": "App", "MetricValue": "$.n", "Unit": "Count",
                "Dimensions": [{"Key": "Path", "Value": "$.path"}],
            }],
        }),
        "Zero": ("MetricFilter", {
            **group, "FilterName": "zero", "FilterPattern": "x",
            "MetricTransformations": [
                {"MetricName": "Z", "MetricNamespace": "App", "MetricValue": "1", "DefaultValue": 0}
            ],
        }),
        "Account": ("AccountPolicy", {
            "PolicyName": "all", "PolicyType": "DATA_PROTECTION_POLICY", "Scope": "ALL",
            "PolicyDocument": json.dumps(document("IpAddress", Description=saved)),
        }),
        "Saved": ("QueryDefinition", {"Name": "errors", "QueryString": saved, "LogGroupNames": [{"Ref": "Group"}]}),
        "Forward": ("SubscriptionFilter", {
            **group, "FilterPattern": pattern, "DestinationArn": {"Fn::GetAtt": ["Function", "Arn"]}
        }),
    }  # fmt: skip
    made: dict[str, Any] = {
        name: {"Type": f"AWS::Logs::{kind}", "Properties": p} for name, (kind, p) in resources.items()
    }
    made["Forward"]["DependsOn"] = "Allowed"
    made["Role"] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": ROLE}}
    made["Function"] = {"Type": "AWS::Lambda::Function", "Properties": {
        "Runtime": "python3.11", "Handler": "index.handler", "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context): pass"},
    }}  # fmt: skip
    made["Allowed"] = {"Type": "AWS::Lambda::Permission", "Properties": {
        "Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Function"}, "Principal": "logs.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": ["Group", "Arn"]},
    }}  # fmt: skip
    outputs = {name: {"Value": {"Ref": name}} for name in ("Group", "Errors", "Saved", "Forward", "Account")}
    return json.dumps({"Resources": made, "Outputs": outputs})


def test_filters_and_saved_queries_are_made_changed_and_deleted(client: Callable[..., Any], cloud: Any) -> None:
    cloudformation, logs = client("cloudformation"), client("logs")

    def ended() -> dict[str, str]:
        cloud.settle()
        (stack,) = cloudformation.describe_stacks(StackName="s")["Stacks"]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), [
            event.get("ResourceStatusReason")
            for event in cloudformation.describe_stack_events(StackName="s")["StackEvents"]
        ]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    given = {"StackName": "s", "Capabilities": ["CAPABILITY_IAM"]}
    cloudformation.create_stack(**given, TemplateBody=template("{ $.n > 0 }", "fields a", "EmailAddress"))
    made = ended()

    def protected() -> Any:
        return json.loads(
            logs.get_data_protection_policy(logGroupIdentifier=made["Group"]).get("policyDocument", "null")
        )

    def account() -> Any:
        found = logs.describe_account_policies(policyType="DATA_PROTECTION_POLICY")["accountPolicies"]
        return [(each["policyName"], json.loads(each["policyDocument"])["Description"]) for each in found]

    assert protected() == document("EmailAddress")
    assert account() == [("all", "fields a")]
    assert made["Account"].split("|")[1:] == ["DATA_PROTECTION_POLICY", "all"]
    errors, zero = logs.describe_metric_filters(logGroupName=made["Group"])["metricFilters"]
    assert errors["filterName"] == made["Errors"] and errors["filterPattern"] == "{ $.n > 0 }"
    assert errors["metricTransformations"][0]["dimensions"] == {"Path": "$.path"}
    assert zero["metricTransformations"][0]["defaultValue"] == 0
    (saved,) = logs.describe_query_definitions()["queryDefinitions"]
    assert (saved["queryDefinitionId"], saved["logGroupNames"]) == (made["Saved"], [made["Group"]])
    (forward,) = logs.describe_subscription_filters(logGroupName=made["Group"])["subscriptionFilters"]
    assert forward["filterName"] == made["Forward"] and forward["destinationArn"].split(":")[5] == "function"

    cloudformation.update_stack(**given, TemplateBody=template("{ $.n > 1 }", "fields b"))
    assert ended() == made
    assert (protected(), account()) == (None, [("all", "fields b")])
    (saved,) = logs.describe_query_definitions()["queryDefinitions"]
    assert saved["queryString"] == "fields b"
    for kind in ("metric", "subscription"):
        describe = getattr(logs, f"describe_{kind}_filters")
        found = describe(logGroupName=made["Group"])[f"{kind}Filters"]
        assert found[0]["filterPattern"] == "{ $.n > 1 }"
    cloudformation.delete_stack(StackName="s")
    cloud.settle()
    assert logs.describe_query_definitions()["queryDefinitions"] == []
    assert logs.describe_metric_filters()["metricFilters"] == []
    assert account() == []
