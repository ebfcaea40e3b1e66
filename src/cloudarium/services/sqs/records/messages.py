"""Messages on a shelf. Each step touches a few rows by an index, however many messages a queue has."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.sqs.records import shelves
from cloudarium.store import Store

_LARGE = 2000  # bytes of a body from which on it is kept apart: a receive writes the message anew, but not the body
_CHUNK = 1000

_COLUMNS = "key, visible, received, first, taken, sent, lane, id, data, body"


class Message(NamedTuple):
    """One message. `body` is text, bytes when it is encrypted, and None when it is kept apart."""

    key: int
    visible: float
    received: int
    first: float | None
    taken: float | None
    sent: float
    lane: str | None
    id: str
    data: bytes
    body: str | bytes | None

    @property
    def seq(self) -> int:
        """The message's number on its shelf."""
        return shelves.seq_of(self.key)

    def read(self) -> dict[str, Any]:
        """What was sent beside the body."""
        found: dict[str, Any] = orjson.loads(self.data)
        return found


class New(NamedTuple):
    """A message that comes to a shelf, sent at `sent` and hidden until `visible`."""

    id: str
    sent: float
    visible: float
    lane: str | None
    data: dict[str, Any]
    body: str | bytes


def add(store: Store, shelf: int, new: New, old: bool = False) -> int:
    """Put a message on a shelf; its number. It is `old` when it was sent before it comes here."""
    store.begin()
    state = shelves.known(store, shelf)
    seq = shelves.number(store, shelf)
    key, apart = shelves.key(shelf, seq), len(new.body) > _LARGE
    store.run(
        "INSERT INTO sqs_messages VALUES (?, ?, ?, 0, NULL, NULL, ?, ?, ?, ?, ?, ?)",
        (key, shelf, new.visible, new.sent, 1 if old else None, new.lane, new.id, orjson.dumps(new.data))
        + (None if apart else new.body,),
    )
    if apart:
        store.run("INSERT INTO sqs_bodies VALUES (?, ?)", (key, new.body))
    if state.total is not None:
        state.total += 1
    if state.oldest is not None and new.sent < state.oldest:
        state.oldest = new.sent
    return seq


def find(store: Store, shelf: int, seq: int) -> Message | None:
    """The message with this number."""
    sql = f"SELECT {_COLUMNS} FROM sqs_messages WHERE key = ?"
    found: Message | None = store.one(sql, (shelves.key(shelf, seq),), Message)
    return found


def body(store: Store, message: Message) -> str | bytes:
    """The body of a message, wherever it is kept."""
    if message.body is not None:
        return message.body
    found: str | bytes = store.one("SELECT body FROM sqs_bodies WHERE key = ?", (message.key,))[0]
    return found


def ready(store: Store, shelf: int, now: float, since: float, limit: int) -> list[Message]:
    """Messages of a standard queue that can be received and were sent after `since`."""
    sql = (
        f"SELECT {_COLUMNS} FROM sqs_messages WHERE shelf = ? AND visible <= ? AND sent > ?"
        " ORDER BY visible, key LIMIT ?"
    )
    found: list[Message] = store.all(sql, (shelf, now, since, limit), Message)
    return found


def in_lane(store: Store, shelf: int, lane: str, limit: int) -> list[Message]:
    """The first messages of a group."""
    sql = f"SELECT {_COLUMNS} FROM sqs_messages WHERE shelf = ? AND lane = ? ORDER BY key LIMIT ?"
    found: list[Message] = store.all(sql, (shelf, lane, limit), Message)
    return found


def take(store: Store, message: Message, now: float, visible: float) -> Message:
    """Note that a message is received; the message as it is then."""
    first = message.first if message.first is not None else now
    store.run(
        "UPDATE sqs_messages SET visible = ?, received = received + 1, first = ?, taken = ? WHERE key = ?",
        (visible, first, now, message.key),
    )
    return message._replace(visible=visible, received=message.received + 1, first=first, taken=now)


def hide(store: Store, message: Message, visible: float) -> None:
    """Have a message be visible again at another time."""
    store.run("UPDATE sqs_messages SET visible = ? WHERE key = ?", (visible, message.key))


