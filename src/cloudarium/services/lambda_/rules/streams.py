"""Streams of changes: the records that a function gets, lanes that keep each item's order, what is told of failures."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from cloudarium.shared.clock import iso, iso_millis

Data = dict[str, Any]
MOST_STATE = 1024 * 1024  # bytes of what a function may carry through a tumbling window


def record(given: Mapping[str, Any], source: str) -> Data:
    """A record as a function sees it: GetRecords' own, in JSON."""
    shown: Data = _plain({**given, "eventSourceARN": source})
    change = shown["dynamodb"]
    # A whole number of seconds, which AWS writes with an exponent, so that programs read it as a float.
    change["ApproximateCreationDateTime"] = float(int(change["ApproximateCreationDateTime"]))
    if "userIdentity" in shown:  # here its members begin small
        shown["userIdentity"] = {name[0].lower() + name[1:]: value for name, value in shown["userIdentity"].items()}
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    return value


def number(one: Mapping[str, Any]) -> str:
    """A record's sequence number."""
    found: str = one["dynamodb"]["SequenceNumber"]
    return found


def lanes(records: Sequence[Data], count: int) -> list[list[Data]]:
    """The records in as many lanes as may run at once; those of one item stay in one lane, in order."""
    if count == 1:
        return [list(records)]
    made: list[list[Data]] = [[] for _ in range(count)]
    for one in records:
        key = orjson.dumps(one["dynamodb"]["Keys"], option=orjson.OPT_SORT_KEYS)
        made[int.from_bytes(hashlib.blake2b(key, digest_size=4).digest()) % count].append(one)
    return [lane for lane in made if lane]


def first_failed(batch: Sequence[Data], failed: set[str]) -> int:
    """From which record on a batch is to be done again: the earliest that failed."""
    return min((place for place, one in enumerate(batch) if number(one) in failed), default=len(batch))


def split(batch: list[Data]) -> list[list[Data]]:
    """A batch in two halves."""
    half = len(batch) // 2
    return [batch[:half], batch[half:]]


# ---- tumbling windows ------------------------------------------------------------------------------------------------


def window_of(one: Mapping[str, Any], seconds: int) -> float:
    """When the tumbling window begins that a record belongs to."""
    created: float = one["dynamodb"]["ApproximateCreationDateTime"]
    return created // seconds * seconds


def by_window(records: Sequence[Data], seconds: int) -> list[tuple[float, list[Data]]]:
    """The records by their windows' beginnings, in order."""
    return [(start, list(group)) for start, group in itertools.groupby(records, lambda one: window_of(one, seconds))]


def window_event(
    records: list[Data], start: float, seconds: int, state: Data, shard: str, source: str, final: bool, early: bool
) -> Data:
    """What a function gets of a tumbling window. Source: lambda/latest/dg/services-ddb-windows.html"""
    return {
        "Records": records,
        "window": {"start": iso(start), "end": iso(start + seconds)},
        "state": state,
        "shardId": shard,
        "eventSourceARN": source,
        "isFinalInvokeForWindow": final,
        "isWindowTerminatedEarly": early,
    }


def state_in(payload: bytes) -> Data | None:
    """The state in a function's answer; None when there is none, by which the invocation has failed."""
    try:
        answer = orjson.loads(payload)
    except ValueError:
        return None
    state = answer.get("state") if isinstance(answer, dict) else None
    return state if isinstance(state, dict) else None


# ---- giving up -------------------------------------------------------------------------------------------------------


def failure(
    source: str, shard: str, batch: Sequence[Data], context: Mapping[str, Any], now: float, response: Data | None
) -> Data:
    """What an on-failure destination is told of a batch that is given up.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    made: Data = {"requestContext": dict(context)}
    if response is not None:
        made["responseContext"] = response
    times = [float(one["dynamodb"]["ApproximateCreationDateTime"]) for one in batch]
    return made | {
        "version": "1.0",
        "timestamp": iso_millis(now),
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": number(batch[0]),
            "endSequenceNumber": number(batch[-1]),
            "approximateArrivalOfFirstRecord": iso(times[0]),
            "approximateArrivalOfLastRecord": iso(times[-1]),
            "batchSize": len(batch),
            "streamArn": source,
        },
    }
