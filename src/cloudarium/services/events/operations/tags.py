"""Tags of buses and rules."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, resources
from cloudarium.services.events.records import rules
from cloudarium.shared import arn as arns
from cloudarium.shared import tags

Data = dict[str, Any]
_MOST = 50


def _found(call: Call, *, changed: bool = False) -> str:
    """The ARN that a call names. Raises when there is no such bus or rule, or when it cannot be changed."""
    arn = call.input["ResourceARN"]
    place, parsed = resources.rule_of(arn), arns.parse(arn)
    if place is not None:
        scope, bus, name = place
        found = rules.find(call.store, scope, bus, name)
        if found is None:
            raise errors.NotFound.rule(name, bus)
        if changed and found.managed:
            raise errors.ManagedRule.tagged(name)
        return str(arn)
    if parsed is None or parsed.service != "events" or not parsed.resource.startswith("event-bus/"):
        raise errors.Invalid.parameter("ResourceARN", "Provided Arn is not in correct format.")
    scope, bus = resources.bus_of(arn, call.scope)
    if resources.find_bus(call.store, scope, bus) is None:
        raise errors.NotFound.bus(bus)
    return str(arn)


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> Data:
    """Add tags to a bus or a rule, or change their values."""
    arn = _found(call, changed=True)
    new = tags.from_list(call.input["Tags"])
    wrong = tags.problem(new)
    if wrong:
        raise errors.Invalid(wrong)
    own = [key for key in {**call.tags.of(arn), **new} if not key.startswith("aws:")]
    if len(own) > _MOST:
        raise errors.LimitExceeded
    call.tags.put(arn, new)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> Data:
    """Take tags away from a bus or a rule."""
    call.tags.remove(_found(call, changed=True), call.input["TagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> Data:
    """The tags of a bus or a rule."""
    return {"Tags": tags.to_list(call.tags.of(_found(call)))}
