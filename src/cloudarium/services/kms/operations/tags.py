"""Tags of keys, whose members are called TagKey and TagValue."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, resources
from cloudarium.services.kms.operations.lookup import check_state, limit, locate, marker, paged
from cloudarium.services.kms.records.keys import Key
from cloudarium.shared import tags

Data = dict[str, Any]
_MOST = 50


def tags_of(call: Call) -> dict[str, str]:
    """The tags in the request. Raises for those that cannot be."""
    found = {tag["TagKey"]: tag["TagValue"] for tag in call.input.get("Tags") or ()}
    if len(found) != len(call.input.get("Tags") or ()):
        raise errors.TagRefused("Duplicate tag keys")
    wrong = tags.problem(found, _MOST)
    if wrong:
        raise errors.TagRefused(wrong)
    return found


def _key(call: Call) -> Key:
    found = locate(call, call.input["KeyId"], by_alias=False, foreign=False)
    check_state(found, "Disabled", "PendingImport")
    return found


@operation("TagResource", on=resources.own_key)
def tag_resource(call: Call) -> Data:
    """Add tags to a key, or change their values."""
    key, new = _key(call), tags_of(call)
    if len({**call.tags.of(key.arn), **new}) > _MOST:
        raise errors.LimitExceeded(f"A key has at most {_MOST} tags.")
    call.tags.put(key.arn, new)
    return {}


@operation("UntagResource", on=resources.own_key)
def untag_resource(call: Call) -> Data:
    """Take tags away from a key."""
    call.tags.remove(_key(call).arn, call.input["TagKeys"])
    return {}


@operation("ListResourceTags", on=resources.own_key)
def list_resource_tags(call: Call) -> Data:
    """The tags of a key."""
    key = locate(call, call.input["KeyId"], by_alias=False, foreign=False)
    most, after = limit(call, _MOST, _MOST), marker(call)
    found = sorted(pair for pair in call.tags.of(key.arn).items() if pair[0] > after)
    shown = [{"TagKey": name, "TagValue": value} for name, value in found[:most]]
    return paged("Tags", shown, len(found) > most, shown[-1]["TagKey"] if shown else "")
