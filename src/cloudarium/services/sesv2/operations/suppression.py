"""The suppression list: addresses that get no mail."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import listing, records, sending
from cloudarium.services.sesv2 import errors, resources

Data = dict[str, Any]
_KIND = sending.SUPPRESSED


def _shown(data: Data) -> Data:
    return {"EmailAddress": data["Address"], "Reason": data["Reason"], "LastUpdateTime": data["Changed"]}


@operation("PutSuppressedDestination", refuses=("TenantName",))
def put_suppressed_destination(call: Call) -> Data:
    """Put an address on the list."""
    desk = resources.desk(call)
    address = sending.read_address(desk, call.input["EmailAddress"]).email
    desk.put(_KIND, address.lower(), {"Address": address, "Reason": call.input["Reason"], "Changed": call.now})
    return {}


def _found(call: Call) -> Data:
    address = call.input["EmailAddress"]
    data = resources.desk(call).get(_KIND, address.lower())
    if data is None:
        raise errors.NotFound(f"Email address {address[:320]} does not exist on your suppression list.")
    return data


@operation("GetSuppressedDestination", refuses=("TenantName",))
def get_suppressed_destination(call: Call) -> Data:
    """One address of the list."""
    return {"SuppressedDestination": _shown(_found(call))}


@operation("DeleteSuppressedDestination", refuses=("TenantName",))
def delete_suppressed_destination(call: Call) -> Data:
    """Take an address off the list."""
    _found(call)
    records.remove(call.store, call.scope, _KIND, call.input["EmailAddress"].lower())
    return {}


@operation("ListSuppressedDestinations", refuses=("TenantName",))
def list_suppressed_destinations(call: Call) -> Data:
    """The list, by reasons and dates, a page at a time."""
    desk, given = resources.desk(call), call.input
    found = records.every(desk.store, desk.scope, _KIND, listing.after(desk, given.get("NextToken")))
    first, last = given.get("StartDate", 0.0), given.get("EndDate", float("inf"))
    reasons = given.get("Reasons") or ("BOUNCE", "COMPLAINT")
    chosen = [each for each in found if first <= each[1]["Changed"] <= last and each[1]["Reason"] in reasons]
    page, token = listing.page(chosen, min(given.get("PageSize") or 1000, 1000))
    return {"SuppressedDestinationSummaries": [_shown(data) for _, data in page], "NextToken": token}
