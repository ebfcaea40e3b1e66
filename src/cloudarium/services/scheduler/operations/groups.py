"""Groups of schedules."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.scheduler import errors, records, resources
from cloudarium.services.scheduler.operations import lookup
from cloudarium.services.scheduler.records import Group
from cloudarium.shared import paging, tags

Data = dict[str, Any]
_MOST = 500


@operation("CreateScheduleGroup", on=resources.new_group)
def create_schedule_group(call: Call) -> Data:
    """Make a group; the same token once more is the same answer."""
    name = call.input["Name"]
    found = lookup.find_group(call, name)
    token = call.input.get("ClientToken")
    arn = resources.group_arn(call.scope, name)
    if found is not None:
        if token and found.data.get("token") == token:
            return {"ScheduleGroupArn": arn}
        raise errors.Conflict(f"Schedule group {name} already exists.")
    if len(records.groups(call.store, call.scope)) >= _MOST:
        raise errors.QuotaExceeded("The limit for schedule groups in the account was reached.")
    given = tags.from_list(call.input.get("Tags"))
    wrong = tags.problem(given, 200)
    if wrong:
        raise errors.Invalid(wrong)
    data = {"State": "ACTIVE", "CreationDate": call.now, "LastModificationDate": call.now, "token": token}
    records.put_group(call.store, Group(call.scope, name, data))
    call.tags.put(arn, given)
    return {"ScheduleGroupArn": arn}


def _shown(group: Group) -> Data:
    said = {name: group.data[name] for name in ("State", "CreationDate", "LastModificationDate")}
    return {"Name": group.name, "Arn": resources.group_arn(group.scope, group.name), **said}


@operation("GetScheduleGroup", on=resources.group)
def get_schedule_group(call: Call) -> Data:
    """All of a group."""
    return _shown(lookup.group(call, call.input["Name"]))


@operation("ListScheduleGroups")
def list_schedule_groups(call: Call) -> Data:
    """The groups of the account, by name."""
    found = records.groups(call.store, call.scope)
    if all(each.name != resources.DEFAULT for each in found):
        found = sorted([*found, lookup.group(call, resources.DEFAULT)], key=lambda each: each.name)
    prefix, after = call.input.get("NamePrefix") or "", lookup.page_key(call)
    if after is not None and not isinstance(after, str):
        raise errors.Invalid("Invalid NextToken provided.")
    found = [each for each in found if each.name.startswith(prefix) and each.name > (after or "")]
    limit = call.input.get("MaxResults", 100)
    more = {"NextToken": paging.encode(found[limit - 1].name)} if len(found) > limit else {}
    return {"ScheduleGroups": [_shown(each) for each in found[:limit]], **more}


@operation(
    "DeleteScheduleGroup",
    on=resources.group,
    ignores={"ClientToken": "To delete a group once more finds it deleted, or being deleted."},
)
def delete_schedule_group(call: Call) -> Data:
    """Delete a group with all its schedules, which from now on invoke nothing."""
    name = call.input["Name"]
    if name == resources.DEFAULT:
        raise errors.Invalid("The default schedule group cannot be deleted.")
    found = lookup.group(call, name)
    if found.data["State"] != "DELETING":
        data = {**found.data, "State": "DELETING", "LastModificationDate": call.now}
        records.put_group(call.store, found._replace(data=data))
        call.later("DropGroup", {"Name": name}, key=name)
    return {}
