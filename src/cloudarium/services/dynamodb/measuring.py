"""What DynamoDB tells CloudWatch of itself.

Nothing is throttled here, and no two transactions meet: what would count those never has a value.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.meters import Dimensions
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules.capacity import Meter
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.services.dynamodb.rules.throughput import MOST_ACCOUNT_UNITS, MOST_TABLE_UNITS
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_NAMESPACE = "AWS/DynamoDB"
_OF_ONE = frozenset(("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"))
_OF_MANY = frozenset(
    ("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems", "ExecuteStatement")
    + ("BatchExecuteStatement", "ExecuteTransaction")
)
_CHANGES = frozenset(("CreateTable", "UpdateTable", "DeleteTable"))
_NO_USER_ERRORS = frozenset(("ConditionalCheckFailedException", "ProvisionedThroughputExceededException"))
_READ, _WRITTEN = "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"
_PROVISIONED = {
    _READ: ("ReadCapacityUnits", "ProvisionedReadCapacityUnits"),
    _WRITTEN: ("WriteCapacityUnits", "ProvisionedWriteCapacityUnits"),
}


def measured(call: Call) -> None:
    """Count how a call on items ended: how long it took, or whose fault it was that it failed."""
    operation = call.operation_name
    if operation in _OF_ONE:
        table = call.input.get("TableName")
        if call.error is None and type(table) is str:
            _succeeded(call, operation, table)
        elif call.error is not None:
            _failed(call, call.error, [_name(table)] if type(table) is str else [])
    elif operation in _OF_MANY:
        tables = _tables(call)
        if call.error is not None:
            _failed(call, call.error, [_name(each) for each in tables])
        else:
            for each in tables:
                _succeeded(call, operation, each)
    elif operation in _CHANGES and call.error is None:
        if operation == "CreateTable":
            call.cloud.meter.gauge_daily()
        provisioned(call.cloud, call.now, call.scope)


def _succeeded(call: Call, operation: str, table: str) -> None:
    own, add = _of_operation(operation, table), call.cloud.meter.add
    took = int((call.cloud.stopwatch() - call.started) * 1e5) / 100  # so few values of it differ
    add(call.now, call.scope, _NAMESPACE, "SuccessfulRequestLatency", own, took, "Milliseconds")
    if operation in ("Query", "Scan") and call.output:
        count = float(call.output.get("Count", 0))
        add(call.now, call.scope, _NAMESPACE, "ReturnedItemCount", own, count, "Count")


@lru_cache(maxsize=1024)  # made for every call otherwise
def _of_operation(operation: str, table: str) -> Dimensions:
    return ("Operation", operation), ("TableName", _name(table))


def _name(table: str) -> str:
    """The name of a table that is named or given by its ARN."""
    return table if table[:4] != "arn:" else table.rpartition("/")[2]


def _tables(call: Call) -> list[str]:
    """The tables of a call on several items, each once."""
    found: list[object] = []
    given = call.input.get("RequestItems")
    if isinstance(given, dict):
        found = list(given)
    elif isinstance(actions := call.input.get("TransactItems"), list):
        found = [
            part.get("TableName")
            for action in actions
            if isinstance(action, dict)
            for part in action.values()
            if isinstance(part, dict)
        ]
    return list(dict.fromkeys(each for each in found if isinstance(each, str)))


def _failed(call: Call, error: Exception, tables: list[str]) -> None:
    add = call.cloud.meter.add
    if not isinstance(error, AwsError) or (error.status or 400) >= 500:
        for table in tables:
            own = (("Operation", call.operation_name), ("TableName", table))
            add(call.now, call.scope, _NAMESPACE, "SystemErrors", own, 1.0, "Count")
        return
    if error.code not in _NO_USER_ERRORS:
        add(call.now, call.scope, _NAMESPACE, "UserErrors", (), 1.0, "Count")
    conditional = error.code == "ConditionalCheckFailedException"
    if conditional or (error.code == "TransactionCanceledException" and "ConditionalCheckFailed" in str(error)):
        for table in tables:
            named = (("TableName", table),)
            add(call.now, call.scope, _NAMESPACE, "ConditionalCheckFailedRequests", named, 1.0, "Count")


def read(call: Call, meter: Meter) -> None:
    """Count the units that a call has read."""
    _consumed(call, meter, _READ)


def wrote(call: Call, meter: Meter) -> None:
    """Count the units that a call has written."""
    _consumed(call, meter, _WRITTEN)


def _consumed(call: Call, meter: Meter, name: str) -> None:
    table = meter.table.name
    if meter.units:
        call.cloud.meter.add(call.now, call.scope, _NAMESPACE, name, (("TableName", table),), meter.units, "Count")
    for index, units in meter.indexes.items():
        if meter.kinds[index] == "GlobalSecondaryIndexes":
            own = (("GlobalSecondaryIndexName", index), ("TableName", table))
            call.cloud.meter.add(call.now, call.scope, _NAMESPACE, name, own, units, "Count")
    if meter.table.definition["BillingMode"] == "PROVISIONED":
        _provisioned(call, meter, name)


def _provisioned(call: Call, meter: Meter, consumed: str) -> None:
    """Tell what is provisioned whenever some of it is used."""
    member, name = _PROVISIONED[consumed]
    table, add = meter.table, call.cloud.meter.add
    value = float(table.definition["ProvisionedThroughput"][member])
    add(call.now, call.scope, _NAMESPACE, name, (("TableName", table.name),), value, "Count")
    for index in table.definition.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] in meter.indexes and "ProvisionedThroughput" in index:
            own = (("GlobalSecondaryIndexName", index["IndexName"]), ("TableName", table.name))
            value = float(index["ProvisionedThroughput"][member])
            add(call.now, call.scope, _NAMESPACE, name, own, value, "Count")


def expired(cloud: Cloud, now: float, scope: Scope, table: str) -> None:
    """Count an item that was deleted because its time had come."""
    cloud.meter.add(now, scope, _NAMESPACE, "TimeToLiveDeletedItemCount", (("TableName", table),), 1.0, "Count")


def filled(cloud: Cloud, now: float, table: Table, index: str, part: float, units: int) -> None:
    """Tell how far a new index is filled, and the units that writing to it took."""
    own = (("GlobalSecondaryIndexName", index), ("TableName", table.name))
    cloud.meter.add(now, table.scope, _NAMESPACE, "OnlineIndexPercentageProgress", own, part * 100, "Count")
    cloud.meter.add(now, table.scope, _NAMESPACE, "OnlineIndexConsumedWriteCapacity", own, float(units), "Count")


def provisioned(cloud: Cloud, now: float, scope: Scope) -> None:
    """Tell how much of what an account may have provisioned in a region it has: together, and for its largest table."""
    levels = [each for definition in tables.definitions(cloud.store, scope) for each in _throughputs(definition)]
    for kind in ("Read", "Write"):
        units = [level[f"{kind}CapacityUnits"] for level in levels]
        for name, value, most in (
            (f"AccountProvisioned{kind}CapacityUtilization", sum(units), MOST_ACCOUNT_UNITS),
            (f"MaxProvisionedTable{kind}CapacityUtilization", max(units, default=0), MOST_TABLE_UNITS),
        ):
            cloud.meter.add(now, scope, _NAMESPACE, name, (), value / most * 100, "Percent")


def _throughputs(definition: dict[str, Any]) -> Iterator[dict[str, int]]:
    """What is provisioned for a table and for each of its indexes."""
    if definition["BillingMode"] == "PROVISIONED":
        for each in (definition, *definition.get("GlobalSecondaryIndexes", ())):
            if "ProvisionedThroughput" in each:
                yield each["ProvisionedThroughput"]
