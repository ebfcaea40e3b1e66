"""Event destinations of configuration sets: checked, kept, and told what happens to messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cloudarium.mail import events, records, sets
from cloudarium.mail.desk import Data, Desk
from cloudarium.mail.events import Happening
from cloudarium.mail.records import Mail
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import NotBuilt
from cloudarium.store import Store

MOST = 10
_MOST_DIMENSIONS = 10
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIMENSION = re.compile(r"[A-Za-z0-9_:-]{1,256}")
_DEFAULT = re.compile(r"[A-Za-z0-9_@.:/-]{1,256}")
SERVICES = {"Sns": "sns", "EventBridge": "events", "CloudWatch": "cloudwatch"}  # botocore's names of who is told
_REFUSED = {"Firehose": "firehose", "Pinpoint": "pinpoint"}


def checked(desk: Desk, set_name: str, name: str, given: Data, built: Callable[[str], object]) -> Data:
    """A destination as it is kept: {Name, Enabled, Types, and one of Sns, EventBridge, CloudWatch}.

    `given` has those members; `built` tells whether the cloud has a service. Raises for what SES does not take.
    """
    sets.find(desk, set_name)
    if not _NAME.fullmatch(name):
        raise desk.invalid(
            f"Invalid event destination name: {name[:100]}. It must have 1 to 64 letters, digits, _ and -."
        )
    if not given["Types"]:
        raise desk.invalid("An event destination must have at least one matching event type.")
    kinds = [kind for kind in (*SERVICES, *_REFUSED) if given.get(kind) is not None]
    if len(kinds) != 1:
        raise desk.invalid("An event destination must have exactly one destination.")
    [kind] = kinds
    if kind in _REFUSED:
        raise NotBuilt(f"ses: event destinations in {_REFUSED[kind]}")
    _CHECKS[kind](desk, given[kind], {"ConfigurationSetName": set_name, "EventDestinationName": name})
    if not built(SERVICES[kind]):
        raise NotBuilt(f"ses: event destinations in {SERVICES[kind]}")
    return {"Name": name, "Enabled": given["Enabled"], "Types": given["Types"], kind: given[kind]}


def _check_topic(desk: Desk, topic: str, named: Data) -> None:
    place = arns.parse(topic)
    if place is None or place.service != "sns" or not place.resource or place.region != desk.scope.region:
        raise desk.error(desk.codes.bad_sns, f"Invalid SNS topic <{topic[:300]}>.", **named)


def _check_bus(desk: Desk, bus: str, named: Data) -> None:
    # "Only the default bus is supported": API reference, EventBridgeDestination.
    if bus != arns.make("events", desk.scope, "event-bus/default"):
        raise desk.invalid(f"Invalid event bus <{bus[:300]}>: only the default bus of the account is supported.")


def _check_dimensions(desk: Desk, dimensions: list[Data], named: Data) -> None:
    problem = ""
    names = [each["Name"] for each in dimensions]
    if not 1 <= len(names) <= _MOST_DIMENSIONS:
        problem = f"A CloudWatch destination must have 1 to {_MOST_DIMENSIONS} dimensions."
    elif len(set(names)) < len(names):
        problem = "The names of dimensions must differ."
    for each in dimensions:
        if not _DIMENSION.fullmatch(each["Name"]):
            problem = f"Invalid dimension name <{each['Name'][:300]}>."
        elif not _DEFAULT.fullmatch(each["Default"]):
            problem = f"Invalid default dimension value <{each['Default'][:300]}>."
    if problem:
        raise desk.error(desk.codes.bad_cloudwatch, problem, **named)


_CHECKS: dict[str, Callable[[Desk, Any, Data], None]] = {
    "Sns": _check_topic, "EventBridge": _check_bus, "CloudWatch": _check_dimensions,
}  # fmt: skip


# ---- Kept with their set ---------------------------------------------------------------------------------------------


def of(data: Data) -> list[Data]:
    """The destinations of a set, by name."""
    return list(data.get("Destinations", ()))


def find(desk: Desk, set_name: str, name: str) -> Data:
    """One destination. Raises when the set or the destination does not exist."""
    found = next((each for each in of(sets.find(desk, set_name)) if each["Name"] == name), None)
    if found is None:
        named = {"ConfigurationSetName": set_name, "EventDestinationName": name}
        raise desk.error(desk.codes.no_destination, f"No EventDestination found for {set_name}", **named)
    return found


def check_new(desk: Desk, set_name: str, name: str) -> None:
    """Raise when a set cannot have a new destination of this name."""
    old = of(sets.find(desk, set_name))
    if any(each["Name"] == name for each in old):
        raise desk.error(
            desk.codes.destination_exists,
            f"An event destination with name <{name}> already exists in configuration set <{set_name}>.",
            ConfigurationSetName=set_name,
            EventDestinationName=name,
        )
    if len(old) >= MOST:
        raise desk.error(desk.codes.limit, f"A configuration set can have at most {MOST} event destinations.")


def save(desk: Desk, set_name: str, data: Data) -> None:
    """Keep a destination, in the place of the one with its name."""
    others = [each for each in of(sets.find(desk, set_name)) if each["Name"] != data["Name"]]
    sets.change(desk, set_name, Destinations=sorted([*others, data], key=lambda each: str(each["Name"])))


def remove(desk: Desk, set_name: str, name: str) -> None:
    """Delete a destination. Raises when there is none of that name."""
    gone = find(desk, set_name, name)
    sets.change(desk, set_name, Destinations=[each for each in of(sets.find(desk, set_name)) if each != gone])


# ---- Told ------------------------------------------------------------------------------------------------------------


def tracks(data: Data | None, kind: str) -> bool:
    """Whether a set's destinations want to know of such events."""
    return any(each["Enabled"] and kind in each["Types"] for each in of(data or {}))


def tell(store: Store, now: float, mail: Mail, raw: bytes, happenings: list[Happening], trace: str = "") -> None:
    """Leave what happened to a message for the destinations of its configuration set that want to know it.

    It is part of the present transaction; each destination is told in the order in which things happened.
    """
    name = mail.data.get("ConfigurationSet")
    data = records.get(store, mail.scope, sets.KIND, name) if name else None
    for destination in of(data or {}):
        wanted = [
            {"kind": each.kind, "event": events.told(mail, raw, each)}
            for each in happenings
            if destination["Enabled"] and each.kind in destination["Types"]
        ]
        if wanted:
            payload = {"set": name, "destination": destination, "events": wanted, "at": now}
            store.outbox.put("ses", "MailEvent", mail.scope, payload, now, None, trace)
