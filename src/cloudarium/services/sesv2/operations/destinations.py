"""Event destinations of configuration sets."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.gateway.rooms import room
from cloudarium.mail import destinations, publishing, sets
from cloudarium.mail.desk import Desk
from cloudarium.services.sesv2 import resources

Data = dict[str, Any]
_DIMENSION = {"Name": "DimensionName", "Source": "DimensionValueSource", "Default": "DefaultDimensionValue"}


def _given(call: Call, old: Data) -> Data:
    """What the call says; a member that it leaves out stays as it was."""
    told = call.input["EventDestination"]
    dimensions = (told.get("CloudWatchDestination") or {}).get("DimensionConfigurations")
    found = {
        "Sns": (told.get("SnsDestination") or {}).get("TopicArn"),
        "EventBridge": (told.get("EventBridgeDestination") or {}).get("EventBusArn"),
        "CloudWatch": dimensions and [{short: each[long] for short, long in _DIMENSION.items()} for each in dimensions],
        "Firehose": told.get("KinesisFirehoseDestination"),
        "Pinpoint": told.get("PinpointDestination"),
    }
    if not any(found.values()):
        found = {name: old.get(name) for name in found}
    types = told.get("MatchingEventTypes")
    return {
        **found,
        "Enabled": bool(told.get("Enabled", old.get("Enabled"))),
        "Types": sorted(set(types)) if types is not None else old.get("Types", []),
    }


def _shown(data: Data) -> Data:
    found: Data = {"Name": data["Name"], "Enabled": data["Enabled"], "MatchingEventTypes": data["Types"]}
    if "Sns" in data:
        found["SnsDestination"] = {"TopicArn": data["Sns"]}
    if "EventBridge" in data:
        found["EventBridgeDestination"] = {"EventBusArn": data["EventBridge"]}
    if "CloudWatch" in data:
        dimensions = [{long: each[short] for short, long in _DIMENSION.items()} for each in data["CloudWatch"]]
        found["CloudWatchDestination"] = {"DimensionConfigurations": dimensions}
    return found


def _checked(desk: Desk, call: Call, old: Data) -> Data:
    given = call.input
    name = given["EventDestinationName"]
    return destinations.checked(desk, given["ConfigurationSetName"], name, _given(call, old), room)


@operation("CreateConfigurationSetEventDestination", on=resources.configuration_set)
async def create_configuration_set_event_destination(call: Call) -> Data:
    """Tell what happens to mail sent with a set to a topic, an event bus or CloudWatch."""
    desk, name = resources.desk(call), call.input["ConfigurationSetName"]
    data = _checked(desk, call, {})
    destinations.check_new(desk, name, data["Name"])
    await publishing.prove(call.send, desk, name, data)
    with call.transaction():
        destinations.check_new(desk, name, data["Name"])
        destinations.save(desk, name, data)
    return {}


@operation("UpdateConfigurationSetEventDestination", on=resources.configuration_set)
async def update_configuration_set_event_destination(call: Call) -> Data:
    """Change a destination."""
    desk, name = resources.desk(call), call.input["ConfigurationSetName"]
    data = _checked(desk, call, destinations.find(desk, name, call.input["EventDestinationName"]))
    await publishing.prove(call.send, desk, name, data)
    with call.transaction():
        destinations.find(desk, name, data["Name"])
        destinations.save(desk, name, data)
    return {}


@operation("DeleteConfigurationSetEventDestination", on=resources.configuration_set)
def delete_configuration_set_event_destination(call: Call) -> Data:
    """Delete a destination."""
    given = call.input
    destinations.remove(resources.desk(call), given["ConfigurationSetName"], given["EventDestinationName"])
    return {}


@operation("GetConfigurationSetEventDestinations", on=resources.configuration_set)
def get_configuration_set_event_destinations(call: Call) -> Data:
    """The destinations of a set."""
    data = sets.find(resources.desk(call), call.input["ConfigurationSetName"])
    return {"EventDestinations": [_shown(each) for each in destinations.of(data)]}
