"""Finding, listing and tagging the things of this room, the same way for every kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors
from cloudarium.services.ec2.kinds import Kind
from cloudarium.services.ec2.rules import filters
from cloudarium.services.ec2.rules.filters import Reader
from cloudarium.shared import arn, ids, paging
from cloudarium.shared.scope import Scope
from cloudarium.vpc import records
from cloudarium.vpc.records import Data

_MOST_TAGS = 50
LEAST, MOST = 5, 1000  # on a page


def new_id(kind: Kind) -> str:
    """An id for a new thing."""
    return f"{kind.prefix}-0{ids.hex(16)}"


def arn_of(scope: Scope, kind: Kind, id: str) -> str:
    """The ARN of a thing; its tags are kept under it."""
    return arn.make("ec2", scope, f"{kind.record}/{id}")


def check_id(kind: Kind, id: str) -> None:
    """Raise when this is no id of the kind. One that only is too short is one that is not there, says EC2."""
    if not id.startswith(f"{kind.prefix}-"):
        raise errors.Malformed(kind, id)


def one_of(call: Call, member: str, *valid: str) -> str:
    """A member of the input that must have one of these values; the first when it is left out."""
    given: str = call.input.get(member) or valid[0]
    if given not in valid:
        name = member[0].lower() + member[1:]
        raise errors.Invalid.value(given, name, f"Allowed values are: {', '.join(valid)}")
    return given


def find(call: Call, kind: Kind, id: str) -> Data:
    """The thing with this id, without its tags. Raises NotFound."""
    check_id(kind, id)
    found = records.find(call.store, call.scope, kind.record, id)
    if found is None:
        raise errors.NotFound(kind, id)
    return found


def named(call: Call, kind: Kind, member: str = "") -> Data:
    """The thing whose id stands in a member of the input: the one called like the kind's own. Raises Missing."""
    name = member or kind.id
    id = call.input.get(name)
    if not id:
        raise errors.Missing(name[0].lower() + name[1:])
    return find(call, kind, id)


def keep(call: Call, kind: Kind, data: Data, parent: str = "") -> None:
    """Keep a thing, new or changed. `parent`: what it lies in, when that is not its VPC."""
    data = {name: value for name, value in data.items() if name != kind.tags}
    records.put(call.store, call.scope, kind.record, data[kind.id], data, parent or data.get("VpcId", ""))


def forget(call: Call, kind: Kind, id: str) -> None:
    """Forget a thing and its tags."""
    records.remove(call.store, call.scope, kind.record, id)
    call.tags.drop(arn_of(call.scope, kind, id))


def shown(call: Call, kind: Kind, data: Data) -> Data:
    """A thing as EC2 answers it: with its tags."""
    return _shown(kind, data, call.tags.of(arn_of(call.scope, kind, data[kind.id])))


def _shown(kind: Kind, data: Data, tags: Mapping[str, str]) -> Data:
    """A thing with its tags; members whose names begin with `_` are our own."""
    given = {name: value for name, value in data.items() if name[0] != "_"}
    if not tags and not kind.untagged:
        return given
    return {**given, kind.tags: [{"Key": key, "Value": value} for key, value in tags.items()]}


def every(call: Call, kind: Kind) -> list[Data]:
    """All things of a kind, as EC2 answers them."""
    own = call.tags.matching(arn_of(call.scope, kind, ""))
    tags = {key.rpartition("/")[2]: value for key, value in own.items()}
    return [
        _shown(kind, data, tags.get(data[kind.id], {})) for data in records.every(call.store, call.scope, kind.record)
    ]


def described(
    call: Call,
    kind: Kind,
    readers: Mapping[str, Reader],
    things: Iterable[Data] | None = None,
    asked: Sequence[Mapping[str, Any]] | None = None,
) -> Data:
    """The answer of a Describe operation: those that ids and filters pick, a page of them.

    `things` are those it picks from (all of the kind), `asked` the filters (the call's own). Raises for an id that is
    not there, though others are.
    """
    asked = asked if asked is not None else call.input.get("Filters") or []
    wanted = call.input.get(kind.ids) or []
    filters.check(asked, readers)
    for id in wanted:
        check_id(kind, id)
    found = list(every(call, kind) if things is None else things)
    there = {data[kind.id] for data in found}
    for id in wanted:
        if id not in there:
            raise errors.NotFound(kind, id)
    chosen = [
        data
        for data in found
        if (not wanted or data[kind.id] in wanted) and filters.matches(data, asked, readers, kind.tags)
    ]
    if call.input.get("MaxResults") is not None and wanted:
        member = kind.ids[0].lower() + kind.ids[1:]
        raise errors.Combination(f"The parameter {member} cannot be used with the parameter maxResults")
    return page(call, kind.listed, chosen, kind.id)


