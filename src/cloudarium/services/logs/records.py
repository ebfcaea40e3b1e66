"""What CloudWatch Logs keeps: groups, streams and events."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from cloudarium.services.logs.rules import Position, size
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_CHUNK = 256  # rows of one INSERT: far fewer steps than one by one, far fewer parameters than SQLite's limit
FAR = (1 << 62) - 1
POLICIES = "logs policies"  # the store's topic for all resource policies


class Group(NamedTuple):
    """A log group."""

    id: int
    name: str
    log_class: str
    created: int
    retention: int | None
    protected: bool
    stored_bytes: int
    next_event: int
    expires: int | None


class Stream(NamedTuple):
    """A log stream; `last_event` is 0 while it is empty."""

    id: int
    name: str
    created: int
    first_event: int | None
    last_event: int
    last_ingestion: int | None
    stored_bytes: int


class Event(NamedTuple):
    """A log event; `number` tells events of one millisecond apart, in the order they came."""

    timestamp: int
    number: int
    stream_id: int
    ingested: int
    message: str


class Window(NamedTuple):
    """A range of a group's events: times from `first` to `last`, both included, and beyond a place."""

    first: int
    last: int
    after: Position | None = None
    before: Position | None = None
    descending: bool = False


_GROUP = "id, name, class, created, retention, protected, stored_bytes, next_event, expires"
_STREAM = "id, name, created, first_event, last_event, last_ingestion, stored_bytes"
_EVENT = "timestamp, id, stream_id, ingested, message"

# ---- Groups ---------------------------------------------------------------------------------------------------------


def find_group(store: Store, account: str, region: str, name: str) -> Group | None:
    """The group of that name, None when there is none."""
    return store.one(
        f"SELECT {_GROUP} FROM logs_groups WHERE account = ? AND region = ? AND name = ?",
        (account, region, name),
        Group,
    )


def add_group(
    store: Store, account: str, region: str, name: str, log_class: str, created: int, protected: bool
) -> None:
    """Make a group."""
    store.run(
        "INSERT INTO logs_groups (account, region, name, class, created, protected) VALUES (?, ?, ?, ?, ?, ?)",
        (account, region, name, log_class, created, protected),
    )


def groups(
    store: Store,
    account: str,
    region: str,
    *,
    after: str,
    limit: int,
    prefix: str = "",
    part: str = "",
    classes: Collection[str] = (),
) -> list[Group]:
    """Groups by name, behind `after`; `part` is looked for anywhere in the name."""
    sql = f"SELECT {_GROUP} FROM logs_groups WHERE account = ? AND region = ? AND name > ? AND name >= ?"
    params: list[Any] = [account, region, after, prefix]
    if prefix:
        sql += " AND name < ?"
        params.append(prefix + "\U0010ffff")
    if part:
        sql += " AND instr(name, ?)"
        params.append(part)
    if classes:
        sql += f" AND class IN ({', '.join('?' * len(classes))})"
        params += classes
    return store.all(f"{sql} ORDER BY name LIMIT ?", (*params, limit), Group)


def remove_group(store: Store, group: Group) -> None:
    """Delete a group and its streams; its events are left to `drop_events`."""
    store.run("DELETE FROM logs_streams WHERE group_id = ?", (group.id,))
    store.run("DELETE FROM logs_keys WHERE group_id = ?", (group.id,))
    store.run("DELETE FROM logs_groups WHERE id = ?", (group.id,))


class GroupKey(NamedTuple):
    """The key of KMS that a group is under, and the data key that KMS opens."""

    key: str
    sealed: bytes


def key_of(store: Store, group: Group) -> GroupKey | None:
    """The key that a group is under, None for nearly all."""
    return store.one("SELECT key, sealed FROM logs_keys WHERE group_id = ?", (group.id,), GroupKey)


def set_key(store: Store, group: Group, key: GroupKey | None) -> None:
    """Put a group under a key, None: under none."""
    if key is None:
        store.run("DELETE FROM logs_keys WHERE group_id = ?", (group.id,))
    else:
        store.run("INSERT OR REPLACE INTO logs_keys (group_id, key, sealed) VALUES (?, ?, ?)", (group.id, *key))


def set_retention(store: Store, group: Group, days: int | None) -> None:
    """Keep events for that many days, None: for ever."""
    store.run("UPDATE logs_groups SET retention = ? WHERE id = ?", (days, group.id))


def set_protected(store: Store, group: Group, protected: bool) -> None:
    """Turn deletion protection on or off."""
    store.run("UPDATE logs_groups SET protected = ? WHERE id = ?", (protected, group.id))


def set_expires(store: Store, group: Group, due: int | None) -> None:
    """Remember when the group's expiry timer is due."""
    store.run("UPDATE logs_groups SET expires = ? WHERE id = ?", (due, group.id))


def group_by_id(store: Store, group_id: int) -> Group | None:
    """The group of that id, None when it was deleted."""
    return store.one(f"SELECT {_GROUP} FROM logs_groups WHERE id = ?", (group_id,), Group)


# ---- Streams --------------------------------------------------------------------------------------------------------


def find_stream(store: Store, group: Group, name: str) -> Stream | None:
    """The stream of that name in the group."""
    return store.one(f"SELECT {_STREAM} FROM logs_streams WHERE group_id = ? AND name = ?", (group.id, name), Stream)


