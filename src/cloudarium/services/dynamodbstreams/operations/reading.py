"""Records: an iterator, and what it reads."""

from __future__ import annotations

import hashlib
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodbstreams import resources, rules
from cloudarium.services.dynamodbstreams.errors import ResourceNotFound, TrimmedDataAccess, ValidationException
from cloudarium.services.dynamodbstreams.operations.streams import limit_of, stream_of
from cloudarium.services.dynamodbstreams.rules import Place
from cloudarium.streams import records
from cloudarium.streams.records import Kept, Stream

MOST_RECORDS = 1000
MOST_BYTES = 1024 * 1024

_NEEDS = {
    "TRIM_HORIZON": None,
    "LATEST": None,
    "AT_SEQUENCE_NUMBER": "SequenceNumber",
    "AFTER_SEQUENCE_NUMBER": "SequenceNumber",
    "AT_TIMESTAMP": "Timestamp",
}


@operation("GetShardIterator", on=resources.stream)
def get_shard_iterator(call: Call) -> dict[str, Any]:
    """An iterator that starts where its type says; it is good for a quarter of an hour."""
    kind = call.input["ShardIteratorType"]
    for name in ("SequenceNumber", "Timestamp"):
        if (name in call.input) is not (_NEEDS[kind] == name):
            verb = "must be specified" if _NEEDS[kind] == name else "must not be specified"
            raise ValidationException(f"{name} {verb} when ShardIteratorType is {kind}")
    stream = stream_of(call, call.input["StreamArn"])
    if call.input["ShardId"] != rules.shard_id(stream):
        raise ResourceNotFound("Shard does not exist")
    return {"ShardIterator": rules.iterator(stream, _place(call, stream, kind), call.now)}


def _place(call: Call, stream: Stream, kind: str) -> Place:
    if kind == "TRIM_HORIZON":
        return Place(0, None)
    if kind == "LATEST":
        return Place(records.latest(call.store) + 1, None)
    if kind == "AT_TIMESTAMP":
        found = records.first_since(call.store, stream.id, call.input["Timestamp"], call.now)
        return Place(records.latest(call.store) + 1 if found is None else found, found)
    sequence = rules.sequence(call.input["SequenceNumber"])
    first = records.first(call.store, stream.id, sequence, call.now)
    if first != sequence and _is_trimmed(call, stream, sequence):
        raise TrimmedDataAccess
    wanted = sequence + (kind == "AFTER_SEQUENCE_NUMBER")
    return Place(wanted, records.first(call.store, stream.id, wanted, call.now))


def _is_trimmed(call: Call, stream: Stream, sequence: int) -> bool:
    """Whether records as early as this one were made and are gone."""
    if call.now < stream.created + records.KEPT or sequence > records.latest(call.store):
        return False
    oldest = records.first(call.store, stream.id, 0, call.now)
    return oldest is None or sequence < oldest


@operation("GetRecords", on=resources.iterated)
def get_records(call: Call) -> dict[str, Any]:
    """The records from an iterator on, up to a thousand or a megabyte, and the iterator behind them."""
    limit = limit_of(call, MOST_RECORDS)
    text = call.input["ShardIterator"]
    shard, place = rules.placed(text, call.now)
    stream = stream_of(call, rules.stream_of(text))
    if shard != rules.shard_id(stream):
        raise ResourceNotFound("Shard does not exist")
    if place.seen is not None and records.first(call.store, stream.id, place.seen, call.now) != place.seen:
        raise TrimmedDataAccess
    found, following = _take(call, stream, place.wanted, limit)
    answer: dict[str, Any] = {"Records": [_shown(stream, each) for each in found]}
    if following is not None or stream.ended is None:
        behind = found[-1].sequence + 1 if found else place.wanted
        answer["NextShardIterator"] = rules.iterator(stream, Place(behind, following), call.now)
    return answer


def _take(call: Call, stream: Stream, wanted: int, limit: int) -> tuple[list[Kept], int | None]:
    """As many records as an answer holds, and the number of the next one if there is one."""
    found: list[Kept] = []
    size = 0
    for each in records.read(call.store, stream.id, wanted, call.now):
        size += len(each.record)
        if len(found) == limit or (found and size > MOST_BYTES):
            return found, each.sequence
        found.append(each)
    return found, None


def _shown(stream: Stream, kept: Kept) -> dict[str, Any]:
    record = kept.load()
    number = rules.number(kept.sequence)
    record["dynamodb"]["SequenceNumber"] = number
    return {
        "eventID": hashlib.md5(f"{stream.arn}|{number}".encode(), usedforsecurity=False).hexdigest(),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": stream.region,
        **record,
    }
