"""What streams keep: the streams themselves, their records, and their policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from cloudarium.shared import arn
from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.streams import images

KEPT = 24 * 3600  # seconds that a record is readable
START = 10**20  # SequenceNumbers have at least 21 digits: what is before the first record of every shard
_TRACE = "Trace"


class Stream(NamedTuple):
    """A stream of a table: one per time that it was switched on."""

    id: int
    account: str
    region: str
    table: str
    label: str
    view: str
    keys: list[dict[str, str]]
    created: float
    ended: float | None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return arn_of(Scope(self.account, self.region), self.table, self.label)


class Kept(NamedTuple):
    """A record: its number, when it was made, and what GetRecords shows of it, as it is stored."""

    sequence: int
    created: float
    record: bytes

    def load(self) -> dict[str, Any]:
        """The record with binary values as bytes."""
        record: dict[str, Any] = orjson.loads(self.record)
        record.pop(_TRACE, None)
        if images.is_binary(self.record):
            for name in ("Keys", "NewImage", "OldImage"):
                images.restore(record["dynamodb"].get(name, {}))
        return record


def arn_of(scope: Scope, table: str, label: str) -> str:
    """The ARN of a stream."""
    return arn.make("dynamodb", scope, f"table/{table}/stream/{label}")


def bell(stream_id: int) -> tuple[str, int]:
    """The bell that rings for all who wait for a stream: it has a further record, or has ended."""
    return ("dynamodb stream", stream_id)


# ---- Streams --------------------------------------------------------------------------------------------------------

_STREAM = "id, account, region, table_name, label, view_type, key_schema, created, ended"


def _stream(row: tuple[Any, ...]) -> Stream:
    return Stream._make((*row[:6], orjson.loads(row[6]), *row[7:]))


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


def find(store: Store, scope: Scope, table: str, label: str) -> Stream | None:
    """The stream of a table with this label."""
    sql = f"SELECT {_STREAM} FROM dynamodb_streams WHERE account = ? AND region = ? AND table_name = ? AND label = ?"
    row = store.one(sql, (scope.account, scope.region, table, label))
    return row and _stream(row)


def by_arn(store: Store, text: object) -> Stream | None:
    """The stream with this ARN."""
    parsed = arn.parse(text)
    if parsed is None or parsed.service != "dynamodb":
        return None
    kind, _, rest = parsed.resource.partition("/")
    table, found, label = rest.partition("/stream/")
    if kind != "table" or not found:
        return None
    return find(store, Scope(parsed.account, parsed.region), table, label)


def listed(store: Store, scope: Scope, table: str | None, after: tuple[str, str], limit: int) -> list[Stream]:
    """Up to `limit` streams past a table and label, of one table or (None) of all."""
    sql = f"SELECT {_STREAM} FROM dynamodb_streams WHERE account = ? AND region = ? AND (table_name, label) > (?, ?)"
    params: list[Any] = [scope.account, scope.region, *after]
    if table is not None:
        sql += " AND table_name = ?"
        params.append(table)
    return [_stream(row) for row in store.all(f"{sql} ORDER BY table_name, label LIMIT ?", (*params, limit))]


# ---- Records --------------------------------------------------------------------------------------------------------


def is_empty(store: Store, id: int) -> bool:
    """Whether the stream has no records."""
    return store.one("SELECT 1 FROM dynamodb_stream_records WHERE stream_id = ? LIMIT 1", (id,)) is None


def put(store: Store, id: int, now: float, record: dict[str, Any], trace: str = "") -> None:
    """Append a record in the form that GetRecords answers, without its sequence number and event id.

    `trace` is the header of the call that made the change; no reader of the stream is shown it.
    """
    kept = {**record, _TRACE: trace} if trace else record
    store.run(
        "INSERT INTO dynamodb_stream_records (stream_id, created, record) VALUES (?, ?, ?)",
        (id, now, images.dump(kept)),
    )


def trace_of(store: Store, number: str) -> str:
    """The trace header of the change that a SequenceNumber stands for; empty when it is not known."""
    if not (number.isascii() and number.isdecimal()) or not START <= int(number) < START + 2**63:
        return ""
    row = store.one("SELECT record FROM dynamodb_stream_records WHERE sequence = ?", (int(number) - START,))
    return "" if row is None else str(orjson.loads(row[0]).get(_TRACE, ""))


def read(store: Store, id: int, sequence: int, now: float) -> Iterator[Kept]:
    """The records from a sequence number on that are younger than a day, in order."""
    rows = store.each(
        "SELECT sequence, created, record FROM dynamodb_stream_records"
        " WHERE stream_id = ? AND sequence >= ? AND created > ? ORDER BY sequence",
        (id, sequence, now - KEPT),
    )
    return (Kept._make(row) for row in rows)


def first(store: Store, id: int, sequence: int, now: float) -> int | None:
    """The number of the first readable record that is not before a sequence number."""
    sql = (
        "SELECT sequence FROM dynamodb_stream_records"
        " WHERE stream_id = ? AND sequence >= ? AND created > ? ORDER BY sequence LIMIT 1"
    )
    row = store.one(sql, (id, sequence, now - KEPT))
    return None if row is None else row[0]


def first_since(store: Store, id: int, moment: float, now: float) -> int | None:
    """The number of the first readable record that was made at a moment or later."""
    sql = "SELECT min(sequence) FROM dynamodb_stream_records WHERE stream_id = ? AND created >= ? AND created > ?"
    return store.one(sql, (id, moment, now - KEPT))[0]


def last(store: Store, id: int) -> int | None:
    """The number of the stream's last record."""
    return store.one("SELECT max(sequence) FROM dynamodb_stream_records WHERE stream_id = ?", (id,))[0]


