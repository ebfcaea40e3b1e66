"""Event buses: the default one that every account has, and custom ones."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, resources
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records import named, rules
from cloudarium.services.events.records.named import Named
from cloudarium.services.events.rules import keys
from cloudarium.shared import arn as arns
from cloudarium.shared import tags
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_MOST = 100
_SAID = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")


def _settings(call: Call) -> Data:
    """What a call says of a bus, after a look at it."""
    dead = (call.input.get("DeadLetterConfig") or {}).get("Arn")
    place = arns.parse(dead) if dead else None
    if dead and (place is None or place.service != "sqs" or place.resource.endswith(".fifo")):
        raise errors.Invalid.parameter("DeadLetterConfig", "The ARN is not the one of a standard SQS queue.")
    level = (call.input.get("LogConfig") or {}).get("Level", "OFF")
    if level != "OFF":
        raise NotBuilt("events buses with LogConfig")
    keys.check_name(call.input.get("KmsKeyIdentifier"))
    return {name: call.input[name] for name in _SAID if call.input.get(name)}


@operation("CreateEventBus", on=resources.new_bus, refuses=("EventSourceName",))
def create_event_bus(call: Call) -> Data:
    """Make a custom bus."""
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
    data = {**_settings(call), "CreationTime": call.now, "LastModifiedTime": call.now}
    named.put(call.store, Named(call.scope, "event-bus", name, data))
    arn = resources.bus_arn(call.scope, name)
    call.tags.put(arn, given)
    return {"EventBusArn": arn, **{member: data[member] for member in _SAID if member in data}}


@operation("UpdateEventBus", on=resources.bus)
def update_event_bus(call: Call) -> Data:
    """Say other things of a bus; what is left out goes back to nothing."""
    found = lookup.bus(call, call.input.get("Name"))
    kept = {name: value for name, value in found.data.items() if name not in _SAID}
    data = {**kept, **_settings(call), "LastModifiedTime": call.now}
    named.put(call.store, found._replace(data=data))
    said = {member: data[member] for member in _SAID if member in data}
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
