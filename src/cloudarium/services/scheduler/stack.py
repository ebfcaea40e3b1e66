"""CloudFormation's resource types of EventBridge Scheduler."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.clock import moment_of
from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type

Data = dict[str, Any]
_GONE = ("ResourceNotFoundException",)
_MADE = ("ConflictException",)


@resource_type("AWS::Scheduler::Schedule")
class Schedule(ResourceType):
    """A schedule; `Ref` is its name."""

    properties = (
        "Name", "Description", "EndDate", "FlexibleTimeWindow", "GroupName", "KmsKeyArn", "ScheduleExpression",
        "ScheduleExpressionTimezone", "StartDate", "State", "Target",
    )  # fmt: skip
    required = ("FlexibleTimeWindow", "ScheduleExpression", "Target")
    replaces = ("Name", "GroupName")
    attributes = ("Arn",)
    physical_name = "Name"

    async def create(self, r: Resource) -> None:
        """Make the schedule."""
        r.id = r.properties.get("Name") or r.name(64)
        given = {**_said(r), "ClientToken": r.token[:64]}
        await r.send("scheduler", "CreateSchedule", given, gone=_MADE if r.repeated else ())
        r.arn = (await r.send("scheduler", "GetSchedule", _at(r)))["Arn"]
        r.attributes = {"Arn": r.arn}

    async def update(self, r: Resource) -> None:
        """Put what the template says now in the place of what was."""
        await r.send("scheduler", "UpdateSchedule", _said(r))

    async def delete(self, r: Resource) -> None:
        """Delete the schedule."""
        await r.send("scheduler", "DeleteSchedule", _at(r), gone=_GONE)


def _at(r: Resource) -> Data:
    group = r.properties.get("GroupName")
    return {"Name": r.id, **({"GroupName": group} if group else {})}


def _said(r: Resource) -> Data:
    made = {**{name: value for name, value in r.properties.items() if value is not None}, "Name": r.id}
    for name in ("StartDate", "EndDate"):
        if name in made:
            made[name] = _moment(made[name])
    return made


def _moment(text: str) -> float:
    try:
        return moment_of(text)
    except ValueError as error:
        raise ResourceFailed(str(error)) from None


@resource_type("AWS::Scheduler::ScheduleGroup")
class ScheduleGroup(ResourceType):
    """A group of schedules; `Ref` is its name."""

    properties = ("Name", "Tags")
    replaces = ("Name",)
    attributes = ("Arn", "CreationDate", "LastModificationDate", "State")
    physical_name = "Name"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the group."""
        r.id = r.properties.get("Name") or r.name(64)
        given = {"Name": r.id, "ClientToken": r.token[:64], **({"Tags": r.tag_list} if r.tags else {})}
        await r.send("scheduler", "CreateScheduleGroup", given, gone=_MADE if r.repeated else ())
        found = await r.send("scheduler", "GetScheduleGroup", {"Name": r.id})
        r.arn = found["Arn"]
        dates = {name: str(found[name]) for name in ("CreationDate", "LastModificationDate")}
        r.attributes = {"Arn": r.arn, "State": found["State"], **dates}

    async def update(self, r: Resource) -> None:
        """Change the tags."""
        arn = r.attributes["Arn"]
        if r.removed_tags:
            await r.send("scheduler", "UntagResource", {"ResourceArn": arn, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("scheduler", "TagResource", {"ResourceArn": arn, "Tags": r.tag_list})

    async def delete(self, r: Resource) -> None:
        """Delete the group with its schedules."""
        await r.send("scheduler", "DeleteScheduleGroup", {"Name": r.id}, gone=_GONE)
