"""Streams and their shards: list, describe."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodbstreams import resources, rules
from cloudarium.services.dynamodbstreams.errors import StreamNotFound, ValidationException
from cloudarium.shared import arn as arns
from cloudarium.streams import records
from cloudarium.streams.records import Stream

PAGE = 100


def limit_of(call: Call, most: int) -> int:
    """The call's Limit, or the most that it can be."""
    limit = int(call.input.get("Limit", most))
    if limit > most:
        raise ValidationException(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint:"
            f" Member must have value less than or equal to {most}"
        )
    return limit


def stream_of(call: Call, text: str) -> Stream:
    """The stream with an ARN, which may be another account's whose policy has let the caller in."""
    place_of(call, text)
    found = records.by_arn(call.store, text)
    if found is None or (found.ended is not None and found.ended + records.KEPT <= call.now):
        raise StreamNotFound(text)
    return found


def place_of(call: Call, text: str) -> tuple[str, str]:
    """The table and the label in a stream's ARN. Raises ValidationException when it is none of this region."""
    parsed = arns.parse(text)
    table, found, label = parsed.resource.partition("/stream/") if parsed is not None else ("", "", "")
    if parsed is None or parsed.service != "dynamodb" or not table.startswith("table/") or not found:
        raise ValidationException("Invalid StreamArn")
    if parsed.region != call.region:
        raise ValidationException(f"1 validation error detected: Invalid AWS region in '{text}'")
    return table.removeprefix("table/"), label


@operation("ListStreams", on=resources.listed)
def list_streams(call: Call) -> dict[str, Any]:
    """The account's streams in the region, or one table's, also those that ended within the last day."""
    limit = limit_of(call, PAGE)
    start = call.input.get("ExclusiveStartStreamArn")
    after = ("", "") if start is None else place_of(call, start)
    found = records.listed(call.store, call.scope, call.input.get("TableName"), after, limit + 1)
    answer: dict[str, Any] = {
        "Streams": [
            {"StreamArn": each.arn, "TableName": each.table, "StreamLabel": each.label} for each in found[:limit]
        ]
    }
    if len(found) > limit:
        answer["LastEvaluatedStreamArn"] = found[limit - 1].arn
    return answer


@operation("DescribeStream", on=resources.stream)
def describe_stream(call: Call) -> dict[str, Any]:
    """A stream and its shard."""
    limit_of(call, PAGE)
    stream = stream_of(call, call.input["StreamArn"])
    shard = rules.shard_id(stream)
    numbers = {"StartingSequenceNumber": rules.number(0)}
    if stream.ended is not None:
        numbers["EndingSequenceNumber"] = rules.number(records.last(call.store, stream.id) or 0)
    shown = call.input.get("ExclusiveStartShardId", "") < shard and not _filtered(call)
    described = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED" if stream.ended is None else "DISABLED",
        "StreamViewType": stream.view,
        "CreationRequestDateTime": stream.created,
        "TableName": stream.table,
        "KeySchema": stream.keys,
        "Shards": [{"ShardId": shard, "SequenceNumberRange": numbers}] if shown else [],
    }
    return {"StreamDescription": described}


def _filtered(call: Call) -> bool:
    """Whether only the children of a shard are asked for, of which there are none."""
    wanted = call.input.get("ShardFilter") or {}
    if not wanted:
        return False
    if "Type" not in wanted or "ShardId" not in wanted:
        raise ValidationException("ShardFilter must have both a Type and a ShardId")
    return True
