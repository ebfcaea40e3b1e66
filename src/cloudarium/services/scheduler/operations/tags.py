"""Tags of groups; schedules have none of their own."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.scheduler import errors, resources
from cloudarium.services.scheduler.operations import lookup
from cloudarium.shared import arn as arns
from cloudarium.shared import tags

Data = dict[str, Any]
_MOST = 200


def _found(call: Call) -> str:
    """The ARN that a call names. Raises NotFound when there is no such group."""
    arn = str(call.input["ResourceArn"])
    parsed = arns.parse(arn)
    name = parsed.resource.partition("/")[2] if parsed is not None else ""
    if parsed is None or (parsed.account, parsed.region) != (call.account, call.region):
        raise errors.NotFound.group(name)
    lookup.group(call, name)
    return arn


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> Data:
    """Add tags to a group, or change their values."""
    arn = _found(call)
    new = tags.from_list(call.input["Tags"])
    wrong = tags.problem(new, _MOST)
    if wrong:
        raise errors.Invalid(wrong)
    if len({**call.tags.of(arn), **new}) > _MOST:
        raise errors.QuotaExceeded(f"A resource has at most {_MOST} tags.")
    call.tags.put(arn, new)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> Data:
    """Take tags away from a group."""
    call.tags.remove(_found(call), call.input["TagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> Data:
    """The tags of a group."""
    return {"Tags": tags.to_list(call.tags.of(_found(call)))}
