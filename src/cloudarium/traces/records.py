"""What is kept of traces: their documents, by account and region."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.traces import documents
from cloudarium.traces.documents import Document

LARGEST = 500 * 1024  # bytes of a trace's documents; AWS's quota
KEPT = 100_000  # traces of all accounts together
MOST_BYTES = 512 * 1024 * 1024  # of all traces' documents
_PORTION = 100  # traces that are deleted at a time
DAYS_KEPT = 30
_DAY = 86400.0
_WINDOWS = {"TraceId": "named", "Event": "received", "Service": "ended"}


class Kept(NamedTuple):
    """A trace without its documents."""

    number: int
    id: str
    named: float
    received: float
    ended: float
    revision: int
    bytes: int
    cut: int


_TRACE = ", ".join(Kept._fields)


def put(store: Store, scope: Scope, found: Sequence[Document], now: float) -> None:
    """Keep documents; one with the id of an earlier one of its trace takes its place."""
    by_trace: dict[str, list[Document]] = {}
    for one in found:
        by_trace.setdefault(one.trace.lower(), []).append(one)
    grown = sum(_put_into(store, scope, trace, members, now) for trace, members in by_trace.items())
    _volume(store, grown)


def _volume(store: Store, grown: int) -> int:
    """Add to the bytes of all traces; how many they are now."""
    return store.volumes.add("traces", grown, lambda: store.one("SELECT coalesce(sum(bytes), 0) FROM traces")[0])


def _put_into(store: Store, scope: Scope, id: str, members: list[Document], now: float) -> int:
    """Keep documents of one trace; by how many bytes it has grown."""
    trace = find(store, scope, id)
    if trace is None:
        started = float(members[0].data["start_time"])
        named = float(int(id[2:10], 16))
        if abs(named - started) > _DAY:  # an id of OpenTelemetry's says no time
            named = started
        sql = "INSERT INTO traces (account, region, id, named, received, ended, revision, bytes)"
        store.run(f"{sql} VALUES (?, ?, ?, ?, ?, 0, 0, 0)", (*scope, id, named, now))
        trace = Kept(store.last_id, id, named, now, 0.0, 0, 0, 0)
    size, cut, ended = trace.bytes, trace.cut, trace.ended
    for one in members:
        text = one.text
        old = store.one(
            "SELECT length(CAST(document AS BLOB)) FROM trace_segments WHERE trace = ? AND id = ?",
            (trace.number, one.id),
        )
        grown = size + len(text.encode()) - (old[0] if old else 0)
        if grown > LARGEST:
            cut = 1
            continue
        size = grown
        ended = max(ended, one.data.get("end_time") or one.data["start_time"])
        store.run("INSERT OR REPLACE INTO trace_segments VALUES (?, ?, ?)", (trace.number, one.id, text))
    store.run(
        "UPDATE traces SET received = ?, ended = ?, revision = revision + 1, bytes = ?, cut = ? WHERE number = ?",
        (now, ended, size, cut, trace.number),
    )
    return size - trace.bytes


def find(store: Store, scope: Scope, id: str) -> Kept | None:
    """The trace of that id, None when nothing of it came."""
    sql = f"SELECT {_TRACE} FROM traces WHERE account = ? AND region = ? AND id = ?"
    return store.one(sql, (*scope, id.lower()), Kept)


def everywhere(store: Store, id: str) -> list[tuple[Scope, Kept]]:
    """A trace in all accounts and regions that have a part of it."""
    rows = store.all(f"SELECT account, region, {_TRACE} FROM traces WHERE id = ?", (id.lower(),))
    return [(Scope(row[0], row[1]), Kept(*row[2:])) for row in rows]


def documents_of(store: Store, trace: Kept) -> list[Document]:
    """What was sent of a trace, in the order of ids."""
    rows = store.all("SELECT document FROM trace_segments WHERE trace = ? ORDER BY id", (trace.number,))
    return [documents.of(orjson.loads(text)) for (text,) in rows]


def within(
    store: Store, scope: Scope, kind: str, first: float, last: float, after: int = 0, limit: int = 1000
) -> list[Kept]:
    """Traces of a time frame by their numbers, behind `after`; `kind` is a TimeRangeType of X-Ray's."""
    column = _WINDOWS[kind]
    sql = f"SELECT {_TRACE} FROM traces WHERE account = ? AND region = ? AND {column} >= ? AND {column} <= ?"
    return store.all(f"{sql} AND number > ? ORDER BY number LIMIT ?", (*scope, first, last, after, limit), Kept)


def oldest(store: Store, scope: Scope) -> float | None:
    """When something came last of the trace that has been still for longest."""
    row: Any = store.one("SELECT min(received) FROM traces WHERE account = ? AND region = ?", scope)
    return row[0]


def expire(store: Store, scope: Scope, before: float, limit: int) -> int:
    """Delete traces of which nothing came since `before`, so many at most; how many they were."""
    sql = "SELECT number FROM traces WHERE account = ? AND region = ? AND received <= ? LIMIT ?"
    return _remove(store, [number for (number,) in store.all(sql, (*scope, before, limit))])


def trim(store: Store, kept: int = KEPT, most: int = MOST_BYTES) -> int:
    """Delete the traces that came first when there are more than `kept`, or they take more than `most` bytes."""
    sql = "SELECT number FROM traces WHERE number <= (SELECT max(number) FROM traces) - ?"
    gone = _remove(store, [number for (number,) in store.all(sql, (kept,))])
    while _volume(store, 0) > most:
        first = [number for (number,) in store.all("SELECT number FROM traces ORDER BY number LIMIT ?", (_PORTION,))]
        gone += _remove(store, first)
        if len(first) < _PORTION:
            break
    return gone


def _remove(store: Store, numbers: Iterable[int]) -> int:
    count = size = 0
    for number in numbers:
        size += store.one("SELECT bytes FROM traces WHERE number = ?", (number,))[0]
        store.run("DELETE FROM trace_segments WHERE trace = ?", (number,))
        count += store.run("DELETE FROM traces WHERE number = ?", (number,))
    if count:
        _volume(store, -size)
    return count
