"""Event buses: the default one that every account has, and custom ones."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, resources, sealing
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records import named, rules
from cloudarium.services.events.records.named import Named
from cloudarium.shared import arn as arns
from cloudarium.shared import tags
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_MOST = 100
_SAID = ("Description", "DeadLetterConfig", "LogConfig")
_SHOWN = (*_SAID, sealing.MEMBER)


def _settings(call: Call, arn: str) -> Data:
    """What a call says of a bus but its key, after a look at it."""
    dead = call.input.get("DeadLetterConfig")
    if dead is not None and "Arn" not in dead:
        reason = "Provide a valid SQS queue ARN, or an empty string to remove the dead-letter queue configuration."
        raise errors.Invalid.parameter("DeadLetterConfig.Arn", reason)
    place = arns.parse(dead["Arn"]) if dead and dead["Arn"] else None
    if dead and dead["Arn"] and (place is None or place.service != "sqs" or place.resource.endswith(".fifo")):
        raise errors.Invalid.parameter("DeadLetterConfig", "The ARN is not the one of a standard SQS queue.")
    if place is not None and place.region != arn.split(":")[3]:
        reason = "You must specify a dead letter queue in the same region."
        raise errors.AccessDenied(f"Access to the resource {place} is denied. Reason: {reason}")
    level = (call.input.get("LogConfig") or {}).get("Level", "OFF")
    if level != "OFF":
        raise NotBuilt("events buses with LogConfig")
    given = {name: call.input[name] for name in _SAID if call.input.get(name) is not None}
    if dead is not None and not dead["Arn"]:
        given["DeadLetterConfig"] = None
    return given


@operation("CreateEventBus", on=resources.new_bus, refuses=("EventSourceName",))
def create_event_bus(call: Call) -> Data | Awaitable[Data]:
    """Make a custom bus."""
    arn = resources.bus_arn(call.scope, call.input["Name"])
    data, given = _new(call, arn)
    key = call.input.get(sealing.MEMBER)
    return _make_sealed(call, arn, key) if key else _make(call, arn, data, given)


def _new(call: Call, arn: str) -> tuple[Data, dict[str, str]]:
    """What is said of a new bus, and its tags. Raises AWS's errors for what cannot be."""
    name = call.input["Name"]
    if name.startswith("aws.partner/"):
        raise NotBuilt("events partner event buses")
    if "/" in name:
        raise errors.Invalid("Event bus name must not contain '/'.")
    if resources.find_bus(call.store, call.scope, name) is not None:
        raise errors.Exists(f"Event bus {name} already exists.")
    if len(named.every(call.store, call.scope, "event-bus")) >= _MOST:
        raise errors.LimitExceeded
    given = tags.from_list(call.input.get("Tags"))
    wrong = tags.problem(given)
    if wrong:
        raise errors.Invalid(wrong)
    return _settings(call, arn), given


async def _make_sealed(call: Call, arn: str, key: str) -> Data:
    checked = await sealing.checked_for_bus(call, arn, key)
    with call.transaction():
        data, given = _new(call, arn)
        return _make(call, arn, {**data, sealing.MEMBER: checked}, given)


def _make(call: Call, arn: str, settings: Data, given: dict[str, str]) -> Data:
    data = {**_without_nothing(settings), "CreationTime": call.now, "LastModifiedTime": call.now}
    named.put(call.store, Named(call.scope, "event-bus", call.input["Name"], data))
    call.tags.put(arn, given)
    return {"EventBusArn": arn, **{member: data[member] for member in _SHOWN if member in data}}


def _without_nothing(data: Data) -> Data:
    return {name: value for name, value in data.items() if value or name not in _SHOWN}


@operation("UpdateEventBus", on=resources.bus)
def update_event_bus(call: Call) -> Data | Awaitable[Data]:
    """Say other things of a bus; what is left out stays, and what is empty goes."""
    found = lookup.bus(call, call.input.get("Name"))
    settings = _settings(call, resources.bus_arn(found.scope, found.name))
    if sealing.MEMBER not in call.input:
        return _change(call, found, settings)
    return _change_key(call, found)


async def _change_key(call: Call, found: Named) -> Data:
    arn, key = resources.bus_arn(found.scope, found.name), call.input[sealing.MEMBER]
    wanted, checked = key or found.data.get(sealing.MEMBER, ""), ""
    if wanted:
        checked = await sealing.checked_for_bus(call, arn, wanted)
    with call.transaction():
        found = lookup.bus(call, call.input.get("Name"))
        return _change(call, found, {**_settings(call, arn), sealing.MEMBER: checked if key else None})


def _change(call: Call, found: Named, settings: Data) -> Data:
    data = _without_nothing({**found.data, **settings, "LastModifiedTime": call.now})
    named.put(call.store, found._replace(data=data))
    said = {member: data[member] for member in _SHOWN if member in data}
    return {"Arn": resources.bus_arn(found.scope, found.name), "Name": found.name, **said}


@operation("DescribeEventBus", on=resources.bus)
def describe_event_bus(call: Call) -> Data:
    """All of a bus."""
    return _shown(lookup.bus(call, call.input.get("Name")), full=True)


@operation("ListEventBuses")
def list_event_buses(call: Call) -> Data:
    """The buses of the account, by name."""
    prefix = call.input.get("NamePrefix") or ""
    found = named.every(call.store, call.scope, "event-bus", prefix)
    if resources.DEFAULT.startswith(prefix) and all(each.name != resources.DEFAULT for each in found):
        default = resources.find_bus(call.store, call.scope, resources.DEFAULT)
        found = sorted([*found, *([default] if default else [])], key=lambda each: each.name)
    return lookup.page(call, "EventBuses", found, lambda each: each.name, _shown)


def _shown(found: Named, full: bool = False) -> Data:
    members = ["Description", "Policy", "CreationTime", "LastModifiedTime"]
    if full:
        members += ["KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"]
    said = {member: found.data[member] for member in members if member in found.data}
    return {"Name": found.name, "Arn": resources.bus_arn(found.scope, found.name), **said}


@operation("DeleteEventBus", on=resources.bus)
def delete_event_bus(call: Call) -> Data:
    """Delete a custom bus that has no rules; one that is not there is no error."""
    scope, name = resources.bus_of(call.input["Name"], call.scope)
    if name == resources.DEFAULT:
        raise errors.Invalid("Cannot delete event bus default.")
    found = resources.find_bus(call.store, scope, name)
    if found is None:
        return {}
    if rules.count(call.store, scope, name):
        raise errors.Invalid("EventBus can't be deleted since it has rules.")
    named.remove(call.store, found)
    call.tags.drop(resources.bus_arn(scope, name))
    return {}
