"""EventBridge's resources made by CloudFormation, and events of SAM's functions."""

from __future__ import annotations

import json

from tests.services.events.conftest import entry


def template(pattern: str, days: int, description: str) -> str:
    connection = {"BasicAuthParameters": {"Username": "u", "Password": "p"}}
    policy = {"Effect": "Allow", "Action": "events:PutEvents", "Principal": {"AWS": "*"},
              "Resource": {"Fn::GetAtt": ["Bus", "Arn"]}}  # fmt: skip
    resources = {
        "Bus": ("EventBus", {"Name": "bus", "Description": description, "Tags": [{"Key": "k", "Value": description}]}),
        "Policy": ("EventBusPolicy", {"EventBusName": {"Ref": "Bus"}, "StatementId": "s", "Statement": policy}),
        "Archive": ("Archive", {"SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]}, "RetentionDays": days}),
        "Connection": ("Connection", {"AuthorizationType": "BASIC", "AuthParameters": connection}),
        "Api": ("ApiDestination", {
            "ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]}, "HttpMethod": "POST",
            "InvocationEndpoint": "https://localhost/x", "InvocationRateLimitPerSecond": "7",
        }),
        "Rule": ("Rule", {
            "EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": [pattern]}, "State": "ENABLED",
            "Targets": [{"Id": "log", "Arn": {"Ref": "Group"}}],
        }),
    }  # fmt: skip
    made = {name: {"Type": f"AWS::Events::{kind}", "Properties": given} for name, (kind, given) in resources.items()}
    outputs = {"Rule": {"Ref": "Rule"}, "Arn": {"Fn::GetAtt": ["Rule", "Arn"]}, "Archive": {"Ref": "Archive"},
               "Connection": {"Ref": "Connection"}, "Api": {"Ref": "Api"}}  # fmt: skip
    return json.dumps({
        "Parameters": {"Group": {"Type": "String"}},
        "Resources": made,
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    })  # fmt: skip


def test_all_types_are_made_changed_and_deleted(desk):
    cloudformation = desk.client("cloudformation")
    parameters = [{"ParameterKey": "Group", "ParameterValue": desk.log_group()}]

    def outputs() -> dict[str, str]:
        desk.cloud.settle()
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        happened = cloudformation.describe_stack_events(StackName="s")["StackEvents"]
        why = [each["ResourceStatusReason"] for each in happened if "FAILED" in each["ResourceStatus"]]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), why
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    given = {"StackName": "s", "Parameters": parameters}
    cloudformation.create_stack(**given, TemplateBody=template("shop", 3, "one"))
    made = outputs()
    bus, _, rule = made["Rule"].partition("|")
    assert bus == "bus" and made["Arn"].endswith(f":rule/bus/{rule}")
    assert desk.events.describe_event_bus(Name="bus")["Description"] == "one"
    assert json.loads(desk.events.describe_event_bus(Name="bus")["Policy"])["Statement"][0]["Sid"] == "s"
    assert desk.events.describe_api_destination(Name=made["Api"])["InvocationRateLimitPerSecond"] == 7
    desk.put(entry(EventBusName="bus"))
    assert len(desk.seen()) == 1
    cloudformation.update_stack(**given, TemplateBody=template("other", 5, "two"))
    assert outputs() == made
    desk.put(entry(EventBusName="bus"))
    assert len(desk.seen()) == 1
    assert desk.events.describe_archive(ArchiveName=made["Archive"])["RetentionDays"] == 5
    arn = desk.events.describe_event_bus(Name="bus")["Arn"]
    assert {"Key": "k", "Value": "two"} in desk.events.list_tags_for_resource(ResourceARN=arn)["Tags"]
    cloudformation.delete_stack(StackName="s")
    desk.cloud.settle()
    assert [bus["Name"] for bus in desk.events.list_event_buses()["EventBuses"]] == ["default"]
    assert desk.events.list_connections()["Connections"] == desk.events.list_archives()["Archives"] == []


SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      Runtime: python3.11
      InlineCode: |
        def handler(event, context):
            print("GOT", event["source"])
      Events:
        Sold:
          Type: EventBridgeRule
          Properties:
            Pattern:
              source: [shop]
        Daily:
          Type: Schedule
          Properties:
            Schedule: rate(1 day)
            Name: daily
"""


def test_events_of_sams_functions(timed):
    timed.at("2027-01-01T00:00")
    timed.client("cloudformation").create_stack(StackName="s", TemplateBody=SAM, Capabilities=[
        "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])  # fmt: skip
    timed.cloud.settle()
    [stack] = timed.client("cloudformation").describe_stacks(StackName="s")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    timed.put(entry())
    timed.cloud.clock_advance(86_400)
    [function] = timed.client("lambda").list_functions()["Functions"]
    lines = timed.seen(f"/aws/lambda/{function['FunctionName']}")
    assert [line for line in lines if "GOT" in line] == ["GOT shop\n", "GOT aws.events\n"]


def test_a_bucket_of_a_stack_tells_eventbridge(desk):
    told = {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}}
    body = json.dumps({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": told}}})
    desk.client("cloudformation").create_stack(StackName="s", TemplateBody=body)
    desk.cloud.settle()
    [bucket] = [each["Name"] for each in desk.client("s3").list_buckets()["Buckets"]]
    found = desk.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    assert found["EventBridgeConfiguration"] == {}
