"""Finding, listing, tagging and noting, the same way for every kind of thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.elasticache import errors, records
from cloudarium.services.elasticache.records import Data
from cloudarium.shared import arn, paging, tags
from cloudarium.shared.scope import Scope

MOST_TAGS = 50
_SOURCES = {
    "cluster": "cache-cluster",
    "replicationgroup": "replication-group",
    "serverlesscache": "serverless-cache",
    "serverlesscachesnapshot": "serverless-cache-snapshot",
    "parametergroup": "cache-parameter-group",
    "subnetgroup": "cache-subnet-group",
    "user": "user",
    "usergroup": "user-group",
}


def arn_of(scope: Scope, kind: str, id: str) -> str:
    """The ARN of a thing; its tags are kept under it."""
    return arn.make("elasticache", scope, f"{kind}:{id}")


def find(call: Call, kind: str, id: str) -> Data:
    """The thing with this id, in whatever case it is written. Raises NotFound."""
    found = records.find(call.store, call.scope, kind, id.lower())
    if found is None:
        raise errors.NotFound(kind, id)
    return found


def refuse_existing(call: Call, kind: str, id: str) -> None:
    """Raise Exists when the name is taken."""
    if records.find(call.store, call.scope, kind, id) is not None:
        raise errors.Exists(kind, id)


def keep(call: Call, kind: str, id: str, data: Data) -> None:
    """Keep a thing, new or changed."""
    records.put(call.store, call.scope, kind, id, data)


def forget(call: Call, kind: str, id: str) -> None:
    """Forget a thing and its tags."""
    records.remove(call.store, call.scope, kind, id)
    call.tags.drop(arn_of(call.scope, kind, id))


def note(call: Call, kind: str, id: str, message: str) -> None:
    """Leave an event for DescribeEvents."""
    records.add_event(call.store, call.scope, call.cloud.clock.now(), _SOURCES[kind], id, message)


# ---- Tags ------------------------------------------------------------------------------------------------------------


def wanted_tags(call: Call) -> dict[str, str]:
    """The tags that the input gives a new thing. Raises TooManyTags and Invalid."""
    return checked(given_tags(call))


def given_tags(call: Call) -> dict[str, str]:
    """The tags of the input as they were sent; one without a key has an empty one, which `checked` refuses."""
    return {tag.get("Key") or "": tag.get("Value") or "" for tag in call.input.get("Tags") or ()}


def checked(given: Mapping[str, str], besides: Mapping[str, str] | None = None) -> dict[str, str]:
    """Tags that a thing may get, beside those that it has. Raises TooManyTags and Invalid."""
    if len({**(besides or {}), **given}) > MOST_TAGS:
        raise errors.TooManyTags("The number of tags exceeds the limit of 50 tags per resource.")
    problem = tags.problem(given)
    if problem:
        raise errors.Invalid(problem)
    return dict(given)


def tag(call: Call, kind: str, id: str, given: Mapping[str, str]) -> None:
    """Tag a new thing."""
    if given:
        call.tags.put(arn_of(call.scope, kind, id), given)


# ---- Pages -----------------------------------------------------------------------------------------------------------

_LEAST, _MOST = 20, 100


def page(call: Call, member: str, found: Sequence[Data], id_of: Callable[[Data], Any]) -> Data:
    """The answer of an operation that lists by Marker and MaxRecords. Raises Invalid."""
    most = call.input.get("MaxRecords") or _MOST
    if not _LEAST <= most <= _MOST:
        raise errors.Invalid(f"MaxRecords must be a value between {_LEAST} and {_MOST}.")
    return _page(call.input.get("Marker"), "Marker", most, member, found, id_of)


def new_page(call: Call, member: str, found: Sequence[Data], id_of: Callable[[Data], Any]) -> Data:
    """The answer of an operation that lists by NextToken and MaxResults. Raises Invalid."""
    most = call.input.get("MaxResults") or 50
    if not 1 <= most <= 50:
        raise errors.Invalid("MaxResults must be a value between 1 and 50.")
    return _page(call.input.get("NextToken"), "NextToken", most, member, found, id_of)


def _page(
    after: str | None, name: str, most: int, member: str, found: Sequence[Data], id_of: Callable[[Data], Any]
) -> Data:
    if after:
        try:
            last = paging.decode(after)
            found = [one for one in found if id_of(one) > last]
        except (ValueError, TypeError) as error:
            raise errors.Invalid(f"Invalid {name}: {after[:100]}") from error
    answer: Data = {member: found[:most]}
    if len(found) > most:
        answer[name] = paging.encode(id_of(found[most - 1]))
    return answer
