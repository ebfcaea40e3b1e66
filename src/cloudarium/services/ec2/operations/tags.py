"""Tags of everything in this room."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors, kinds, lookup
from cloudarium.services.ec2.kinds import Kind
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import tagged
from cloudarium.services.ec2.rules import filters
from cloudarium.services.ec2.rules.filters import member
from cloudarium.shared import paging
from cloudarium.vpc import records

READERS = {
    "key": member("Key"),
    "resource-id": member("ResourceId"),
    "resource-type": member("ResourceType"),
    "value": member("Value"),
}


def _there(call: Call) -> list[tuple[Kind, str]]:
    """The things that a call names, all of which must be there."""
    found = []
    for id in call.input.get("Resources") or []:
        kind = kinds.of_id(id)
        if kind is None:
            raise errors.Invalid(f"The ID '{id}' is not valid", code="InvalidID")
        lookup.find(call, kind, id)
        found.append((kind, id))
    return found


@operation("CreateTags", on=tagged)
def create_tags(call: Call) -> Data:
    """Add tags to things, or change their values."""
    things = _there(call)
    if not call.input.get("Tags"):
        raise errors.Missing("Tag")
    new = lookup.checked_tags(call.input["Tags"])
    for kind, id in things:
        lookup.tag(call, kind, id, new)
    return {}


@operation("DeleteTags", on=tagged)
def delete_tags(call: Call) -> Data:
    """Take tags away: those of the given keys (and values, where one is given), or all."""
    things, given = _there(call), call.input.get("Tags")
    if any((tag.get("Key") or "").startswith("aws:") for tag in given or ()):
        raise errors.Invalid("Tag keys starting with 'aws:' are reserved for internal use")
    for kind, id in things:
        own = lookup.arn_of(call.scope, kind, id)
        there = call.tags.of(own)
        if given is None:
            keys = [key for key in there if not key.startswith("aws:")]
        else:
            named = [(tag.get("Key") or "", tag.get("Value")) for tag in given]
            keys = [key for key, value in named if key in there and value in (None, there[key])]
        call.tags.remove(own, keys)
    return {}


@operation("DescribeTags")
def describe_tags(call: Call) -> Data:
    """The tags of all things, one by one."""
    asked = call.input.get("Filters") or []
    filters.check(asked, READERS)
    found = []
    for kind in kinds.EVERY:
        for data in records.every(call.store, call.scope, kind.record):
            id = data[kind.id]
            for key, value in call.tags.of(lookup.arn_of(call.scope, kind, id)).items():
                found.append({"Key": key, "Value": value, "ResourceId": id, "ResourceType": kind.record})
    chosen = [one for one in found if filters.matches(one, asked, READERS, "")]
    most, after = lookup.size(call), call.input.get("NextToken")
    start = 0
    if after:
        try:
            start = next(
                place for place, one in enumerate(chosen, 1) if [one["ResourceId"], one["Key"]] == paging.decode(after)
            )
        except (ValueError, StopIteration) as error:
            raise errors.Invalid("Unable to parse pagination token", code="InvalidPaginationToken") from error
    page = chosen[start : start + most] if most else chosen[start:]
    if start + len(page) < len(chosen):
        return {"Tags": page, "NextToken": paging.encode([page[-1]["ResourceId"], page[-1]["Key"]])}
    return {"Tags": page}
