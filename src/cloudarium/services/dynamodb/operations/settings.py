"""Settings beside a table's definition: expiry; and the account's limits and endpoint."""

from __future__ import annotations

import copy
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import resources
from cloudarium.services.dynamodb.errors import ValidationException
from cloudarium.services.dynamodb.operations import backfills
from cloudarium.services.dynamodb.operations.lookup import named_table, settled_table
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules.throughput import MOST_ACCOUNT_UNITS, MOST_TABLE_UNITS

COOLDOWN = 1800  # seconds in which a table's TimeToLive changes once


# ---- Expiry ---------------------------------------------------------------------------------------------------------


@operation("UpdateTimeToLive", on=resources.table)
def update_time_to_live(call: Call) -> dict[str, Any]:
    """Let items expire at the time in one of their attributes, or no longer."""
    wanted = call.input["TimeToLiveSpecification"]
    table = settled_table(call, call.input["TableName"])
    attribute, enabled = wanted["AttributeName"], wanted["Enabled"]
    if table.expiry is not None and table.expiry != attribute:
        raise ValidationException(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {table.expiry}"
        )
    if enabled is (table.expiry is not None):
        raise ValidationException(f"TimeToLive is already {'enabled' if enabled else 'disabled'}")
    if call.now < table.definition.get("TimeToLiveChanged", -COOLDOWN) + COOLDOWN:
        raise ValidationException("Time to live has been modified multiple times within a fixed interval")
    made = copy.deepcopy(table.definition)
    made["TimeToLive"] = attribute if enabled else None
    made["TimeToLiveChanged"] = call.now
    table = tables.replace(call.store, table, made)
    if enabled:
        backfills.advance_expiries(call, table, backfills.BEGINNING)
    else:
        call.not_later("ExpireItems", str(table.id))
        call.later("ForgetExpiries", {"table": table.id})
    return {"TimeToLiveSpecification": wanted}


@operation("DescribeTimeToLive", on=resources.table)
def describe_time_to_live(call: Call) -> dict[str, Any]:
    """Whether a table's items expire, and by which attribute."""
    table = named_table(call, call.input["TableName"])
    if table.expiry is None:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": table.expiry}}


# ---- The account ----------------------------------------------------------------------------------------------------


@operation("DescribeLimits")
def describe_limits(call: Call) -> dict[str, Any]:
    """The account's capacity quotas, as a new account has them."""
    return {
        "AccountMaxReadCapacityUnits": MOST_ACCOUNT_UNITS,
        "AccountMaxWriteCapacityUnits": MOST_ACCOUNT_UNITS,
        "TableMaxReadCapacityUnits": MOST_TABLE_UNITS,
        "TableMaxWriteCapacityUnits": MOST_TABLE_UNITS,
    }


@operation("DescribeEndpoints")
def describe_endpoints(call: Call) -> dict[str, Any]:
    """Where DynamoDB is: here."""
    address = call.cloud.endpoint.partition("://")[2]
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}
