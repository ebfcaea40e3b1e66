"""What DynamoDB tells CloudWatch of itself.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.dynamodb.rules.capacity import Meter
from cloudarium.shared.errors import AwsError

_NAMESPACE = "AWS/DynamoDB"
_ON_ITEMS = frozenset(
    ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem")
    + ("TransactGetItems", "TransactWriteItems", "ExecuteStatement", "BatchExecuteStatement")
)
_NO_USER_ERRORS = frozenset(("ConditionalCheckFailedException", "ProvisionedThroughputExceededException"))


def measured(call: Call) -> None:
    """Count how a call on items ended: how long it took, or whose fault it was that it failed."""
    operation, error = call.operation_name, call.error
    if operation not in _ON_ITEMS:
        return
    add, table = call.cloud.meter.add, call.input.get("TableName")
    if error is None:
        if type(table) is not str:
            return
        own = (("Operation", operation), ("TableName", table.rpartition("/")[2]))
        took = round((call.cloud.stopwatch() - call.started) * 1000, 2)
        add(call.now, call.scope, _NAMESPACE, "SuccessfulRequestLatency", own, took, "Milliseconds")
        if operation in ("Query", "Scan") and call.output:
            count = float(call.output.get("Count", 0))
            add(call.now, call.scope, _NAMESPACE, "ReturnedItemCount", own, count, "Count")
    elif isinstance(error, AwsError) and error.code not in _NO_USER_ERRORS and (error.status or 400) < 500:
        add(call.now, call.scope, _NAMESPACE, "UserErrors", (), 1.0, "Count")
    elif isinstance(error, AwsError) and error.code == "ConditionalCheckFailedException" and type(table) is str:
        named = (("TableName", table.rpartition("/")[2]),)
        add(call.now, call.scope, _NAMESPACE, "ConditionalCheckFailedRequests", named, 1.0, "Count")


def read(call: Call, meter: Meter) -> None:
    """Count the units that a call has read."""
    _consumed(call, meter, "ConsumedReadCapacityUnits")


def wrote(call: Call, meter: Meter) -> None:
    """Count the units that a call has written."""
    _consumed(call, meter, "ConsumedWriteCapacityUnits")


def _consumed(call: Call, meter: Meter, name: str) -> None:
    table = meter.table.name
    if meter.units:
        call.cloud.meter.add(call.now, call.scope, _NAMESPACE, name, (("TableName", table),), meter.units, "Count")
    for index, units in meter.indexes.items():
        if meter.kinds[index] == "GlobalSecondaryIndexes":
            own = (("GlobalSecondaryIndexName", index), ("TableName", table))
            call.cloud.meter.add(call.now, call.scope, _NAMESPACE, name, own, units, "Count")
