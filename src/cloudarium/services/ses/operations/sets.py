"""Configuration sets; event destinations need services that are not built, so those operations are not."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import listing, records, sets
from cloudarium.services.ses import resources

Data = dict[str, Any]


@operation("CreateConfigurationSet", on=resources.configuration_set)
def create_configuration_set(call: Call) -> Data:
    """Make a configuration set."""
    sets.add(resources.desk(call), call.input["ConfigurationSet"]["Name"], {})
    return {}


@operation("DescribeConfigurationSet")
def describe_configuration_set(call: Call) -> Data:
    """One configuration set with the asked attributes."""
    name = call.input["ConfigurationSetName"]
    found = sets.find(resources.desk(call), name)
    answer: Data = {"ConfigurationSet": {"Name": name}}
    asked = call.input.get("ConfigurationSetAttributeNames") or []
    if "eventDestinations" in asked:
        answer["EventDestinations"] = []
    if "reputationOptions" in asked:
        answer["ReputationOptions"] = {
            "SendingEnabled": found.get("Sending", True),
            "ReputationMetricsEnabled": False,
        }
    return answer


@operation("ListConfigurationSets")
def list_configuration_sets(call: Call) -> Data:
    """The configuration sets, a page at a time."""
    desk = resources.desk(call)
    found = records.every(desk.store, desk.scope, sets.KIND, listing.after(desk, call.input.get("NextToken")))
    page, token = listing.page(found, min(call.input.get("MaxItems") or 1000, 1000))
    return {"ConfigurationSets": [{"Name": name} for name, _ in page], "NextToken": token}


@operation("DeleteConfigurationSet", on=resources.configuration_set)
def delete_configuration_set(call: Call) -> Data:
    """Delete a configuration set."""
    sets.remove(resources.desk(call), call.input["ConfigurationSetName"])
    call.tags.drop(resources.configuration_set(call))
    return {}


@operation("UpdateConfigurationSetSendingEnabled")
def update_configuration_set_sending_enabled(call: Call) -> Data:
    """Pause sending with a configuration set, or let it go on."""
    sets.change(resources.desk(call), call.input["ConfigurationSetName"], Sending=call.input["Enabled"])
    return {}
