"""What DynamoDB tells CloudWatch of streams: the records that were read, and their size.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.dynamodbstreams import rules


def measured(call: Call) -> None:
    """Count the records that a call has read."""
    if call.operation_name != "GetRecords" or call.error is not None or not call.output:
        return
    _, _, rest = rules.stream_of(call.input["ShardIterator"]).partition(":table/")
    table, _, label = rest.partition("/stream/")
    own = (("Operation", "GetRecords"), ("StreamLabel", label), ("TableName", table))
    records = call.output["Records"]
    size = sum(each["dynamodb"]["SizeBytes"] for each in records)
    add = call.cloud.meter.add
    add(call.now, call.scope, "AWS/DynamoDB", "ReturnedRecordsCount", own, float(len(records)), "Count")
    add(call.now, call.scope, "AWS/DynamoDB", "ReturnedBytes", own, float(size), "Bytes")
