"""Tags of secrets."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.secretsmanager import errors, resources
from cloudarium.services.secretsmanager.operations import lookup
from cloudarium.shared import tags

_MOST = 50


@operation("TagResource", on=resources.secret)
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags to a secret, or change their values."""
    arn = lookup.live_secret(call).arn
    new = tags.from_list(call.input["Tags"])
    wrong = tags.problem(new) or tags.problem({**call.tags.of(arn), **new}, _MOST)
    if wrong:
        raise errors.InvalidParameter(wrong)
    call.tags.put(arn, new)
    return {}


@operation("UntagResource", on=resources.secret)
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags away from a secret."""
    call.tags.remove(lookup.live_secret(call).arn, call.input["TagKeys"])
    return {}
