"""Tags of log groups: the API by ARN, and the older one by name."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, records, resources
from cloudarium.services.logs.operations.groups import named_group
from cloudarium.shared import arn, tags

_MOST = 50


def _tagged_group(call: Call) -> str:
    """The ARN that a group's tags are kept under. Raises when the ARN is none of a log group, or leads nowhere."""
    given = call.input["resourceArn"]
    parsed = arn.parse(given)
    if parsed is None or parsed.service != "logs":
        raise errors.InvalidParameter(f"The specified resource ARN '{given}' is not valid.")
    scope, name = resources.group_of(given, call.scope)
    if scope != call.scope or records.find_group(call.store, call.account, call.region, name) is None:
        raise errors.ResourceNotFound
    return resources.group_arn(scope, name)


def _checked(given: dict[str, str]) -> dict[str, str]:
    wrong = tags.problem(given)
    if wrong:
        raise errors.InvalidParameter(wrong)
    return given


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags to a log group, or change their values."""
    resource = _tagged_group(call)
    new = _checked(call.input["tags"])
    if len(call.tags.of(resource) | new) > _MOST:
        raise errors.TooManyTags(resource)
    call.tags.put(resource, new)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags away from a log group."""
    call.tags.remove(_tagged_group(call), call.input["tagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """The tags of a log group."""
    return {"tags": call.tags.of(_tagged_group(call))}


@operation("TagLogGroup", on=resources.group)
def tag_log_group(call: Call) -> dict[str, Any]:
    """Add tags to a log group by its name (the older API)."""
    resource = resources.group_arn(call.scope, named_group(call, call.input["logGroupName"]).name)
    new = _checked(call.input["tags"])
    if len(call.tags.of(resource) | new) > _MOST:
        raise errors.InvalidParameter("A resource can have no more than 50 tags.")
    call.tags.put(resource, new)
    return {}


@operation("UntagLogGroup", on=resources.group)
def untag_log_group(call: Call) -> dict[str, Any]:
    """Take tags away from a log group by its name (the older API)."""
    group = named_group(call, call.input["logGroupName"])
    call.tags.remove(resources.group_arn(call.scope, group.name), call.input["tags"])
    return {}


@operation("ListTagsLogGroup", on=resources.group)
def list_tags_log_group(call: Call) -> dict[str, Any]:
    """The tags of a log group by its name (the older API)."""
    group = named_group(call, call.input["logGroupName"])
    return {"tags": call.tags.of(resources.group_arn(call.scope, group.name))}
