"""Message groups of FIFO queues, and what makes a message be sent, or received, only once."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from cloudarium.services.sqs.records import shelves
from cloudarium.store import Store


def joined(store: Store, shelf: int, lane: str, seq: int, visible: float) -> None:
    """A message has come into a group: a group that had none takes its turn behind all others."""
    store.run("INSERT OR IGNORE INTO sqs_groups VALUES (?, ?, ?, ?)", (shelf, lane, seq, visible))


def ready(store: Store, shelf: int, now: float, limit: int) -> list[str]:
    """The groups whose first message can be received, in their turn."""
    # The + keeps SQLite from reading all that are ready to sort them: in their turn, the first ones will do.
    sql = "SELECT lane FROM sqs_groups WHERE shelf = ? AND +ready <= ? ORDER BY turn LIMIT ?"
    return [row[0] for row in store.all(sql, (shelf, now, limit))]


def update(store: Store, shelf: int, lane: str, served: bool = False) -> None:
    """Note when the first message of a group can be received; a group that was served goes behind all others."""
    sql = "SELECT visible FROM sqs_messages WHERE shelf = ? AND lane = ? ORDER BY key LIMIT 1"
    row = store.one(sql, (shelf, lane))
    if row is None:
        store.run("DELETE FROM sqs_groups WHERE shelf = ? AND lane = ?", (shelf, lane))
    elif served:
        turn = shelves.number(store, shelf)
        sql = "UPDATE sqs_groups SET ready = ?, turn = ? WHERE shelf = ? AND lane = ?"
        store.run(sql, (row[0], turn, shelf, lane))
    else:
        store.run("UPDATE sqs_groups SET ready = ? WHERE shelf = ? AND lane = ?", (row[0], shelf, lane))


def next_ready(store: Store, shelf: int, now: float) -> float | None:
    """When the next group has a message that can be received."""
    found: float | None = store.one("SELECT min(ready) FROM sqs_groups WHERE shelf = ? AND ready > ?", (shelf, now))[0]
    return found


def flying(store: Store, shelf: int, now: float) -> int:
    """How many groups have a message in flight."""
    sql = "SELECT count(DISTINCT lane) FROM sqs_messages WHERE shelf = ? AND visible > ? AND taken IS NOT NULL"
    found: int = store.one(sql, (shelf, now))[0]
    return found


# ---- Once ------------------------------------------------------------------------------------------------------------


class Sent(NamedTuple):
    """The message that a deduplication id stands for."""

    message: str
    seq: int


def earlier(store: Store, shelf: int, part: str, id: str, now: float) -> Sent | None:
    """The message that was sent with this deduplication id within the interval."""
    sql = "SELECT message, seq FROM sqs_deduplications WHERE shelf = ? AND part = ? AND id = ? AND until > ?"
    found: Sent | None = store.one(sql, (shelf, part, id, now), Sent)
    return found


def remember(store: Store, shelf: int, part: str, id: str, now: float, until: float, sent: Sent) -> None:
    """Keep a deduplication id for the interval; those whose interval is over are forgotten."""
    store.run("DELETE FROM sqs_deduplications WHERE shelf = ? AND until <= ?", (shelf, now))
    sql = "INSERT OR REPLACE INTO sqs_deduplications VALUES (?, ?, ?, ?, ?, ?)"
    store.run(sql, (shelf, part, id, until, *sent))


def attempt(store: Store, shelf: int, id: str, now: float) -> list[tuple[int, int]]:
    """What an earlier receive with this attempt id got: pairs of number and receive count."""
    row = store.one("SELECT messages FROM sqs_attempts WHERE shelf = ? AND id = ? AND until > ?", (shelf, id, now))
    return [(seq, received) for seq, received in orjson.loads(row[0])] if row else []


def keep_attempt(store: Store, shelf: int, id: str, now: float, until: float, got: list[tuple[int, int]]) -> None:
    """Keep what a receive with an attempt id got; older ones are forgotten."""
    store.run("DELETE FROM sqs_attempts WHERE shelf = ? AND until <= ?", (shelf, now))
    store.run("INSERT OR REPLACE INTO sqs_attempts VALUES (?, ?, ?, ?)", (shelf, id, until, orjson.dumps(got)))
