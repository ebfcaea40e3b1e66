"""Configuration sets: sending, tracking, delivery and reputation options."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import destinations, listing, records, sets
from cloudarium.mail.desk import Desk
from cloudarium.services.ses import resources
from cloudarium.services.ses.operations.destinations import shown

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
        answer["EventDestinations"] = [shown(each) for each in destinations.of(found)]
    if "trackingOptions" in asked and found.get("Tracking"):
        answer["TrackingOptions"] = {"CustomRedirectDomain": found["Tracking"]["Domain"]}
    if "deliveryOptions" in asked:
        answer["DeliveryOptions"] = {"TlsPolicy": found.get("Tls", "OPTIONAL").title()}
    if "reputationOptions" in asked:
        answer["ReputationOptions"] = {
            "SendingEnabled": found.get("Sending", True),
            "ReputationMetricsEnabled": found.get("Metrics", False),
            "LastFreshStart": found.get("FreshStart"),
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
    sets.switch(resources.desk(call), call.input["ConfigurationSetName"], call.input["Enabled"])
    return {}


@operation("UpdateConfigurationSetReputationMetricsEnabled")
def update_configuration_set_reputation_metrics_enabled(call: Call) -> Data:
    """Whether the set's reputation is counted on its own."""
    sets.change(resources.desk(call), call.input["ConfigurationSetName"], Metrics=call.input["Enabled"])
    return {}


@operation("PutConfigurationSetDeliveryOptions", on=resources.configuration_set)
def put_configuration_set_delivery_options(call: Call) -> Data:
    """Whether mail may go out without TLS."""
    chosen = sets.delivery(call.input.get("DeliveryOptions") or {})
    sets.change(resources.desk(call), call.input["ConfigurationSetName"], Tls=chosen["Tls"])
    return {}


# ---- Tracking --------------------------------------------------------------------------------------------------------


def _tracked(desk: Desk, call: Call) -> Data | None:
    """The options that are there. Raises when the set does not exist."""
    found: Data | None = sets.find(desk, call.input["ConfigurationSetName"]).get("Tracking")
    return found


def _track(desk: Desk, call: Call) -> Data:
    domain = call.input["TrackingOptions"].get("CustomRedirectDomain")
    sets.change(desk, call.input["ConfigurationSetName"], Tracking=sets.tracking(desk, domain))
    return {}


@operation("CreateConfigurationSetTrackingOptions")
def create_configuration_set_tracking_options(call: Call) -> Data:
    """Give the links of mail sent with a set a domain of one's own."""
    desk, name = resources.desk(call), call.input["ConfigurationSetName"]
    if _tracked(desk, call):
        raise desk.error(
            "TrackingOptionsAlreadyExistsException",
            f"Tracking options already exist for configuration set <{name}>.",
            ConfigurationSetName=name,
        )
    return _track(desk, call)


def _check_tracked(desk: Desk, call: Call) -> None:
    name = call.input["ConfigurationSetName"]
    if not _tracked(desk, call):
        raise desk.error(
            "TrackingOptionsDoesNotExistException",
            f"There are no tracking options for configuration set <{name}>.",
            ConfigurationSetName=name,
        )


@operation("UpdateConfigurationSetTrackingOptions")
def update_configuration_set_tracking_options(call: Call) -> Data:
    """Change the domain."""
    desk = resources.desk(call)
    _check_tracked(desk, call)
    return _track(desk, call)


@operation("DeleteConfigurationSetTrackingOptions")
def delete_configuration_set_tracking_options(call: Call) -> Data:
    """Take the domain away."""
    desk = resources.desk(call)
    _check_tracked(desk, call)
    sets.change(desk, call.input["ConfigurationSetName"], Tracking=None)
    return {}