def latest(store: Store) -> int:
    """The highest number that any record has had."""
    row = store.one("SELECT seq FROM sqlite_sequence WHERE name = 'dynamodb_stream_records'")
    return 0 if row is None else row[0]


def trim(store: Store, id: int, now: float) -> float | None:
    """Remove records that have reached their age; when the oldest that is left was made.

    A stream that has ended goes with its last record.
    """
    store.run("DELETE FROM dynamodb_stream_records WHERE stream_id = ? AND created + ? <= ?", (id, KEPT, now))
    row = store.one("SELECT created FROM dynamodb_stream_records WHERE stream_id = ? ORDER BY sequence LIMIT 1", (id,))
    if row is not None:
        return row[0]
    if store.run("DELETE FROM dynamodb_streams WHERE id = ? AND ended + ? <= ?", (id, KEPT, now)):
        drop_policy(store, id)
    return None


# ---- Policies -------------------------------------------------------------------------------------------------------


def policy(store: Store, id: int) -> dict[str, str] | None:
    """A stream's policy and its revision, in the form that GetResourcePolicy answers."""
    row = store.one("SELECT policy, revision FROM dynamodb_stream_policies WHERE stream_id = ?", (id,))
    return row and {"Policy": row[0], "RevisionId": row[1]}


def set_policy(store: Store, id: int, made: dict[str, str]) -> None:
    """Give a stream a policy."""
    store.run(
        "INSERT OR REPLACE INTO dynamodb_stream_policies VALUES (?, ?, ?)", (id, made["Policy"], made["RevisionId"])
    )


def drop_policy(store: Store, id: int) -> None:
    """Take a stream's policy away."""
    store.run("DELETE FROM dynamodb_stream_policies WHERE stream_id = ?", (id,))


def policies_on(store: Store, text: str) -> list[tuple[int, dict[str, str]]]:
    """The streams, of all accounts, in whose policies a text occurs, with them."""
    rows = store.all("SELECT stream_id, policy, revision FROM dynamodb_stream_policies WHERE instr(policy, ?)", (text,))
    return [(row[0], {"Policy": row[1], "RevisionId": row[2]}) for row in rows]
