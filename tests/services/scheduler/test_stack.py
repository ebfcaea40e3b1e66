"""Schedules made by CloudFormation, and schedules of SAM's functions."""

from __future__ import annotations

import json

from tests.services.scheduler.conftest import OFF


def test_a_schedule_in_a_group(desk):
    cloudformation, queue, role = desk.client("cloudformation"), desk.queue(), desk.role()

    def template(days: int) -> str:
        target = {"Arn": queue, "RoleArn": role, "RetryPolicy": {"MaximumRetryAttempts": str(days)}}
        schedule = {
            "GroupName": {"Ref": "Group"}, "ScheduleExpression": f"rate({days} days)", "FlexibleTimeWindow": OFF,
            "Target": target, "State": "DISABLED", "StartDate": "2099-01-01T00:00:00Z",
        }  # fmt: skip
        group = {"Tags": [{"Key": "days", "Value": str(days)}]}
        return json.dumps({
            "Resources": {
                "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": group},
                "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": schedule},
            },
            "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Schedule", "Arn"]}}, "Group": {"Value": {"Ref": "Group"}}},
        })  # fmt: skip

    def outputs() -> dict[str, str]:
        desk.cloud.settle()
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        happened = cloudformation.describe_stack_events(StackName="s")["StackEvents"]
        why = [each["ResourceStatusReason"] for each in happened if "FAILED" in each["ResourceStatus"]]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), why
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    cloudformation.create_stack(StackName="s", TemplateBody=template(2))
    made = outputs()
    group, name = made["Arn"].split("/")[1:]
    assert group == made["Group"]
    cloudformation.update_stack(StackName="s", TemplateBody=template(3))
    assert outputs() == made
    found = desk.scheduler.get_schedule(GroupName=group, Name=name)
    assert found["ScheduleExpression"] == "rate(3 days)" and found["StartDate"].year == 2099
    assert found["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 3}
    arn = desk.scheduler.get_schedule_group(Name=group)["Arn"]
    assert {"Key": "days", "Value": "3"} in desk.scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"]
    cloudformation.delete_stack(StackName="s")
    desk.cloud.settle()
    assert [each["Name"] for each in desk.scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default"]


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
            print("GOT", event["n"])
      Events:
        Daily:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: rate(1 day)
            Input: '{"n": 5}'
"""


def test_a_schedule_of_sams_function(timed):
    timed.at("2027-01-01T00:00")
    timed.client("cloudformation").create_stack(StackName="s", TemplateBody=SAM, Capabilities=[
        "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])  # fmt: skip
    timed.cloud.settle()
    [stack] = timed.client("cloudformation").describe_stacks(StackName="s")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    timed.cloud.clock_advance(86_400)
    timed.cloud.settle()
    [function] = timed.client("lambda").list_functions()["Functions"]
    events = timed.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function['FunctionName']}")["events"]
    assert [each["message"] for each in events if "GOT" in each["message"]] == ["GOT 5\n"] * 2
