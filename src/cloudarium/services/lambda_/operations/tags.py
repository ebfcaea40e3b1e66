"""Tags of functions, event source mappings and code signing configurations."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources
from cloudarium.services.lambda_.records import event_sources, signing
from cloudarium.services.lambda_.rules import configuration
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import Scope


def _tagged(call: Call) -> str:
    """The ARN of what is named: a function (versions have no tags), mapping or signing configuration."""
    text = call.input["Resource"]
    place = arns.parse(text)
    if place is not None and place.resource.startswith("event-source-mapping:"):
        uuid = place.resource.partition(":")[2]
        if event_sources.find(call.store, Scope(place.account, place.region), uuid) is None:
            raise errors.NotFound("The resource you requested does not exist.")
        return str(text)
    if place is not None and place.resource.startswith("code-signing-config:"):
        if signing.find(call.store, Scope(place.account, place.region), place.resource.partition(":")[2]) is None:
            raise errors.NotFound(f"The Lambda code signing configuration {text} can not be found.")
        return str(text)
    if ":function:" not in text:
        raise NotBuilt(f"lambda:{call.operation_name} of what is no function, mapping or code signing configuration")
    name = resources.parse_function(text, call.scope)
    if name.qualifier:
        raise errors.InvalidParameter(
            "Tags on function aliases and versions are not supported. Please specify a function ARN."
        )
    if records.find_function(call.store, name.scope, name.name) is None:
        raise errors.FunctionNotFound(name.arn)
    return name.arn


def _touch(call: Call, arn: str) -> None:
    if ":function:" not in arn:
        return
    name = resources.parse_function(arn, call.scope)
    latest = records.find_version(call.store, name.scope, name.name, records.LATEST)
    if latest is not None:
        records.touch(call.store, latest)


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> dict[str, Any]:
    """Add or overwrite tags of a function."""
    arn = _tagged(call)
    if not call.input["Tags"]:
        raise errors.InvalidParameter("An error occurred and the request cannot be processed.")
    configuration.check_tags(call.input["Tags"], call.tags.of(arn))
    call.tags.put(arn, call.input["Tags"])
    _touch(call, arn)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> dict[str, Any]:
    """Take tags of a function away."""
    arn = _tagged(call)
    call.tags.remove(arn, call.input["TagKeys"])
    _touch(call, arn)
    return {}


@operation("ListTags", on=resources.tagged)
def list_tags(call: Call) -> dict[str, Any]:
    """The tags of a function."""
    return {"Tags": call.tags.of(_tagged(call))}
