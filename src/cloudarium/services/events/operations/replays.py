"""Replays: the events of an archive once more, for the rules of its bus."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.events import errors, resources
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records import named, rules
from cloudarium.services.events.records.named import Named
from cloudarium.shared import arn as arns

Data = dict[str, Any]
_SHOWN = (
    "State", "StateReason", "EventSourceArn", "EventStartTime", "EventEndTime", "EventLastReplayedTime",
    "ReplayStartTime", "ReplayEndTime",
)  # fmt: skip
_AT_ONCE = 10
_START = 2.0  # seconds: AWS takes longer, and whoever starts one may still cancel it


def find(call: Call, name: str) -> Named:
    """The replay of this name. Raises NotFound."""
    found = named.find(call.store, call.scope, "replay", name)
    if found is None:
        raise errors.NotFound.replay(name)
    return found


@operation("StartReplay", on=resources.new_replay)
def start_replay(call: Call) -> Data:
    """Bring the events that an archive took in a span of time once more to the rules of its bus."""
    given = call.input
    bus = lookup.bus(call, given["Destination"]["Arn"])
    source = arns.parse(given["EventSourceArn"])
    archive_name = source.resource.partition("/")[2] if source is not None else ""
    archive = named.find(call.store, call.scope, "archive", archive_name)
    if archive is None or resources.thing_arn(archive) != given["EventSourceArn"]:
        raise errors.Invalid.parameter("EventSourceArn", f"Archive {archive_name} does not exist.")
    if archive.data["EventSourceArn"] != resources.bus_arn(bus.scope, bus.name):
        raise errors.Invalid.parameter("Destination.Arn", "Cross event bus replay is not permitted.")
    if given["EventStartTime"] >= given["EventEndTime"]:
        raise errors.Invalid.parameter("EventEndTime", "EventStartTime must be before EventEndTime.")
    if named.find(call.store, call.scope, "replay", given["ReplayName"]) is not None:
        raise errors.Exists(f"Replay {given['ReplayName']} already exists.")
    _check_filters(call, given["Destination"].get("FilterArns") or (), bus)
    running = named.every(call.store, call.scope, "replay")
    if sum(each.data["State"] in ("STARTING", "RUNNING", "CANCELLING") for each in running) >= _AT_ONCE:
        raise errors.LimitExceeded
    data = {name: given[name] for name in ("Description", "EventSourceArn", "Destination") if given.get(name)}
    data.update({name: float(given[name]) for name in ("EventStartTime", "EventEndTime")})
    data.update({"State": "STARTING", "ReplayStartTime": call.now})
    replay = Named(call.scope, "replay", given["ReplayName"], data)
    named.put(call.store, replay)
    call.later("Replay", {"Name": replay.name}, due=call.now + _START, key=replay.name)
    return {"ReplayArn": resources.thing_arn(replay), "State": "STARTING", "ReplayStartTime": call.now}


def _check_filters(call: Call, wanted: Any, bus: Named) -> None:
    for arn in wanted:
        place = resources.rule_of(arn)
        if place is None or place[:2] != (bus.scope, bus.name):
            raise errors.Invalid.parameter("Destination.FilterArns", "The rule is not one of the destination.")
        if rules.find(call.store, *place) is None:
            raise errors.NotFound.rule(place[2], bus.name)


def _shown(replay: Named) -> Data:
    return {"ReplayName": replay.name, **{name: replay.data[name] for name in _SHOWN if name in replay.data}}


@operation("DescribeReplay", on=resources.replay)
def describe_replay(call: Call) -> Data:
    """All of a replay."""
    found = find(call, call.input["ReplayName"])
    more: Data = {name: found.data[name] for name in ("Description", "Destination") if name in found.data}
    return {**_shown(found), "ReplayArn": resources.thing_arn(found), **more}


@operation("ListReplays")
def list_replays(call: Call) -> Data:
    """The replays of the account, by name; one of prefix, archive and state may choose among them."""
    given = call.input
    if sum(bool(given.get(name)) for name in ("NamePrefix", "EventSourceArn", "State")) > 1:
        raise errors.Invalid(
            "At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix."
        )
    found = [
        each
        for each in named.every(call.store, call.scope, "replay", given.get("NamePrefix") or "")
        if given.get("State") in (None, each.data["State"])
        and given.get("EventSourceArn") in (None, each.data["EventSourceArn"])
    ]
    return lookup.page(call, "Replays", found, lambda each: each.name, _shown)


@operation("CancelReplay", on=resources.replay)
def cancel_replay(call: Call) -> Data:
    """End a replay that is under way."""
    found = find(call, call.input["ReplayName"])
    if found.data["State"] not in ("STARTING", "RUNNING"):
        raise errors.IllegalStatus(f"Replay {found.name} is not in a valid state for this operation.")
    named.put(call.store, found._replace(data={**found.data, "State": "CANCELLING"}))
    return {"ReplayArn": resources.thing_arn(found), "State": "CANCELLING"}
