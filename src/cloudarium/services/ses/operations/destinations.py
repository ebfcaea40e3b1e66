"""Event destinations of configuration sets."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.gateway.rooms import room
from cloudarium.mail import destinations, events, publishing
from cloudarium.mail.desk import Desk
from cloudarium.services.ses import resources

Data = dict[str, Any]
_TYPES = {kind.first: name for name, kind in events.KINDS.items() if kind.first}
_SOURCES = {"messageTag": "MESSAGE_TAG", "emailHeader": "EMAIL_HEADER", "linkTag": "LINK_TAG"}


def _given(call: Call) -> Data:
    told = call.input["EventDestination"]
    dimensions = (told.get("CloudWatchDestination") or {}).get("DimensionConfigurations")
    return {
        "Enabled": bool(told.get("Enabled")),
        "Types": sorted({_TYPES[each] for each in told["MatchingEventTypes"]}),
        "Sns": (told.get("SNSDestination") or {}).get("TopicARN"),
        "CloudWatch": dimensions
        and [
            {
                "Name": each["DimensionName"],
                "Source": _SOURCES[each["DimensionValueSource"]],
                "Default": each["DefaultDimensionValue"],
            }
            for each in dimensions
        ],
        "Firehose": told.get("KinesisFirehoseDestination"),
    }


def shown(data: Data) -> Data:
    """A destination as this API shows it; what only the second one knows is left out."""
    kinds = (events.KINDS[each].first for each in data["Types"])
    found: Data = {
        "Name": data["Name"],
        "Enabled": data["Enabled"],
        "MatchingEventTypes": sorted(each for each in kinds if each),
    }
    if "Sns" in data:
        found["SNSDestination"] = {"TopicARN": data["Sns"]}
    sources = {newer: older for older, newer in _SOURCES.items()}
    if "CloudWatch" in data:
        found["CloudWatchDestination"] = {
            "DimensionConfigurations": [
                {
                    "DimensionName": each["Name"],
                    "DimensionValueSource": sources[each["Source"]],
                    "DefaultDimensionValue": each["Default"],
                }
                for each in data["CloudWatch"]
            ]
        }
    return found


def _checked(desk: Desk, call: Call) -> Data:
    name = call.input["EventDestination"]["Name"]
    return destinations.checked(desk, call.input["ConfigurationSetName"], name, _given(call), room)


@operation("CreateConfigurationSetEventDestination", on=resources.configuration_set)
async def create_configuration_set_event_destination(call: Call) -> Data:
    """Tell what happens to mail sent with a set to a topic or to CloudWatch."""
    desk, name = resources.desk(call), call.input["ConfigurationSetName"]
    data = _checked(desk, call)
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
    destinations.find(desk, name, call.input["EventDestination"]["Name"])
    data = _checked(desk, call)
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
