"""Tags of topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sns import errors, resources
from cloudarium.services.sns.records.topics import Topic, find
from cloudarium.services.sns.rules.topics import MOST_TAGS
from cloudarium.shared import tags


def check_tags(given: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """The tags of a list. Raises InvalidParameter, TagLimitExceeded."""
    found = tags.from_list(given)
    if len(found) < len(given or ()):
        raise errors.InvalidParameter("Duplicated keys are not allowed.")
    if len(found) > MOST_TAGS:
        raise errors.TagLimitExceeded
    wrong = tags.problem(found)
    if wrong:
        raise errors.InvalidParameter(wrong)
    return found


def _tagged(call: Call) -> Topic:
    scope, name = resources.topic_place(call, call.input["ResourceArn"], "ResourceArn")
    found = find(call.store, scope, name)
    if found is None:
        raise errors.ResourceNotFound
    return found


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags to a topic."""
    found = _tagged(call)
    given = check_tags(call.input["Tags"])
    if len({**call.tags.of(found.arn), **given}) > MOST_TAGS:
        raise errors.TagLimitExceeded
    call.tags.put(found.arn, given)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags from a topic."""
    call.tags.remove(_tagged(call).arn, call.input["TagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """The tags of a topic."""
    return {"Tags": tags.to_list(call.tags.of(_tagged(call).arn))}
