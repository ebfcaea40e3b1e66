"""What AWS answers to calls of Scheduler: shapes, sentences, pages."""

from __future__ import annotations

import pytest

from tests.services.scheduler.conftest import OFF, refused


def test_a_schedule_with_its_defaults(desk):
    role, queue = desk.role(), desk.queue()
    arn = desk.make("rate(1 day)", queue, role, State="DISABLED")
    assert arn == f"arn:aws:scheduler:us-east-1:{desk.account}:schedule/default/s"
    found = desk.scheduler.get_schedule(Name="s")
    found.pop("ResponseMetadata")
    assert found.pop("CreationDate") == found.pop("LastModificationDate")
    assert found == {
        "Arn": arn, "Name": "s", "GroupName": "default", "State": "DISABLED", "ActionAfterCompletion": "NONE",
        "ScheduleExpression": "rate(1 day)", "ScheduleExpressionTimezone": "UTC", "FlexibleTimeWindow": OFF,
        "Target": {
            "Arn": queue, "RoleArn": role,
            "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
        },
    }  # fmt: skip
    message = refused("ConflictException", desk.make, expression="rate(1 day)", target=queue, role=role)
    assert message == "Schedule s already exists."
    given = {"Name": "s", "ScheduleExpression": "cron(0 9 ? * MON-FRI *)", "FlexibleTimeWindow": OFF}
    given.update({"Target": {"Arn": queue, "RoleArn": role}, "State": "DISABLED", "Description": "d"})
    assert desk.scheduler.update_schedule(**given)["ScheduleArn"] == arn
    found = desk.scheduler.get_schedule(Name="s")
    assert (found["Description"], found["ScheduleExpression"]) == ("d", "cron(0 9 ? * MON-FRI *)")
    desk.scheduler.delete_schedule(Name="s")
    for call in (desk.scheduler.get_schedule, desk.scheduler.delete_schedule):
        assert refused("ResourceNotFoundException", call, Name="s") == "Schedule s does not exist."
    refused("ResourceNotFoundException", desk.scheduler.update_schedule, **given)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 1 * * * *)", "cron(7 20 * * NOT *)", "cron(INVALID)", "cron(71 8 1 * ? *)", "cron()",
        "rate(10 seconds)", "rate(10 years)", "rate()", "rate(10)", "rate(10 minutess)", "rate(foo minutes)",
        "rate(-10 minutes)", "rate( 10 minutes )", " rate(10 minutes)", "at(2027-12-31T23:59:59Z)", "at(2027-12-31)",
        "at(2027-02-30T00:00:00)", "soon",
    ],
)  # fmt: skip
def test_what_is_no_expression(desk, expression):
    given = {"Name": "s", "ScheduleExpression": expression, "FlexibleTimeWindow": OFF}
    target = {"Arn": "arn:aws:sqs:us-east-1:000000000001:q", "RoleArn": f"arn:aws:iam::{desk.account}:role/r"}
    message = refused("ValidationException", desk.scheduler.create_schedule, **given, Target=target)
    assert message == f"Invalid Schedule Expression {expression}."


def test_what_is_no_schedule(desk):
    role, queue = desk.role(), desk.queue()
    good = {"Name": "s", "ScheduleExpression": "rate(2 minute)", "FlexibleTimeWindow": OFF}
    good["Target"] = {"Arn": queue, "RoleArn": role}
    create = desk.scheduler.create_schedule

    def no(code: str = "ValidationException", target: dict | None = None, **more: object) -> str:
        return refused(code, create, **{**good, **more, "Target": {**good["Target"], **(target or {})}})

    assumed = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    assert no(target={"RoleArn": role + "x"}) == assumed
    assert "at 'target.roleArn' failed to satisfy constraint" in no(target={"RoleArn": "n/a"})
    assert no(target={"Arn": "arn:aws:scheduler:us-east-1:1:x"}) == "scheduler is not a supported service for a target."
    assert "events" not in no("NotImplemented", target={"Arn": "arn:aws:states:us-east-1:1:stateMachine:x"})
    assert "Timezone" in no(ScheduleExpressionTimezone="Europe/Atlantis")
    assert "Timezone" in no(ScheduleExpressionTimezone="../../etc/passwd")
    assert (
        no(StartDate=1_900_000_000, EndDate=1_800_000_000) == "The StartDate you specify must come before the EndDate."
    )
    assert "MaximumWindowInMinutes" in no(FlexibleTimeWindow={"Mode": "FLEXIBLE"})
    assert no("ResourceNotFoundException", GroupName="none") == "Schedule group none does not exist."
    assert "EventBridgeParameters" in no(target={"Arn": "arn:aws:events:us-east-1:1:event-bus/default"})
    assert "MessageGroupId" in no(target={"Arn": queue + ".fifo"})
    assert "not a valid JSON" in no(target={"Arn": "arn:aws:lambda:us-east-1:1:function:f", "Input": "{"})
    sdk = "arn:aws:scheduler:::aws-sdk:"
    assert "getObject is not a supported api" in no(target={"Arn": sdk + "s3:getObject"})
    assert "nothing is not a supported api" in no(target={"Arn": sdk + "sqs:nothing"})
    assert "polly" in no("NotImplemented", target={"Arn": sdk + "polly:synthesizeSpeech"})
    message = no(target={"Arn": sdk + "sqs:sendMessage", "Input": '{"Nonsense": 1}'})
    assert message == "Invalid RequestJson provided. Reason: The field 'Nonsense' is not supported."
    assert "is not a string" in no(target={"Arn": sdk + "sqs:sendMessage", "Input": '{"QueueUrl": 1}'})
    no(KmsKeyArn=f"arn:aws:kms:us-east-1:{desk.account}:key/x")
    assert desk.scheduler.list_schedules()["Schedules"] == []


