"""The journal's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudarium.glass.grounds import Grounds, digest_of

if TYPE_CHECKING:
    from cloudarium.store import Store


class Entry(NamedTuple):
    """One call: times in epoch seconds, duration in microseconds, sizes in bytes.

    `decision` is the JSON of (action, resource, allowed, reason, ((policy, sid), …), digest of its grounds, values of
    the condition keys or null, whether the handler asked it beside what the call needs) for each permission asked for.
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
    bytes_in: int
    bytes_out: int
    source: str
    agent: str
    decision: bytes


_COLUMNS = ", ".join(Entry._fields)
_MARKS = ", ".join("?" * len(Entry._fields))


def write(store: Store, entries: Iterable[Sequence[Any]]) -> int:
    """Add entries, as the values of an Entry, in the order in which the calls ended; gives the last one's number."""
    store.run_many(f"INSERT INTO journal ({_COLUMNS}) VALUES ({_MARKS})", entries)
    return store.last_id


def write_grounds(store: Store, last: int, grounds: Iterable[Grounds]) -> None:
    """Keep what the decisions of entries up to the number `last` rested on, each of it once."""
    kept = list(grounds)
    documents = {digest_of(document): document for each in kept for document in each.documents}
    for table, values in (
        ("grounds", [(each.digest, each.shown, last) for each in kept]),
        ("texts", [(digest, document.text, last) for digest, document in documents.items()]),
    ):
        store.run_many(
            f"INSERT INTO journal_{table} VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last", values
        )


def trim(store: Store, kept: int) -> None:
    """Take away all but the last `kept` entries, and what only those rested on that are gone."""
    for table, number in (("journal", "number"), ("journal_grounds", "last"), ("journal_texts", "last")):
        store.run(f"DELETE FROM {table} WHERE {number} <= (SELECT max(number) FROM journal) - ?", (kept,))


def grounds(store: Store, digest: str) -> bytes | None:
    """The JSON of the grounds with this digest."""
    row = store.one("SELECT shown FROM journal_grounds WHERE digest = ?", (digest,))
    return row and row[0]


def text(store: Store, digest: str) -> str | None:
    """The policy text with this digest."""
    row = store.one("SELECT text FROM journal_texts WHERE digest = ?", (digest,))
    return row and row[0]


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
