"""Schedules: when to invoke what, as whom."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.scheduler import errors, records, resources, roles, sealing, timing
from cloudarium.services.scheduler.operations import lookup
from cloudarium.services.scheduler.records import Schedule
from cloudarium.services.scheduler.rules import expressions, targets
from cloudarium.shared import paging
from cloudarium.shared.errors import AwsError
from cloudarium.shared.retrying import DEFAULT_AGE, DEFAULT_ATTEMPTS

Data = dict[str, Any]
_SAID = (
    "Description", "StartDate", "EndDate", "FlexibleTimeWindow", "KmsKeyArn", "ScheduleExpression", "Target",
)  # fmt: skip
_SHOWN = (
    *_SAID,
    "ActionAfterCompletion",
    "CreationDate",
    "LastModificationDate",
    "ScheduleExpressionTimezone",
    "State",
)
_RETRIES = {"MaximumEventAgeInSeconds": DEFAULT_AGE, "MaximumRetryAttempts": DEFAULT_ATTEMPTS}


def _given(call: Call) -> Data:
    """What a call says of a schedule, with AWS's defaults for the rest, after a look at it."""
    data = {name: call.input[name] for name in _SAID if call.input.get(name) is not None}
    data["Target"] = {**data["Target"], "RetryPolicy": {**_RETRIES, **(data["Target"].get("RetryPolicy") or {})}}
    data["ActionAfterCompletion"] = call.input.get("ActionAfterCompletion", "NONE")
    data["ScheduleExpressionTimezone"] = call.input.get("ScheduleExpressionTimezone", "UTC")
    data["State"] = call.input.get("State", "ENABLED")
    expressions.check(data)
    targets.check(data["Target"])
    return data


def _active_group(call: Call) -> str:
    name = call.input.get("GroupName") or resources.DEFAULT
    if lookup.group(call, name).data["State"] != "ACTIVE":
        raise errors.Conflict(f"Schedule group {name} is being deleted.")
    return str(name)


@operation("CreateSchedule", on=resources.schedule_with_role)
async def create_schedule(call: Call) -> Data:
    """Make a schedule; the same token once more is the same answer."""
    given = _given(call)
    group, name = _active_group(call), call.input["Name"]
    arn = resources.schedule_arn(call.scope, group, name)
    if _was_made(call, group, given):
        return {"ScheduleArn": arn}
    await roles.check(call, given["Target"]["RoleArn"], group)
    given = await _sealed(call, arn, given)
    with call.transaction():
        if _was_made(call, _active_group(call), given):
            return {"ScheduleArn": arn}
        times = {"CreationDate": call.now, "LastModificationDate": call.now, "since": call.now}
        made = Schedule(call.scope, group, name, {**given, **times, "token": call.input.get("ClientToken")})
        records.put(call.store, made)
        timing.plan(call, made, call.now - 0.001)  # a rate begins at once
    return {"ScheduleArn": arn}


def _was_made(call: Call, group: str, given: Data) -> bool:
    """Whether this very call was made before. Raises Conflict when another made the schedule."""
    found = records.find(call.store, call.scope, group, call.input["Name"])
    if found is None:
        return False
    token = call.input.get("ClientToken")
    if token and found.data.get("token") == token and _comparable(found.data) == _comparable(given):
        return True
    raise errors.Conflict(f"Schedule {call.input['Name']} already exists.")


def _comparable(data: Data) -> Data:
    """What tells two schedules apart; what is encrypted does not."""
    said = {name: data[name] for name in _SAID if name in data}
    if "KmsKeyArn" in said:
        said["Target"] = {name: value for name, value in said["Target"].items() if name != "Input"}
    return said


async def _sealed(call: Call, arn: str, given: Data) -> Data:
    key = given.get("KmsKeyArn")
    return {**given, "Target": await sealing.seal(call, arn, key, given["Target"])} if key else given


@operation(
    "UpdateSchedule",
    on=resources.schedule_with_role,
    ignores={"ClientToken": "To update once more with the same says the same."},
)
async def update_schedule(call: Call) -> Data:
    """Put another schedule in the place of this one: what is not given goes back to its default."""
    given = _given(call)
    found = lookup.schedule(call)
    await roles.check(call, given["Target"]["RoleArn"], found.group)
    given = await _sealed(call, resources.schedule_arn(*found[:3]), given)
    with call.transaction():
        found = lookup.schedule(call)
        begins = any(found.data.get(name) != given.get(name) for name in ("ScheduleExpression", "StartDate"))
        kept = {name: found.data[name] for name in ("CreationDate", "since", "token")}
        changed = found._replace(data={**given, **kept, "LastModificationDate": call.now})
        if begins:
            changed.data["since"] = call.now
        records.put(call.store, changed)
        timing.plan(call, changed, call.now - 0.001 if begins else call.now)
    return {"ScheduleArn": resources.schedule_arn(*found[:3])}


@operation("GetSchedule", on=resources.schedule)
def get_schedule(call: Call) -> Data | Awaitable[Data]:
    """All of a schedule."""
    found = lookup.schedule(call)
    return _opened(call, found) if sealing.is_sealed(found.data["Target"]) else _shown(found)


async def _opened(call: Call, found: Schedule) -> Data:
    try:
        target = await sealing.opened(call, resources.schedule_arn(*found[:3]), found.data["Target"])
    except AwsError as error:
        if "AccessDenied" in error.code:
            raise errors.AccessDenied(error.message) from None
        raise
    return {**_shown(found), "Target": target}


def _shown(found: Schedule) -> Data:
    said = {name: found.data[name] for name in _SHOWN if name in found.data}
    return {"Arn": resources.schedule_arn(*found[:3]), "Name": found.name, "GroupName": found.group, **said}


def _summary(schedule: Schedule) -> Data:
    said = {name: schedule.data[name] for name in ("State", "CreationDate", "LastModificationDate")}
    return {
        "Arn": resources.schedule_arn(*schedule[:3]),
        "Name": schedule.name,
        "GroupName": schedule.group,
        "Target": {"Arn": schedule.data["Target"]["Arn"]},
        **said,
    }


@operation("ListSchedules")
def list_schedules(call: Call) -> Data:
    """The schedules of the account or of a group, by group and name."""
    group, prefix, state = (call.input.get(name) for name in ("GroupName", "NamePrefix", "State"))
    if group is not None:
        lookup.group(call, group)
    limit, after = call.input.get("MaxResults", 100), lookup.page_key(call)
    place = ("", "") if after is None else _place(after)
    found: list[Schedule] = []
    while len(found) <= limit:
        some = records.after(call.store, call.scope, group, place, 200)
        found += (each for each in some if each.name.startswith(prefix or "") and state in (None, each.data["State"]))
        if len(some) < 200:
            break
        place = (some[-1].group, some[-1].name)
    more = {"NextToken": paging.encode(found[limit - 1][1:3])} if len(found) > limit else {}
    return {"Schedules": [_summary(each) for each in found[:limit]], **more}


def _place(key: Any) -> tuple[str, str]:
    if not isinstance(key, list) or len(key) != 2 or not all(isinstance(each, str) for each in key):
        raise errors.Invalid("Invalid NextToken provided.")
    return key[0], key[1]


@operation(
    "DeleteSchedule",
    on=resources.schedule,
    ignores={"ClientToken": "A schedule that is deleted is not there any more, whatever the token."},
)
def delete_schedule(call: Call) -> Data:
    """Delete a schedule; what it has begun goes on."""
    found = lookup.schedule(call)
    records.remove(call.store, found)
    timing.forget(call, found)
    return {}
