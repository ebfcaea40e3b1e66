"""Tags of everything in this room."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, lookup
from cloudarium.services.elasticache.answering import operation
from cloudarium.services.elasticache.operations import parameter_groups, users
from cloudarium.services.elasticache.records import PARAMETERS, USER, Data
from cloudarium.services.elasticache.resources import MEMBERS, tagged
from cloudarium.shared import arn as arns
from cloudarium.shared import tags


def _named(call: Call) -> str:
    """The ARN of the thing that a call names, which must be there. Raises InvalidArn and NotFound."""
    text = call.input["ResourceName"]
    parsed = arns.parse(text)
    if parsed is None or parsed.service != "elasticache":
        raise errors.InvalidArn(f"The input ARN {text} does not match ARN format.")
    kind, _, id = parsed.resource.partition(":")
    if kind not in MEMBERS or (parsed.account, parsed.region) != call.scope:
        raise errors.InvalidArn(f"The input ARN {text} is not of a resource in this account and region.")
    if kind == PARAMETERS:
        parameter_groups.defaults(call)
    if kind == USER:
        users.ensure_default(call)
    lookup.find(call, kind, id)
    return lookup.arn_of(call.scope, kind, id.lower())


@operation("AddTagsToResource", on=tagged)
def add_tags_to_resource(call: Call) -> Data:
    """Add tags, or change their values."""
    arn = _named(call)
    new = lookup.checked(lookup.given_tags(call), call.tags.of(arn))
    call.tags.put(arn, new)
    return {"TagList": tags.to_list(call.tags.of(arn))}


@operation("RemoveTagsFromResource", on=tagged)
def remove_tags_from_resource(call: Call) -> Data:
    """Take tags away. Raises TagNotFound for a key that is not there."""
    arn = _named(call)
    there = call.tags.of(arn)
    for key in call.input["TagKeys"]:
        if key not in there:
            raise errors.TagNotFound(f"Tag {key} not found.")
    call.tags.remove(arn, call.input["TagKeys"])
    return {"TagList": tags.to_list(call.tags.of(arn))}


@operation("ListTagsForResource", on=tagged)
def list_tags_for_resource(call: Call) -> Data:
    """The tags of a thing."""
    return {"TagList": tags.to_list(call.tags.of(_named(call)))}
