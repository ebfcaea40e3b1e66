"""Tags of queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sqs import errors, resources
from cloudarium.services.sqs.operations import lookup
from cloudarium.shared import tags

Data = dict[str, Any]


def check_tags(given: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Raise InvalidParameterValue unless a queue can have these tags beside those it has."""
    own = {key: value for key, value in before.items() if not key.startswith("aws:")}  # a stack's are not the user's
    wrong = tags.problem({**own, **given})
    if wrong:
        raise errors.InvalidParameterValue(wrong)


@operation("TagQueue", on=resources.queue)
def tag_queue(call: Call) -> Data:
    """Add tags to a queue, or change their values."""
    found = lookup.queue(call)
    given = call.input.get("Tags")
    if not given:
        raise errors.MissingParameter("Tags")
    check_tags(given, call.tags.of(found.arn))
    call.tags.put(found.arn, given)
    return {}


@operation("UntagQueue", on=resources.queue)
def untag_queue(call: Call) -> Data:
    """Take tags away from a queue."""
    found = lookup.queue(call)
    keys = call.input.get("TagKeys")
    if not keys:
        raise errors.InvalidParameterValue("Tag keys can't be null or empty.")
    call.tags.remove(found.arn, keys)
    return {}


@operation("ListQueueTags", on=resources.queue)
def list_queue_tags(call: Call) -> Data:
    """The tags of a queue."""
    known = call.tags.of(lookup.queue(call).arn)
    return {"Tags": known} if known else {}
