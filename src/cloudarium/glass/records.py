"""The journal's rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cloudarium.store import Store


class Entry(NamedTuple):
    """One call: times in epoch seconds, duration in microseconds, sizes in bytes.

    `decision` is the JSON of (action, resource, allowed, reason, ((policy, sid), …)) for each permission asked for.
    """

    request_id: str
    parent: str
    trace: str
    started: float
    micros: int
    account: str
    region: str
    service: str
    operation: str
    principal: str
    access_key: str
    status: int
    error: str
    signed: bool
    decision: bytes
    bytes_in: int
    bytes_out: int
    source: str
    agent: str


_COLUMNS = ", ".join(Entry._fields)
_MARKS = ", ".join("?" * len(Entry._fields))


def write(store: Store, entries: Iterable[Entry]) -> None:
    """Add entries in the order in which the calls ended."""
    store.run_many(f"INSERT INTO journal ({_COLUMNS}) VALUES ({_MARKS})", entries)


def trim(store: Store, kept: int) -> None:
    """Take away all but the last `kept` entries."""
    store.run("DELETE FROM journal WHERE number <= (SELECT max(number) FROM journal) - ?", (kept,))


def find(
    store: Store,
    *,
    account: str | None = None,
    service: str | None = None,
    operation: str | None = None,
    request_id: str | None = None,
    error: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """The entries that match every filter that is given, the newest first."""
    wanted = {
        "account": account, "service": service, "operation": operation, "request_id": request_id, "error": error
    }  # fmt: skip
    given = {name: value for name, value in wanted.items() if value is not None}
    conditions = [f"{name} = ?" for name in given]
    if before is not None:
        conditions.append("number < ?")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    params = [*given.values(), *([] if before is None else [before]), limit]
    return store.all(f"SELECT {_COLUMNS} FROM journal {where} ORDER BY number DESC LIMIT ?", params, Entry)


def last_of_key(store: Store, access_key: str) -> Entry | None:
    """The newest call that this access key really signed."""
    sql = f"SELECT {_COLUMNS} FROM journal WHERE access_key = ? AND signed ORDER BY number DESC LIMIT 1"
    return store.one(sql, (access_key,), Entry)


def last_of_callers(store: Store, start: str) -> Entry | None:
    """The newest call of callers whose ARN starts with `start`, as those of all sessions of a role do."""
    sql = f"""SELECT {_COLUMNS} FROM journal WHERE number =
        (SELECT max(number) FROM journal WHERE principal >= ? AND principal < ?)"""
    return store.one(sql, (start, start + chr(0x10FFFF)), Entry)
