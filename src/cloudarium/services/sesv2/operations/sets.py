"""Configuration sets: sending, suppression, tracking, delivery and reputation options."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import listing, records, sets
from cloudarium.mail.desk import Desk
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


def _tracking(desk: Desk, given: Data) -> Data | None:
    return sets.tracking(desk, given.get("CustomRedirectDomain"), given.get("HttpsPolicy"))


@operation(
    "CreateConfigurationSet",
    on=resources.configuration_set,
    refuses=("VdmOptions", "ArchivingOptions"),
)
def create_configuration_set(call: Call) -> Data:
    """Make a configuration set."""
    desk, given = resources.desk(call), call.input
    _check_scheme(given)
    wanted = tags.checked(desk, given.get("Tags"))
    data: Data = {
        "Sending": (given.get("SendingOptions") or {}).get("SendingEnabled", True),
        "Metrics": _only(given, "ReputationOptions", "ReputationMetricsEnabled").get("ReputationMetricsEnabled", False),
        "Tracking": _tracking(desk, given.get("TrackingOptions") or {}),
        **sets.delivery(given.get("DeliveryOptions") or {}),
    }
    if given.get("SuppressionOptions") is not None:
        data["Reasons"] = _only(given, "SuppressionOptions", "SuppressedReasons").get("SuppressedReasons", [])
    sets.add(desk, given["ConfigurationSetName"], {name: value for name, value in data.items() if value is not None})
    call.tags.put(resources.configuration_set(call), wanted)
    return {}


@operation("GetConfigurationSet", on=resources.configuration_set)
def get_configuration_set(call: Call) -> Data:
    """One configuration set."""
    name = call.input["ConfigurationSetName"]
    data = sets.find(resources.desk(call), name)
    shown: Data = {
        "ConfigurationSetName": name,
        "DeliveryOptions": {"TlsPolicy": data.get("Tls", "OPTIONAL"), "MaxDeliverySeconds": data.get("Longest")},
        "ReputationOptions": {
            "ReputationMetricsEnabled": data.get("Metrics", False),
            "LastFreshStart": data.get("FreshStart"),
        },
        "SendingOptions": {"SendingEnabled": data.get("Sending", True)},
        "Tags": tags.shown(call, resources.configuration_set(call)),
    }
    if data.get("Reasons") is not None:
        shown["SuppressionOptions"] = {"SuppressedReasons": data["Reasons"]}
    if data.get("Tracking"):
        tracking = data["Tracking"]
        shown["TrackingOptions"] = {"CustomRedirectDomain": tracking["Domain"], "HttpsPolicy": tracking["Https"]}
    return shown


def _check_scheme(given: Data) -> None:
    """S/MIME is not built; the default scheme is how all mail goes out."""
    if ((given.get("MessageSecurityOptions") or {}).get("SigningScheme") or {}).get("SmimeScheme") is not None:
        raise NotBuilt("sesv2: signatures by S/MIME (MessageSecurityOptions)")


@operation("UpdateConfigurationSet", on=resources.configuration_set)
def update_configuration_set(call: Call) -> Data:
    """Choose how mail sent with a set is signed: of the schemes only the default one is built."""
    sets.find(resources.desk(call), call.input["ConfigurationSetName"])
    _check_scheme(call.input)
    return {}


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


# ---- Options ---------------------------------------------------------------------------------------------------------


@operation("PutConfigurationSetSendingOptions", on=resources.configuration_set)
def put_configuration_set_sending_options(call: Call) -> Data:
    """Pause sending with a configuration set, or let it go on."""
    sets.switch(resources.desk(call), call.input["ConfigurationSetName"], bool(call.input.get("SendingEnabled")))
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


@operation("PutConfigurationSetTrackingOptions", on=resources.configuration_set)
def put_configuration_set_tracking_options(call: Call) -> Data:
    """Give the links of mail sent with a set a domain of one's own, or take it away."""
    desk, name = resources.desk(call), call.input["ConfigurationSetName"]
    sets.find(desk, name)
    sets.change(desk, name, Tracking=_tracking(desk, call.input))
    return {}


@operation("PutConfigurationSetDeliveryOptions", on=resources.configuration_set, refuses=("SendingPoolName",))
def put_configuration_set_delivery_options(call: Call) -> Data:
    """Whether mail may go out without TLS, and for how long it is tried."""
    desk, name = resources.desk(call), call.input["ConfigurationSetName"]
    sets.find(desk, name)
    sets.change(desk, name, **sets.delivery(call.input))
    return {}


@operation("PutConfigurationSetReputationOptions", on=resources.configuration_set)
def put_configuration_set_reputation_options(call: Call) -> Data:
    """Whether the set's reputation is counted on its own."""
    enabled = bool(call.input.get("ReputationMetricsEnabled"))
    sets.change(resources.desk(call), call.input["ConfigurationSetName"], Metrics=enabled)
    return {}