def test_the_same_token_is_the_same_call(desk):
    role, queue = desk.role(), desk.queue()
    first = desk.make("rate(1 day)", queue, role, ClientToken="t", State="DISABLED")
    assert desk.make("rate(1 day)", queue, role, ClientToken="t", State="DISABLED") == first
    refused("ConflictException", desk.make, expression="rate(2 days)", target=queue, role=role, ClientToken="t")
    group = desk.scheduler.create_schedule_group(Name="g", ClientToken="t")["ScheduleGroupArn"]
    assert desk.scheduler.create_schedule_group(Name="g", ClientToken="t")["ScheduleGroupArn"] == group


def test_groups(desk):
    [default] = desk.scheduler.list_schedule_groups()["ScheduleGroups"]
    assert (default["Name"], default["State"]) == ("default", "ACTIVE")
    tags = [{"Key": "a", "Value": "1"}]
    arn = desk.scheduler.create_schedule_group(Name="g", Tags=tags)["ScheduleGroupArn"]
    assert arn == f"arn:aws:scheduler:us-east-1:{desk.account}:schedule-group/g"
    assert desk.scheduler.get_schedule_group(Name="g")["Arn"] == arn
    message = refused("ConflictException", desk.scheduler.create_schedule_group, Name="g")
    assert message == "Schedule group g already exists."
    desk.scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    desk.scheduler.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert desk.scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    refused("ResourceNotFoundException", desk.scheduler.list_tags_for_resource, ResourceArn=arn + "x")
    role, queue = desk.role(), desk.queue()
    desk.make("rate(1 day)", queue, role, GroupName="g", State="DISABLED")
    desk.make("rate(1 day)", queue, role, GroupName="g", name="t", StartDate=4_000_000_000)
    refused("ValidationException", desk.scheduler.delete_schedule_group, Name="default")
    desk.scheduler.delete_schedule_group(Name="g")
    desk.cloud.settle()
    message = refused("ResourceNotFoundException", desk.scheduler.get_schedule_group, Name="g")
    assert message == "Schedule group g does not exist."
    refused("ResourceNotFoundException", desk.scheduler.delete_schedule_group, Name="g")
    assert desk.scheduler.list_schedules()["Schedules"] == []
    desk.scheduler.create_schedule_group(Name="g")
    assert desk.scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == []


def test_lists_come_in_pages(desk):
    role, queue = desk.role(), desk.queue()
    desk.scheduler.create_schedule_group(Name="g")
    for group in ("default", "g"):
        for number in range(3):
            state = "ENABLED" if number else "DISABLED"
            desk.make("rate(1 day)", queue, role, GroupName=group, name=f"s{number}", State=state, StartDate=4e9)
    page = desk.scheduler.list_schedules(MaxResults=4)
    seen = [(each["GroupName"], each["Name"]) for each in page["Schedules"]]
    page = desk.scheduler.list_schedules(MaxResults=4, NextToken=page["NextToken"])
    seen += [(each["GroupName"], each["Name"]) for each in page["Schedules"]]
    assert seen == [(group, f"s{number}") for group in ("default", "g") for number in range(3)]
    assert "NextToken" not in page and page["Schedules"][0]["Target"] == {"Arn": queue}
    assert len(desk.scheduler.list_schedules(GroupName="g")["Schedules"]) == 3
    assert len(desk.scheduler.list_schedules(State="DISABLED")["Schedules"]) == 2
    assert len(desk.scheduler.list_schedules(NamePrefix="s1")["Schedules"]) == 2
    groups = desk.scheduler.list_schedule_groups(MaxResults=1)
    assert [each["Name"] for each in groups["ScheduleGroups"]] == ["default"]
    groups = desk.scheduler.list_schedule_groups(MaxResults=1, NextToken=groups["NextToken"])
    assert [each["Name"] for each in groups["ScheduleGroups"]] == ["g"]
    for call in (desk.scheduler.list_schedules, desk.scheduler.list_schedule_groups):
        refused("ValidationException", call, NextToken="nonsense")
