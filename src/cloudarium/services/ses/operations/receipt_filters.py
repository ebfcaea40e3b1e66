"""Receipt filters: from which addresses mail is taken."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import records
from cloudarium.services.ses import errors, receipts, resources, rules

Data = dict[str, Any]


@operation("CreateReceiptFilter")
def create_receipt_filter(call: Call) -> Data:
    """Block a range of addresses, or allow one inside of a blocked range."""
    desk, given = resources.desk(call), call.input["Filter"]
    receipts.check(desk, lambda: rules.check_filter(given))
    if desk.get(receipts.FILTERS, given["Name"]) is not None:
        raise errors.exists("Filter", given["Name"])
    if len(receipts.filters(desk.store, desk.scope)) >= rules.MOST_FILTERS:
        raise desk.error(desk.codes.limit, f"You can have at most {rules.MOST_FILTERS} receipt filters.")
    desk.put(receipts.FILTERS, given["Name"], given)
    return {}


@operation("DeleteReceiptFilter")
def delete_receipt_filter(call: Call) -> Data:
    """Delete a filter; one that is not there is no error."""
    desk = resources.desk(call)
    records.remove(desk.store, desk.scope, receipts.FILTERS, call.input["FilterName"])
    return {}


@operation("ListReceiptFilters")
def list_receipt_filters(call: Call) -> Data:
    """All filters."""
    desk = resources.desk(call)
    return {"Filters": receipts.filters(desk.store, desk.scope)}
