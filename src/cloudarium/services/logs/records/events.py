"""Log events."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from cloudarium.services.logs.records.groups import Group
from cloudarium.services.logs.records.streams import Stream
from cloudarium.services.logs.rules import Position, size
from cloudarium.store import Store

_CHUNK = 256  # rows of one INSERT: far fewer steps than one by one, far fewer parameters than SQLite's limit
FAR = (1 << 62) - 1
_NONE: Mapping[int, str] = MappingProxyType({})
_RAW = "SELECT e.timestamp, e.id, e.stream_id, e.ingested, e.message FROM logs_events e"
_MASKED = (
    "SELECT e.timestamp, e.id, e.stream_id, e.ingested, coalesce(m.message, e.message) FROM logs_events e"
    " LEFT JOIN logs_masks m ON m.group_id = e.group_id AND m.timestamp = e.timestamp AND m.id = e.id"
)


class Event(NamedTuple):
    """A log event; `number` tells events of one millisecond apart, in the order they came."""

    timestamp: int
    number: int
    stream_id: int
    ingested: int
    message: str


class Window(NamedTuple):
    """A range of a group's events: times from `first` to `last`, both included, and beyond a place.

    `unmasked` events are as they came, others as data protection policies let them be seen.
    """

    first: int
    last: int
    after: Position | None = None
    before: Position | None = None
    descending: bool = False
    unmasked: bool = False


def add_events(
    store: Store,
    group: Group,
    stream: Stream,
    events: Sequence[dict[str, Any]],
    ingested: int,
    masked: Mapping[int, str] = _NONE,
) -> None:
    """Append a batch, which is in the order of time, and keep the sums of its stream and group.

    `masked` are the messages of those events, by their places in the batch, that are not to be seen as they are.
    """
    first = group.next_event
    rows = [
        (group.id, event["timestamp"], first + index, stream.id, ingested, event["message"])
        for index, event in enumerate(events)
    ]
    whole = len(rows) - len(rows) % _CHUNK
    for start in range(0, whole, _CHUNK):
        _insert(store, rows[start : start + _CHUNK])
    for row in rows[whole:]:
        _insert(store, [row])
    for at, message in masked.items():
        store.run("INSERT INTO logs_masks VALUES (?, ?, ?, ?)", (*rows[at][:3], message))
    added = sum(size(event["message"]) for event in events)
    store.run(
        "UPDATE logs_groups SET next_event = next_event + ?, stored_bytes = stored_bytes + ? WHERE id = ?",
        (len(rows), added, group.id),
    )
    store.run(
        "UPDATE logs_streams SET first_event = min(coalesce(first_event, ?), ?), last_event = max(last_event, ?),"
        " last_ingestion = ?, stored_bytes = stored_bytes + ? WHERE id = ?",
        (rows[0][1], rows[0][1], rows[-1][1], ingested, added, stream.id),
    )


def _insert(store: Store, rows: Sequence[tuple[Any, ...]]) -> None:
    values = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(rows))
    store.run(
        f"INSERT INTO logs_events (group_id, timestamp, id, stream_id, ingested, message) VALUES {values}",
        [value for row in rows for value in row],
    )


def group_events(store: Store, group: Group, window: Window) -> Iterator[Event]:
    """The events of a whole group within a window, those of deleted streams too."""
    return _events(store, "group_id", group.id, window)


def stream_events(store: Store, stream_id: int, window: Window) -> Iterator[Event]:
    """The events of one stream within a window."""
    return _events(store, "stream_id", stream_id, window)


def merged_events(store: Store, streams: Collection[int], window: Window) -> Iterator[Event]:
    """The events of a few streams within a window, in one order of time."""
    each = [stream_events(store, stream_id, window) for stream_id in streams]
    return heapq.merge(*each, key=lambda event: event[:2], reverse=window.descending)


def _events(store: Store, column: str, value: int, window: Window) -> Iterator[Event]:
    low = window.after or Position(window.first, -1)
    high = window.before or Position(window.last, FAR)
    order = "e.timestamp DESC, e.id DESC" if window.descending else "e.timestamp, e.id"
    return store.each(
        f"{_RAW if window.unmasked else _MASKED} WHERE e.{column} = ? AND (e.timestamp, e.id) > (?, ?)"
        f" AND (e.timestamp, e.id) < (?, ?) AND e.timestamp >= ? AND e.timestamp <= ? ORDER BY {order}",
        (value, *low, *high, window.first, window.last),
        Event,
    )


def oldest_event(store: Store, group: Group) -> int | None:
    """The time of the group's oldest event, None when it is empty."""
    row = store.one("SELECT timestamp FROM logs_events WHERE group_id = ? ORDER BY timestamp, id LIMIT 1", (group.id,))
    return row and row[0]


def expire_events(store: Store, group: Group, before: int, limit: int) -> int:
    """Delete up to `limit` events from before a time; how many."""
    rows = store.all(
        "SELECT timestamp, id, stream_id, message FROM logs_events WHERE group_id = ? AND timestamp < ?"
        " ORDER BY timestamp, id LIMIT ?",
        (group.id, before, limit),
    )
    freed: dict[int, int] = {}
    remove = "DELETE FROM logs_events WHERE group_id = ? AND timestamp = ? AND id = ?"
    for timestamp, number, stream_id, message in rows:
        store.run(remove, (group.id, timestamp, number))
        freed[stream_id] = freed.get(stream_id, 0) + size(message)
    for stream_id, amount in freed.items():
        # A deleted stream gave its bytes back already.
        if store.run("UPDATE logs_streams SET stored_bytes = stored_bytes - ? WHERE id = ?", (amount, stream_id)):
            store.run("UPDATE logs_groups SET stored_bytes = stored_bytes - ? WHERE id = ?", (amount, group.id))
    if rows:
        forget = "DELETE FROM logs_masks WHERE group_id = ? AND (timestamp, id) <= (?, ?)"
        store.run(forget, (group.id, *rows[-1][:2]))
    return len(rows)


def drop_events(store: Store, column: str, value: int, limit: int) -> int:
    """Delete up to `limit` events of a group or stream that is gone; how many. `column` is group_id or stream_id."""
    assert column in ("group_id", "stream_id")
    some = (
        f"(SELECT group_id, timestamp, id FROM logs_events WHERE {column} = ? ORDER BY group_id, timestamp, id LIMIT ?)"
    )
    store.run(f"DELETE FROM logs_masks WHERE (group_id, timestamp, id) IN {some}", (value, limit))
    return store.run(f"DELETE FROM logs_events WHERE (group_id, timestamp, id) IN {some}", (value, limit))


def find_event(store: Store, group_id: int, timestamp: int, number: int, unmasked: bool = False) -> Event | None:
    """One event, as it came or as it may be seen."""
    sql = f"{_RAW if unmasked else _MASKED} WHERE e.group_id = ? AND e.timestamp = ? AND e.id = ?"
    return store.one(sql, (group_id, timestamp, number), Event)
