"""Tags of tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import resources
from cloudarium.services.dynamodb.errors import ResourceNotFound, ValidationException
from cloudarium.services.dynamodb.records import tables
from cloudarium.shared import arn, paging
from cloudarium.shared import tags as forms
from cloudarium.shared.errors import AccessDenied
from cloudarium.shared.scope import Scope

MOST = 50
PAGE = 10
_SIGNS = frozenset("_.:/=+-@")  # beside letters, numbers and spaces of any script


def checked(given: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """The tags of a list. Raises ValidationException for what DynamoDB does not take."""
    found: dict[str, str] = {}
    for tag in given or ():
        key, value = tag["Key"], tag["Value"]
        if key in found:
            raise ValidationException(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}")
        if key.lower().startswith("aws:"):
            raise ValidationException(f"Tag Key cannot be prefixed with aws:, Key: {key}")
        for which, text in (("Key", key), ("Value", value)):
            if not all(each in _SIGNS or unicodedata.category(each)[0] in "LNZ" for each in text):
                raise ValidationException(f"The Tag {which} provided is invalid string")
        found[key] = value
    if len(found) > MOST:
        raise ValidationException("Number of Tags exceed the current limit for the provided ResourceArn")
    return found


def _resource(call: Call) -> str:
    """The table's ARN that the call names. Raises ResourceNotFound when there is no such table."""
    text = call.input["ResourceArn"]
    parsed = arn.parse(text)
    if parsed is None:  # what is no ARN at all is nobody's, and nothing allows it
        raise AccessDenied(
            f"User: {call.principal.arn} is not authorized to perform: dynamodb:{call.operation_name} on resource:"
            f" {text or '*'}"
        )
    kind, _, name = parsed.resource.partition("/")
    if parsed.service != "dynamodb" or kind != "table" or len(name) < 3 or "/" in name or parsed.region != call.region:
        raise ValidationException(f"Invalid TableArn: Invalid ResourceArn provided as input {text}")
    if tables.find(call.store, Scope(parsed.account, parsed.region), name) is None:
        missing = ResourceNotFound()
        missing.message += f": ResourcArn: {text} not found"  # sic
        raise missing
    return text


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> dict[str, Any]:
    """Add tags to a table, or overwrite their values."""
    given = checked(call.input["Tags"])
    if not given:
        raise ValidationException("Atleast one Tag needs to be provided as Input.")
    resource = _resource(call)
    if len(call.tags.of(resource).keys() | given.keys()) > MOST:
        raise ValidationException("Number of Tags exceed the current limit for the provided ResourceArn")
    call.tags.put(resource, given)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags away; unknown keys are no error."""
    if not call.input["TagKeys"]:
        raise ValidationException("Atleast one Tag Key needs to be provided as Input.")
    call.tags.remove(_resource(call), call.input["TagKeys"])
    return {}


@operation("ListTagsOfResource", on=resources.tagged)
def list_tags_of_resource(call: Call) -> dict[str, Any]:
    """A table's tags, ten a page."""
    found = forms.to_list(call.tags.of(_resource(call)))
    start = 0
    if call.input.get("NextToken"):
        try:
            last = paging.decode(call.input["NextToken"])
        except ValueError:
            raise ValidationException("Invalid NextToken") from None
        start = next((at + 1 for at, tag in enumerate(found) if tag["Key"] == last), len(found))
    answer: dict[str, Any] = {"Tags": found[start : start + PAGE]}
    if len(found) > start + PAGE:
        answer["NextToken"] = paging.encode(found[start + PAGE - 1]["Key"])
    return answer
