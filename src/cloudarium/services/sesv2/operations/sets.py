"""Configuration sets; event destinations need services that are not built, so those operations are not."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import listing, records, sets
from cloudarium.services.sesv2 import resources
from cloudarium.services.sesv2.operations import tags
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]


def _only(given: Data, part: str, *built: str) -> Data:
    """A part of the input, of which just these members are built."""
    found: Data = given.get(part) or {}
    for name in found.keys() - set(built):
        raise NotBuilt(f"sesv2: {part} with {name}")
    return found


@operation(
    "CreateConfigurationSet",
    on=resources.configuration_set,
    refuses=("TrackingOptions", "VdmOptions", "ArchivingOptions", "MessageSecurityOptions"),
)
def create_configuration_set(call: Call) -> Data:
    """Make a configuration set."""
    desk, given = resources.desk(call), call.input
    wanted = tags.checked(desk, given.get("Tags"))
    data: Data = {
        "Sending": (given.get("SendingOptions") or {}).get("SendingEnabled", True),
        "Tls": _only(given, "DeliveryOptions", "TlsPolicy").get("TlsPolicy", "OPTIONAL"),
        "Metrics": _only(given, "ReputationOptions", "ReputationMetricsEnabled").get("ReputationMetricsEnabled", False),
    }
    if given.get("SuppressionOptions") is not None:
        data["Reasons"] = _only(given, "SuppressionOptions", "SuppressedReasons").get("SuppressedReasons", [])
    sets.add(desk, given["ConfigurationSetName"], data)
    call.tags.put(resources.configuration_set(call), wanted)
    return {}


@operation("GetConfigurationSet", on=resources.configuration_set)
def get_configuration_set(call: Call) -> Data:
    """One configuration set."""
    name = call.input["ConfigurationSetName"]
    data = sets.find(resources.desk(call), name)
    shown: Data = {
        "ConfigurationSetName": name,
        "DeliveryOptions": {"TlsPolicy": data.get("Tls", "OPTIONAL")},
        "ReputationOptions": {"ReputationMetricsEnabled": data.get("Metrics", False)},
        "SendingOptions": {"SendingEnabled": data.get("Sending", True)},
        "Tags": tags.shown(call, resources.configuration_set(call)),
    }
    if data.get("Reasons") is not None:
        shown["SuppressionOptions"] = {"SuppressedReasons": data["Reasons"]}
    return shown


@operation("ListConfigurationSets", refuses=("Filter",))
def list_configuration_sets(call: Call) -> Data:
    """The names of the configuration sets, a page at a time."""
    desk = resources.desk(call)
    every = records.every(desk.store, desk.scope, sets.KIND, listing.after(desk, call.input.get("NextToken")))
    page, token = listing.page(every, min(call.input.get("PageSize") or 1000, 1000))
    return {"ConfigurationSets": [name for name, _ in page], "NextToken": token}


@operation("DeleteConfigurationSet", on=resources.configuration_set)
def delete_configuration_set(call: Call) -> Data:
    """Delete a configuration set."""
    sets.remove(resources.desk(call), call.input["ConfigurationSetName"])
    call.tags.drop(resources.configuration_set(call))
    return {}


@operation("PutConfigurationSetSendingOptions", on=resources.configuration_set)
def put_configuration_set_sending_options(call: Call) -> Data:
    """Pause sending with a configuration set, or let it go on."""
    enabled = bool(call.input.get("SendingEnabled"))
    sets.change(resources.desk(call), call.input["ConfigurationSetName"], Sending=enabled)
    return {}


@operation(
    "PutConfigurationSetSuppressionOptions",
    on=resources.configuration_set,
    refuses=("SuppressionScope", "ValidationOptions"),
)
def put_configuration_set_suppression_options(call: Call) -> Data:
    """For which reasons an address on the suppression list gets no mail sent with this set."""
    reasons = call.input.get("SuppressedReasons") or []
    sets.change(resources.desk(call), call.input["ConfigurationSetName"], Reasons=reasons)
    return {}
