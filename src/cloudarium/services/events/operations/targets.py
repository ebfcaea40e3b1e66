"""Targets: where a rule brings events, and in which form."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, resources, roles
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records import rules
from cloudarium.services.events.rules import inputs, targets

Data = dict[str, Any]
_MOST = 5
_AT_ONCE = 10


@operation("PutTargets", on=resources.rule_with_targets)
async def put_targets(call: Call) -> Data:
    """Add targets to a rule, or put them in the place of those of the same ids."""
    given = call.input["Targets"]
    found = lookup.rule(call, call.input["Rule"])
    if len(given) > _AT_ONCE:
        raise errors.Invalid(f"At most {_AT_ONCE} targets can be put at once.")
    for target in given:
        targets.check(target, found.scope)
        inputs.check(target)
    if found.managed:
        raise errors.ManagedRule.changed(found.name)
    for role in dict.fromkeys(target["RoleArn"] for target in given if target.get("RoleArn")):
        await roles.check(call, role)
    with call.transaction():
        found = lookup.rule(call, call.input["Rule"])
        present = {target["Id"] for target in rules.targets(call.store, found)}
        if len(present | {target["Id"] for target in given}) > _MOST:
            raise errors.LimitExceeded
        for target in given:
            rules.put_target(call.store, found, target)
    return {"FailedEntryCount": 0, "FailedEntries": []}


@operation("RemoveTargets", on=resources.rule)
def remove_targets(call: Call) -> Data:
    """Take targets away from a rule; an id that is not there fails alone."""
    found = lookup.rule(call, call.input["Rule"])
    if found.managed and not call.input.get("Force"):
        raise errors.ManagedRule.unforced(found.name)
    failed = [
        {
            "TargetId": id,
            "ErrorCode": "ResourceNotFoundException",
            "ErrorMessage": f"Rule {found.name} on EventBus {found.bus} does not have a target with the Id {id}.",
        }
        for id in call.input["Ids"]
        if not rules.remove_target(call.store, found, id)
    ]
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


@operation("ListTargetsByRule", on=resources.rule)
def list_targets_by_rule(call: Call) -> Data:
    """The targets of a rule, by id."""
    found = rules.targets(call.store, lookup.rule(call, call.input["Rule"]))
    return lookup.page(call, "Targets", found, lambda target: str(target["Id"]), lambda target: target)