def remove(store: Store, shelf: int, seq: int) -> bool:
    """Delete a message; whether it was there."""
    store.begin()
    key = shelves.key(shelf, seq)
    row = store.one("DELETE FROM sqs_messages WHERE key = ? RETURNING body IS NULL", (key,))
    if row is None:
        return False
    if row[0]:
        store.run("DELETE FROM sqs_bodies WHERE key = ?", (key,))
    state = shelves.known(store, shelf)
    if state.total is not None:
        state.total -= 1
    return True


def expired(store: Store, shelf: int, since: float) -> list[Message]:
    """Some of the messages that were sent at `since` or earlier; they stand in the order in which they were sent."""
    state = shelves.known(store, shelf)
    if state.oldest is not None and state.oldest > since:
        return []
    low, high = shelves.key(shelf, 0), shelves.key(shelf + 1, 0)
    sql = f"SELECT {_COLUMNS} FROM sqs_messages WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
    old = (
        f"SELECT {_COLUMNS} FROM sqs_messages WHERE shelf = ? AND old IS NOT NULL AND sent <= ?"
        f" ORDER BY sent LIMIT {_CHUNK}"
    )
    first: Message | None = store.one(sql, (low, high, 1), Message)
    found: dict[int, Message] = {message.key: message for message in store.all(old, (shelf, since), Message)}
    if first is not None and first.sent <= since:
        for message in store.all(sql, (low, high, _CHUNK), Message):
            if message.sent > since:
                break
            found[message.key] = message
    if not found:
        state.oldest = _oldest(store, shelf, first)
    return list(found.values())


def oldest(store: Store, shelf: int) -> float:
    """When the oldest message of a shelf was sent; 0 for a shelf without any."""
    sql = f"SELECT {_COLUMNS} FROM sqs_messages WHERE key > ? AND key < ? ORDER BY key LIMIT 1"
    first = store.one(sql, (shelves.key(shelf, 0), shelves.key(shelf + 1, 0)), Message)
    return _oldest(store, shelf, first)


def _oldest(store: Store, shelf: int, first: Message | None) -> float:
    """A moment before which no message of the shelf was sent; those to come are sent later."""
    row = store.one("SELECT min(sent) FROM sqs_messages WHERE shelf = ? AND old IS NOT NULL", (shelf,))
    known = [moment for moment in (row[0], first.sent if first is not None else None) if moment is not None]
    return min(known, default=0.0)


def total(store: Store, shelf: int) -> int:
    """How many messages there are, whatever becomes of them."""
    state = shelves.known(store, shelf)
    if state.total is None:
        state.total = store.one("SELECT count(*) FROM sqs_messages WHERE shelf = ?", (shelf,))[0]
    return state.total


def hidden(store: Store, shelf: int, now: float) -> tuple[int, int]:
    """How many messages are (in flight, delayed)."""
    sql = "SELECT count(*), count(taken) FROM sqs_messages WHERE shelf = ? AND visible > ?"
    every, taken = store.one(sql, (shelf, now))
    return taken, every - taken


def next_visible(store: Store, shelf: int, now: float) -> float | None:
    """When the next message becomes visible."""
    sql = "SELECT min(visible) FROM sqs_messages WHERE shelf = ? AND visible > ?"
    found: float | None = store.one(sql, (shelf, now))[0]
    return found


def clear(store: Store, shelf: int) -> bool:
    """Clear a part of a shelf that no queue has any more; whether something may be left."""
    place = (shelves.key(shelf, 0), shelves.key(shelf + 1, 0))
    for table in ("messages", "bodies"):
        sql = (
            f"DELETE FROM sqs_{table} WHERE key IN"
            f" (SELECT key FROM sqs_{table} WHERE key > ? AND key < ? LIMIT {_CHUNK})"
        )
        if store.run(sql, place):
            return True
    for table, columns in (("groups", "lane"), ("deduplications", "part, id"), ("attempts", "id")):
        sql = (
            f"DELETE FROM sqs_{table} WHERE shelf = ? AND ({columns}) IN"
            f" (SELECT {columns} FROM sqs_{table} WHERE shelf = ? LIMIT {_CHUNK})"
        )
        if store.run(sql, (shelf, shelf)):
            return True
    store.run("DELETE FROM sqs_shelves WHERE id = ?", (shelf,))
    return False
