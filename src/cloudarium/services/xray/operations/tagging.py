"""Tags of groups and sampling rules, and the pages of lists by name."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.xray import errors, records, resources
from cloudarium.shared import paging, tags

_MOST = 50


def page_key(call: Call) -> str:
    """The name behind which a page of a list begins. Raises Invalid."""
    token = call.input.get("NextToken")
    if not token:
        return ""
    try:
        key = paging.decode(token)
    except ValueError:
        key = None
    if not isinstance(key, str):
        raise errors.Invalid("Invalid NextToken")
    return key


def put_new(call: Call, arn: str) -> None:
    """Tag what a call has made with its Tags. Raises Invalid."""
    given = tags.from_list(call.input.get("Tags"))
    _check(given)
    if given:
        call.tags.put(arn, given)


def _check(given: dict[str, str]) -> None:
    wrong = tags.problem(given, _MOST)
    if wrong:
        raise errors.Invalid(wrong)


def _tagged(call: Call) -> str:
    """The ARN of the group or rule that a call tags. Raises NotFound."""
    arn = str(call.input["ResourceARN"])
    rule = resources.name_in(arn, "sampling-rule", call.scope)
    if rule is not None and records.find_rule(call.store, call.scope, rule) is not None:
        return arn
    name = resources.name_in(arn, "group", call.scope)
    group = records.find_group(call.store, call.scope, name) if name is not None else None
    if group is None or resources.group_arn(call.scope, group) != arn:
        raise errors.NotFound(arn)
    return arn


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags to a group or rule, or change their values."""
    arn = _tagged(call)
    given = tags.from_list(call.input["Tags"])
    _check(given)
    if len(call.tags.of(arn) | given) > _MOST:
        raise errors.TooManyTags(arn)
    call.tags.put(arn, given)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags away."""
    call.tags.remove(_tagged(call), call.input["TagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """The tags of a group or rule."""
    page_key(call)
    return {"Tags": tags.to_list(call.tags.of(_tagged(call)))}
