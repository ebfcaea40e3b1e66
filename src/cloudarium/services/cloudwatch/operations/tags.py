"""Tags of alarms."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudwatch import errors, resources
from cloudarium.services.cloudwatch.records import alarms
from cloudarium.shared import arn as arns
from cloudarium.shared import tags
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
_MOST = 50


def _tagged(call: Call) -> str:
    """The ARN of the alarm that a call names. Raises ResourceMissing, InvalidValue."""
    arn = call.input["ResourceARN"]
    parsed = arns.parse(arn)
    if parsed is None or parsed.service != "cloudwatch":
        raise errors.InvalidValue(f"The ARN {arn} is not valid.")
    name = parsed.resource.removeprefix("alarm:")
    own = Scope(parsed.account, parsed.region)
    found = alarms.find(call.store, own, name) if own == call.scope and name != parsed.resource else None
    if found is None:
        raise errors.ResourceMissing(arn)
    return found.arn


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> Data:
    """Add tags to an alarm, or change their values."""
    arn = _tagged(call)
    new = tags.from_list(call.input["Tags"])
    wrong = tags.problem(new)
    if len({**call.tags.of(arn), **new}) > _MOST:
        wrong = f"The resource cannot have more than {_MOST} tags."
    if wrong:
        raise errors.InvalidValue(wrong)
    call.tags.put(arn, new)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> Data:
    """Take tags away from an alarm."""
    call.tags.remove(_tagged(call), call.input["TagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> Data:
    """The tags of an alarm."""
    return {"Tags": tags.to_list(call.tags.of(_tagged(call)))}
