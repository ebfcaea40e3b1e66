"""Log streams."""

from __future__ import annotations

from typing import Any, NamedTuple

from cloudarium.services.logs.records.groups import Group
from cloudarium.store import Store

_STREAM = "id, name, created, first_event, last_event, last_ingestion, stored_bytes"


class Stream(NamedTuple):
    """A log stream; `last_event` is 0 while it is empty."""

    id: int
    name: str
    created: int
    first_event: int | None
    last_event: int
    last_ingestion: int | None
    stored_bytes: int


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