def size(call: Call, least: int = LEAST, highest: int = MOST) -> int | None:
    """How many things a call wants on a page; None when it does not say."""
    most: int | None = call.input.get("MaxResults")
    if most is not None and not least <= most <= highest:
        limit = f"greater than {least}" if most < least else f"less than {highest}"
        raise errors.Invalid(f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value {limit}.")
    return most


def page(call: Call, name: str, chosen: list[Data], id: str) -> Data:
    """The page of a list, sorted by the member `id`, that a call asks for, as the output member `name`."""
    most, after = size(call), call.input.get("NextToken")
    chosen = sorted(chosen, key=lambda data: str(data[id]))
    if after:
        try:
            last = paging.decode(after)
        except ValueError as error:
            raise errors.Invalid("Unable to parse pagination token", code="InvalidPaginationToken") from error
        chosen = [data for data in chosen if data[id] > str(last)]
    if most is None or len(chosen) <= most:
        return {name: chosen}
    return {name: chosen[:most], "NextToken": paging.encode(chosen[most - 1][id])}


# ---- tags -----------------------------------------------------------------------------------------------------------


def tags_for(call: Call, kind: Kind) -> dict[str, str]:
    """The tags that a call gives a new thing of a kind. Raises when they are for another kind, or wrong."""
    marked = call.parent is not None and call.parent.service == "cloudformation"  # only it may mark what is its own
    found: dict[str, str] = {}
    for each in call.input.get("TagSpecifications") or []:
        type = each.get("ResourceType")
        if type is None:
            message = "Tag specification resource type must have a value"
            raise errors.Conflict(message, code="InvalidParameter")
        if not each.get("Tags"):
            raise errors.Conflict("Tag specification must have at least one tag", code="InvalidParameter")
        if type != kind.record:
            raise errors.Invalid(
                f"'{type}' is not a valid taggable resource type for this operation.", code="InvalidParameterValue"
            )
        found.update(checked_tags(each.get("Tags") or [], "aws:cloudformation:" if marked else ""))
    return found


def checked_tags(given: Iterable[Mapping[str, Any]], reserved: str = "") -> dict[str, str]:
    """Tags as they are to be kept. Raises for what EC2 takes for no tag. Keys may begin with `reserved`."""
    found: dict[str, str] = {}
    for tag in given:
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        if not key:
            raise errors.Invalid("Tag key cannot be null or empty", code="InvalidParameterValue")
        if key.lower().startswith("aws:") and not (reserved and key.startswith(reserved)):
            raise errors.Invalid("Tag keys starting with 'aws:' are reserved for internal use")
        if len(key) > 127:
            raise errors.Invalid("Tag key exceeds the maximum length of 127 characters")
        if len(value) > 255:
            raise errors.Invalid("Tag value exceeds the maximum length of 255 characters")
        if key in found:
            raise errors.Invalid(f"Duplicate tag key '{key}' specified.")
        found[key] = value
    return found


def tag(call: Call, kind: Kind, id: str, new: Mapping[str, str]) -> None:
    """Add tags to a thing, or change their values. Raises TagLimitExceeded."""
    own = arn_of(call.scope, kind, id)
    if sum(not key.startswith("aws:") for key in {**call.tags.of(own), **new}) > _MOST_TAGS:
        raise errors.LimitExceeded("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
    call.tags.put(own, new)


def made(call: Call, kind: Kind, data: Data, parent: str = "") -> Data:
    """Keep a new thing with the tags that the call gives it; it as EC2 answers it."""
    keep(call, kind, data, parent)
    tag(call, kind, data[kind.id], tags_for(call, kind))
    return shown(call, kind, data)
