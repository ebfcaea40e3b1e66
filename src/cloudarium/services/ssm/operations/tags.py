"""Tags of parameters."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.ssm import errors, resources
from cloudarium.services.ssm.operations.parameters import find
from cloudarium.shared import tags
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_MOST = 50


def _tagged(call: Call) -> str:
    """The ARN that a parameter's tags are kept under. Raises when there is no such parameter."""
    if call.input["ResourceType"] != "Parameter":
        raise NotBuilt(f"ssm:{call.operation_name} ResourceType {call.input['ResourceType']}")
    found = find(call, call.input["ResourceId"])
    if found is None:
        raise errors.InvalidResourceId
    return resources.parameter_arn(call.scope, found.name)


@operation("AddTagsToResource", on=resources.tagged)
def add_tags_to_resource(call: Call) -> Data:
    """Add tags to a parameter, or change their values."""
    arn = _tagged(call)
    new = tags.from_list(call.input["Tags"])
    wrong = tags.problem(new)
    if len({**call.tags.of(arn), **new}) > _MOST:
        raise errors.TooManyTags
    if wrong:
        raise errors.Invalid(wrong)
    call.tags.put(arn, new)
    return {}


@operation("RemoveTagsFromResource", on=resources.tagged)
def remove_tags_from_resource(call: Call) -> Data:
    """Take tags away from a parameter."""
    call.tags.remove(_tagged(call), call.input["TagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> Data:
    """The tags of a parameter."""
    return {"TagList": tags.to_list(call.tags.of(_tagged(call)))}
