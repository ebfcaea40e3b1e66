"""The events that archives hold."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.services.events.records.named import Named
from cloudarium.store import Store


class Archived(NamedTuple):
    """One event of an archive, as text."""

    id: int
    time: float
    event: str


_PLACE = "account = ? AND region = ? AND archive = ?"


def add(store: Store, archive: Named, time: float, expires: float | None, event: str) -> None:
    """Put an event into an archive."""
    store.run(
        "INSERT INTO events_archived (account, region, archive, time, expires, size, event)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*archive.scope, archive.name, time, expires, len(event.encode()), event),
    )


def size(store: Store, archive: Named) -> tuple[int, int]:
    """How many events, and how many bytes, an archive holds."""
    sql = f"SELECT count(*), coalesce(sum(size), 0) FROM events_archived WHERE {_PLACE}"
    found: tuple[int, int] = store.one(sql, (*archive.scope, archive.name))
    return found


def between(
    store: Store, archive: Named, start: float, end: float, after: tuple[float, int], limit: int
) -> list[Archived]:
    """Up to `limit` events of a time span (its end left out), those after one (by time and id), the oldest first."""
    sql = (
        f"SELECT id, time, event FROM events_archived WHERE {_PLACE} AND time >= ? AND time < ?"
        " AND (time, id) > (?, ?) ORDER BY time, id LIMIT ?"
    )
    return list(store.all(sql, (*archive.scope, archive.name, start, end, *after, limit), Archived))


def keep_for(store: Store, archive: Named, before: float | None, seconds: float | None) -> None:
    """Have all events of an archive expire so long after they came; None: never, `before` is how long it was."""
    came = "time" if before is None else "expires - ?"
    sql = f"UPDATE events_archived SET expires = {came} + ? WHERE {_PLACE}"
    store.run(sql, (*([] if before is None else [before]), seconds, *archive.scope, archive.name))


def next_expiry(store: Store, archive: Named) -> float | None:
    """When the next event of an archive expires."""
    found: float | None = store.one(
        f"SELECT min(expires) FROM events_archived WHERE {_PLACE}", (*archive.scope, archive.name)
    )[0]
    return found


def expire(store: Store, archive: Named, now: float, limit: int) -> int:
    """Forget up to `limit` events whose time is over; how many."""
    return store.run(
        f"DELETE FROM events_archived WHERE id IN (SELECT id FROM events_archived WHERE {_PLACE} AND expires <= ?"
        " LIMIT ?)",
        (*archive.scope, archive.name, now, limit),
    )


def last(store: Store) -> int:
    """The id of the youngest event of all archives."""
    found: int = store.one("SELECT coalesce(max(id), 0) FROM events_archived")[0]
    return found


def drop(store: Store, archive: Named, before: int, limit: int) -> int:
    """Forget up to `limit` events, none younger than `before`, of an archive that is gone; how many."""
    return store.run(
        f"DELETE FROM events_archived WHERE id IN (SELECT id FROM events_archived WHERE {_PLACE} AND id <= ? LIMIT ?)",
        (*archive.scope, archive.name, before, limit),
    )
