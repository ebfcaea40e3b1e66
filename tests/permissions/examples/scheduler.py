"""Calls of Scheduler that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

TAGS = [{"Key": "team", "Value": "red"}]
TAGGED = "Tags of a new group need scheduler:TagResource (EventBridge Scheduler User Guide, identity-based policies)."
PASSED = "The execution role is passed to Scheduler (EventBridge Scheduler User Guide, setting up)."
TRUST = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}


def role(at: Stage) -> str:
    """The ARN of a role that Scheduler may assume."""
    document = json.dumps({"Version": "2012-10-17", "Statement": TRUST})
    return str(at.root("iam").create_role(RoleName="for-scheduler", AssumeRolePolicyDocument=document)["Role"]["Arn"])


def given(at: Stage) -> dict[str, Any]:
    """What a schedule is made of."""
    target = {"Arn": at.arn("queue", "sqs"), "RoleArn": at.once(role)}
    once = {"ScheduleExpression": "at(2099-01-01T00:00:00)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    return {"Name": at.name, "Target": target, **once}


@EXAMPLES("CreateSchedule", "UpdateSchedule")
def create_schedule(at: Stage) -> Case:
    if at.operation == "UpdateSchedule":
        at.root().create_schedule(**given(at))
    also = [Also("iam:PassRole", at.once(role), PASSED)]
    return Case(given(at), at.arn(f"schedule/default/{at.name}"), also=also)


@EXAMPLES("GetSchedule", "DeleteSchedule")
def by_schedule(at: Stage) -> Case:
    at.root().create_schedule_group(Name=at.name)
    arn = at.root().create_schedule(**given(at), GroupName=at.name)["ScheduleArn"]
    return Case({"Name": at.name, "GroupName": at.name}, arn)


@EXAMPLES("ListSchedules", "ListScheduleGroups")
def listing(at: Stage) -> Case:
    return Case({})


@EXAMPLES("CreateScheduleGroup")
def create_schedule_group(at: Stage) -> Case:
    arn = at.arn(f"schedule-group/{at.name}")
    return Case({"Name": at.name, "Tags": TAGS}, arn, also=[Also("scheduler:TagResource", arn, TAGGED)])


@EXAMPLES("GetScheduleGroup", "DeleteScheduleGroup")
def by_group(at: Stage) -> Case:
    return Case({"Name": at.name}, at.root().create_schedule_group(Name=at.name)["ScheduleGroupArn"])


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    arn = at.root().create_schedule_group(Name=at.name)["ScheduleGroupArn"]
    return Case({"ResourceArn": arn, "Tags": TAGS}, arn)


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    arn = at.root().create_schedule_group(Name=at.name, Tags=TAGS)["ScheduleGroupArn"]
    return Case({"ResourceArn": arn, "TagKeys": ["team"]}, arn)


@EXAMPLES("ListTagsForResource")
def list_tags_for_resource(at: Stage) -> Case:
    arn = at.root().create_schedule_group(Name=at.name, Tags=TAGS)["ScheduleGroupArn"]
    return Case({"ResourceArn": arn}, arn)
