"""Tags of user pools."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, resources
from cloudarium.services.cognito_idp.records import pools
from cloudarium.shared import arn, tags

Data = dict[str, Any]


def _tagged(call: Call) -> str:
    """The ARN of the pool that a call names. Raises when there is no such pool."""
    given = call.input["ResourceArn"]
    parsed = arn.parse(given)
    id = parsed.resource.removeprefix("userpool/") if parsed is not None else ""
    pool = pools.find(call.store, id)
    if pool is None or pool.scope != call.scope or resources.pool_arn(pool.scope, id) != given:
        raise errors.NotFound.pool(id)
    return given


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> Data:
    """Add tags to a pool, or change their values."""
    named = _tagged(call)
    given = call.input["Tags"]
    wrong = tags.problem({**call.tags.of(named), **given})
    if wrong:
        raise errors.Invalid(wrong)
    call.tags.put(named, given)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> Data:
    """Take tags away from a pool."""
    call.tags.remove(_tagged(call), call.input["TagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> Data:
    """The tags of a pool."""
    return {"Tags": call.tags.of(_tagged(call))}
