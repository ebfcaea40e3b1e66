"""Groups: a filter expression under a name, for maps and searches of their own. The default group is always there."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.xray import errors, records, resources
from cloudarium.services.xray.operations import tagging
from cloudarium.services.xray.records import Group
from cloudarium.shared import ids, paging
from cloudarium.shared.errors import NotBuilt
from cloudarium.traces import filters

_MOST = 25  # groups of an account in a region; a quota of AWS's
_PAGE = 50


def named(call: Call) -> Group:
    """The group that a call names by name or ARN. Raises Invalid."""
    name, arn = call.input.get("GroupName"), call.input.get("GroupARN")
    if name is None and arn is None:
        raise errors.Invalid("Either GroupName or GroupARN must be provided")
    wanted = name if name is not None else resources.name_in(arn, "group", call.scope)
    found = _find(call, wanted or "")
    if found is None or (arn is not None and resources.group_arn(call.scope, found) != arn):
        raise errors.Invalid("Group not found")
    return found


def expression(call: Call, name: str) -> str | None:
    """The filter expression of a group, by its name or ARN; None when there is no such group."""
    wanted = resources.name_in(name, "group", call.scope) if name.startswith("arn:") else name
    found = _find(call, wanted or "")
    return None if found is None else found.filter


def _find(call: Call, name: str) -> Group | None:
    found = records.find_group(call.store, call.scope, name)
    return Group(resources.DEFAULT, "", "", False, False) if found is None and name == resources.DEFAULT else found


def _shown(call: Call, group: Group) -> dict[str, Any]:
    shown: dict[str, Any] = {"GroupName": group.name, "GroupARN": resources.group_arn(call.scope, group)}
    if group.filter:
        shown["FilterExpression"] = group.filter
    insights = {"InsightsEnabled": group.insights, "NotificationsEnabled": group.notifications}
    return {**shown, "InsightsConfiguration": insights}


def _changed(call: Call, group: Group) -> Group:
    """The group with what the call says of it. Raises Invalid, and NotBuilt for insights."""
    text = call.input.get("FilterExpression")
    if text is not None:
        if group.name == resources.DEFAULT:
            raise errors.Invalid("The filter expression of the Default group cannot be changed")
        _check(call, text)
        group = group._replace(filter=text)
    insights = call.input.get("InsightsConfiguration") or {}
    if insights.get("InsightsEnabled") or insights.get("NotificationsEnabled"):
        raise NotBuilt("xray insights (InsightsConfiguration)")
    return group


def _check(call: Call, text: str) -> None:
    if not text:
        return
    try:
        filters.compiled(text, filters.Groups(lambda name: expression(call, name)))
    except filters.InvalidFilter as error:
        raise errors.Invalid(f"Invalid filter expression: {error}") from None


@operation("CreateGroup", on=resources.group)
def create_group(call: Call) -> dict[str, Any]:
    """Make a group."""
    name = call.input["GroupName"]
    if _find(call, name) is not None:
        raise errors.Invalid(f"Group {name} already exists")
    if len(records.groups(call.store, call.scope)) >= _MOST:
        raise errors.Invalid("You have reached the maximum number of groups")
    made = _changed(call, Group(name, ids.upper(52), "", False, False))
    records.put_group(call.store, call.scope, made)
    tagging.put_new(call, resources.group_arn(call.scope, made))
    return {"Group": _shown(call, made)}


@operation("GetGroup", on=resources.group)
def get_group(call: Call) -> dict[str, Any]:
    """One group."""
    return {"Group": _shown(call, named(call))}


@operation("GetGroups")
def get_groups(call: Call) -> dict[str, Any]:
    """All groups, the default one among them."""
    found = records.groups(call.store, call.scope)
    if all(group.name != resources.DEFAULT for group in found):
        found.append(Group(resources.DEFAULT, "", "", False, False))
    found.sort(key=lambda group: group.name)
    after = tagging.page_key(call)
    page = [group for group in found if group.name > after]
    more = {"NextToken": paging.encode(page[_PAGE - 1].name)} if len(page) > _PAGE else {}
    return {"Groups": [_shown(call, group) for group in page[:_PAGE]], **more}


@operation("UpdateGroup", on=resources.group)
def update_group(call: Call) -> dict[str, Any]:
    """Change a group's filter expression."""
    made = _changed(call, named(call))
    if made.name != resources.DEFAULT:
        records.put_group(call.store, call.scope, made)
    return {"Group": _shown(call, made)}


@operation("DeleteGroup", on=resources.group)
def delete_group(call: Call) -> dict[str, Any]:
    """Delete a group; the default one stays."""
    group = named(call)
    if group.name == resources.DEFAULT:
        raise errors.Invalid("The Default group cannot be deleted")
    records.remove_group(call.store, call.scope, group.name)
    call.tags.drop(resources.group_arn(call.scope, group))
    return {}
