"""Streams of changes and their records."""

from __future__ import annotations

import base64
from typing import Any

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


def add(store: Store, scope: Scope, table: str, label: str, view: str, keys: list[dict[str, str]], now: float) -> int:
    """Open a stream; its id."""
    store.run(
        "INSERT INTO dynamodb_streams (account, region, table_name, label, view_type, key_schema, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (scope.account, scope.region, table, label, view, orjson.dumps(keys), now),
    )
    return store.last_id


def end(store: Store, id: int, now: float) -> None:
    """Close a stream; its records stay readable for a day."""
    store.run("UPDATE dynamodb_streams SET ended = ? WHERE id = ? AND ended IS NULL", (now, id))


def is_empty(store: Store, id: int) -> bool:
    """Whether the stream has no records."""
    return store.one("SELECT 1 FROM dynamodb_stream_records WHERE stream_id = ? LIMIT 1", (id,)) is None


def put(store: Store, id: int, now: float, record: dict[str, Any]) -> None:
    """Append a record in the form that GetRecords answers, without its sequence number and event id."""
    store.run(
        "INSERT INTO dynamodb_stream_records (stream_id, created, record) VALUES (?, ?, ?)",
        (id, now, orjson.dumps(record, default=_base64)),
    )


def _base64(content: Any) -> str:
    if isinstance(content, bytes):
        return base64.b64encode(content).decode()
    raise TypeError(f"{type(content).__name__} is no part of an item")


def trim(store: Store, id: int, age: float, now: float) -> float | None:
    """Remove records that have reached this age in seconds; when the oldest that is left was made.

    A stream that has ended goes with its last record.
    """
    store.run("DELETE FROM dynamodb_stream_records WHERE stream_id = ? AND created + ? <= ?", (id, age, now))
    row = store.one("SELECT created FROM dynamodb_stream_records WHERE stream_id = ? ORDER BY sequence LIMIT 1", (id,))
    if row is None:
        store.run("DELETE FROM dynamodb_streams WHERE id = ? AND ended + ? <= ?", (id, age, now))
    return None if row is None else row[0]