def add_stream(store: Store, group: Group, name: str, created: int) -> None:
    """Make a stream."""
    store.run("INSERT INTO logs_streams (group_id, name, created) VALUES (?, ?, ?)", (group.id, name, created))


def streams_by_name(
    store: Store, group: Group, *, prefix: str, after: str | None, descending: bool, limit: int
) -> list[Stream]:
    """Streams in the order of their names, beyond `after`."""
    sql = f"SELECT {_STREAM} FROM logs_streams WHERE group_id = ? AND name >= ? AND name < ?"
    params: list[Any] = [group.id, prefix, prefix + "\U0010ffff"]
    if after is not None:
        sql += " AND name < ?" if descending else " AND name > ?"
        params.append(after)
    return store.all(f"{sql} ORDER BY name {'DESC' if descending else ''} LIMIT ?", (*params, limit), Stream)


def streams_by_time(
    store: Store, group: Group, *, after: tuple[int, str] | None, descending: bool, limit: int
) -> list[Stream]:
    """Streams in the order of their last events, beyond (last event, name)."""
    sql = f"SELECT {_STREAM} FROM logs_streams WHERE group_id = ?"
    params: list[Any] = [group.id]
    if after is not None:
        sql += f" AND (last_event, name) {'<' if descending else '>'} (?, ?)"
        params += after
    order = "last_event DESC, name DESC" if descending else "last_event, name"
    return store.all(f"{sql} ORDER BY {order} LIMIT ?", (*params, limit), Stream)


def stream_ids(store: Store, group: Group, prefix: str) -> dict[int, str]:
    """The streams whose names start with `prefix`: id → name."""
    rows = store.all(
        "SELECT id, name FROM logs_streams WHERE group_id = ? AND name >= ? AND name < ?",
        (group.id, prefix, prefix + "\U0010ffff"),
    )
    return dict(rows)


def stream_name(store: Store, stream_id: int) -> str | None:
    """The name of a stream, None when it was deleted."""
    row = store.one("SELECT name FROM logs_streams WHERE id = ?", (stream_id,))
    return row and row[0]


def remove_stream(store: Store, group: Group, stream: Stream) -> None:
    """Delete a stream; its events are left to `drop_events`."""
    store.run("DELETE FROM logs_streams WHERE id = ?", (stream.id,))
    store.run("UPDATE logs_groups SET stored_bytes = stored_bytes - ? WHERE id = ?", (stream.stored_bytes, group.id))


# ---- Events ---------------------------------------------------------------------------------------------------------


def add_events(store: Store, group: Group, stream: Stream, events: Sequence[dict[str, Any]], ingested: int) -> None:
    """Append a batch, which is in the order of time, and keep the sums of its stream and group."""
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
    order = "timestamp DESC, id DESC" if window.descending else "timestamp, id"
    return store.each(
        f"SELECT {_EVENT} FROM logs_events WHERE {column} = ? AND (timestamp, id) > (?, ?) AND (timestamp, id) < (?, ?)"
        f" AND timestamp >= ? AND timestamp <= ? ORDER BY {order}",
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
    return len(rows)


def drop_events(store: Store, column: str, value: int, limit: int) -> int:
    """Delete up to `limit` events of a group or stream that is gone; how many. `column` is group_id or stream_id."""
    assert column in ("group_id", "stream_id")
    return store.run(
        "DELETE FROM logs_events WHERE (group_id, timestamp, id) IN"
        f" (SELECT group_id, timestamp, id FROM logs_events WHERE {column} = ? LIMIT ?)",
        (value, limit),
    )


# ---- Resource policies ----------------------------------------------------------------------------------------------


class ResourcePolicy(NamedTuple):
    """A policy of the account's log groups in one region: which services and accounts may write to them."""

    name: str
    document: str
    updated: int


def resource_policies(store: Store, scope: Scope, after: str = "", limit: int = 100) -> list[ResourcePolicy]:
    """The policies behind a name, by name."""
    sql = (
        "SELECT name, document, updated FROM logs_resource_policies"
        " WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?"
    )
    return store.all(sql, (*scope, after, limit), ResourcePolicy)


def put_resource_policy(store: Store, scope: Scope, policy: ResourcePolicy) -> None:
    """Keep a policy in place of the one of that name."""
    store.run("INSERT OR REPLACE INTO logs_resource_policies VALUES (?, ?, ?, ?, ?)", (*scope, *policy))
    store.changed(POLICIES)


def resource_policies_on(store: Store, text: str) -> list[tuple[Scope, ResourcePolicy]]:
    """Every policy in which a text occurs, and where it holds."""
    sql = "SELECT account, region, name, document, updated FROM logs_resource_policies WHERE instr(document, ?)"
    return [(Scope(row[0], row[1]), ResourcePolicy(*row[2:])) for row in store.all(sql, (text,))]


def remove_resource_policy(store: Store, scope: Scope, name: str) -> bool:
    """Forget a policy; whether there was one."""
    sql = "DELETE FROM logs_resource_policies WHERE account = ? AND region = ? AND name = ?"
    store.changed(POLICIES)
    return bool(store.run(sql, (*scope, name)))
