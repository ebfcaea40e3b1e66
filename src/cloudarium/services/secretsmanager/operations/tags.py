"""Tags of secrets."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.secretsmanager import errors, resources
from cloudarium.services.secretsmanager.operations import lookup
from cloudarium.shared import tags

_MOST = 50


def given_tags(call: Call) -> dict[str, str]:
    """The tags that a call brings. Raises InvalidParameter; the model does not even demand a key."""
    listed = call.input.get("Tags") or []
    if not all(tag.get("Key") for tag in listed):
        raise errors.InvalidParameter("You must provide a key for every tag.")
    found = tags.from_list(listed)
    wrong = tags.problem(found)
    if wrong:
        raise errors.InvalidParameter(wrong)
    return found


@operation("TagResource", on=resources.secret)
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags to a secret, or change their values."""
    arn = lookup.to_change(call).arn
    new = given_tags(call)
    wrong = tags.problem({**call.tags.of(arn), **new}, _MOST)
    if wrong:
        raise errors.InvalidParameter(wrong)
    call.tags.put(arn, new)
    return {}


@operation("UntagResource", on=resources.secret)
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags away from a secret."""
    call.tags.remove(lookup.to_change(call).arn, call.input["TagKeys"])
    return {}
