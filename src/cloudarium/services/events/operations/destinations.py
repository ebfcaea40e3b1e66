"""API destinations: HTTP endpoints as targets, over connections."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, resources
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records import named
from cloudarium.services.events.records.named import Named
from cloudarium.services.events.rules import authorization
from cloudarium.shared import arn as arns
from cloudarium.shared import ids
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]
_SAID = ("ConnectionArn", "InvocationEndpoint", "HttpMethod", "InvocationRateLimitPerSecond")
_RATE, _MOST_PER_SECOND = 300, 300


def connection_of(store: Store, arn: str) -> Named | None:
    """The connection with this ARN."""
    parsed = arns.parse(arn)
    if parsed is None or not parsed.resource.startswith("connection/"):
        return None
    _, name, *_ = parsed.resource.split("/")
    found = named.find(store, Scope(parsed.account, parsed.region), "connection", name)
    return found if found is not None and resources.thing_arn(found) == arn else None


def _find(call: Call, wanted: str) -> Named:
    found = named.find(call.store, call.scope, "api-destination", call.input["Name"])
    if found is None:
        raise errors.NotFound.destination(call.input["Name"], wanted)
    return found


def _check(call: Call) -> None:
    arn = call.input.get("ConnectionArn")
    if arn is not None:
        found = connection_of(call.store, arn)
        if found is None or found.scope != call.scope:
            raise errors.NotFound(f"Connection '{arn}' does not exist.")
    if call.input.get("InvocationEndpoint") is not None:
        authorization.check_endpoint("InvocationEndpoint", call.input["InvocationEndpoint"])
    if (call.input.get("InvocationRateLimitPerSecond") or 1) > _MOST_PER_SECOND:
        raise errors.LimitExceeded


def _state(call: Call, destination: Named) -> str:
    found = connection_of(call.store, destination.data["ConnectionArn"])
    return "ACTIVE" if found is not None and found.data["ConnectionState"] == "AUTHORIZED" else "INACTIVE"


def _answer(call: Call, destination: Named) -> Data:
    return {
        "ApiDestinationArn": resources.thing_arn(destination),
        "ApiDestinationState": _state(call, destination),
        "CreationTime": destination.data["CreationTime"],
        "LastModifiedTime": destination.data["LastModifiedTime"],
    }


@operation("CreateApiDestination", on=resources.new_destination)
def create_api_destination(call: Call) -> Data:
    """Make an endpoint a target that rules can have."""
    given = call.input
    _check(call)
    if named.find(call.store, call.scope, "api-destination", given["Name"]) is not None:
        raise errors.Exists(f"An api-destination '{given['Name']}' already exists.")
    data = {"InvocationRateLimitPerSecond": _RATE, **_given(call)}
    data.update({"id": ids.uuid(), "CreationTime": call.now, "LastModifiedTime": call.now})
    destination = Named(call.scope, "api-destination", given["Name"], data)
    named.put(call.store, destination)
    return _answer(call, destination)


def _given(call: Call) -> Data:
    return {name: call.input[name] for name in ("Description", *_SAID) if call.input.get(name) is not None}


@operation("UpdateApiDestination", on=resources.destination)
def update_api_destination(call: Call) -> Data:
    """Change what is given."""
    found = _find(call, "update")
    _check(call)
    changed = found._replace(data={**found.data, **_given(call), "LastModifiedTime": call.now})
    named.put(call.store, changed)
    return _answer(call, changed)


def _shown(call: Call, destination: Named) -> Data:
    said = {name: destination.data[name] for name in _SAID}
    return {"Name": destination.name, **_answer(call, destination), **said}


@operation("DescribeApiDestination", on=resources.destination)
def describe_api_destination(call: Call) -> Data:
    """All of an API destination."""
    found = _find(call, "describe")
    more = {"Description": found.data["Description"]} if "Description" in found.data else {}
    return {**_shown(call, found), **more}


@operation("ListApiDestinations")
def list_api_destinations(call: Call) -> Data:
    """The API destinations of the account, by name."""
    over = call.input.get("ConnectionArn")
    found = [
        each
        for each in named.every(call.store, call.scope, "api-destination", call.input.get("NamePrefix") or "")
        if over in (None, each.data["ConnectionArn"])
    ]
    return lookup.page(call, "ApiDestinations", found, lambda each: each.name, lambda each: _shown(call, each))


@operation("DeleteApiDestination", on=resources.destination)
def delete_api_destination(call: Call) -> Data:
    """Delete an API destination."""
    named.remove(call.store, _find(call, "delete"))
    return {}
