"""Shards, sequence numbers and iterators: pure."""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

from cloudarium.services.dynamodbstreams.errors import ExpiredIterator, ValidationException
from cloudarium.shared import paging
from cloudarium.streams.records import START, Stream

ITERATOR_SECONDS = 15 * 60
_VERSION = "1"


def shard_id(stream: Stream) -> str:
    """The id of a stream's shard: it has one, which is closed when the stream ends."""
    return f"shardId-{int(stream.created * 1000):020d}-{zlib.crc32(stream.arn.encode()):08x}"


def number(sequence: int) -> str:
    """The SequenceNumber of a record; that of 0 is the shard's start."""
    return str(START + sequence)


def sequence(text: str) -> int:
    """The record with a SequenceNumber. Raises ValidationException when no record can have it."""
    if not (text.isascii() and text.isdecimal()) or not START <= int(text) < START + 2**63:
        raise ValidationException(f"Invalid SequenceNumber: {text}")
    return int(text) - START


class Place(NamedTuple):
    """Where an iterator stands: the first record it wants, and the one that it saw there (None: there was none)."""

    wanted: int
    seen: int | None


def iterator(stream: Stream, place: Place, now: float) -> str:
    """The ShardIterator at a place."""
    return "|".join((stream.arn, _VERSION, paging.encode([shard_id(stream), *place, now])))


def stream_of(iterator: object) -> str:
    """The ARN of the stream that an iterator reads, as it says."""
    return iterator.partition("|")[0] if isinstance(iterator, str) else ""


def placed(iterator: str, now: float) -> tuple[str, Place]:
    """The shard's id and the place of an iterator. Raises ValidationException or ExpiredIterator."""
    version, _, token = iterator.partition("|")[2].partition("|")
    try:
        shard, wanted, seen, made = _read(paging.decode(token))
    except (ValueError, TypeError):
        raise ValidationException("Invalid ShardIterator") from None
    if version != _VERSION:
        raise ValidationException("Invalid ShardIterator")
    if now >= made + ITERATOR_SECONDS:
        raise ExpiredIterator
    return shard, Place(wanted, seen)


def _read(parts: Any) -> tuple[str, int, int | None, float]:
    shard, wanted, seen, made = parts
    numbers = (wanted,) if seen is None else (wanted, seen)
    if not isinstance(shard, str) or not isinstance(made, (int, float)):
        raise ValueError("not an iterator")
    if not all(type(each) is int and 0 <= each < 2**63 for each in numbers):
        raise ValueError("not an iterator")
    return shard, wanted, seen, float(made)
