"""Tags of roots, units, accounts and policies."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.organizations import errors, resources, rules
from cloudarium.services.organizations.operations.lookup import is_target, managed
from cloudarium.services.organizations.records import policies
from cloudarium.shared import tags


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags, or change their values."""
    arn = _tagged(call)
    call.tags.put(arn, rules.check_tags(call.input["Tags"], call.tags.of(arn)))
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags away."""
    call.tags.remove(_tagged(call), call.input["TagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """The tags of a resource, by key."""
    listed = sorted(tags.to_list(call.tags.of(_tagged(call))), key=lambda tag: tag["Key"])
    chosen, more = rules.page(call.input, listed, lambda tag: tag["Key"])
    return {"Tags": chosen, **more}


def _tagged(call: Call) -> str:
    """The ARN of what the call names, which must be there and not AWS's own."""
    found, id = managed(call), call.input["ResourceId"]
    policy = policies.find(call.store, found.id, id)
    if policy is not None and not policy.managed:
        return resources.policy_arn(found, policy)
    if policy is not None or not is_target(call, found, id):
        raise errors.NotFound.target()
    return resources.arn(found, id)
