"""Messages on a shelf. Each step touches a few rows by an index, however many messages a queue has."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store

_LARGE = 2000  # bytes of a body from which on it is kept apart: a receive writes the message anew, but not the body
_CHUNK = 1000

_COLUMNS = "seq, visible, received, first, taken, sent, lane, id, data, body"


class Message(NamedTuple):
    """One message. `body` is text, bytes when it is encrypted, and None when it is kept apart."""

    seq: int
    visible: float
    received: int
    first: float | None
    taken: float | None
    sent: float
    lane: str | None
    id: str
    data: bytes
    body: str | bytes | None

    def read(self) -> dict[str, Any]:
        """What was sent beside the body."""
        found: dict[str, Any] = orjson.loads(self.data)
        return found


def next_number(store: Store, shelf: int, messages: int) -> int:
    """The next number of a shelf, which has so many messages more from now on."""
    store.begin()
    sql = "UPDATE sqs_shelves SET last = last + 1, total = total + ? WHERE id = ? RETURNING last"
    number: int = store.one(sql, (messages, shelf))[0]
    return number


def add(
    store: Store,
    shelf: int,
    message_id: str,
    sent: float,
    visible: float,
    lane: str | None,
    data: dict[str, Any],
    body: str | bytes,
) -> int:
    """Put a new message on a shelf; its number."""
    seq = next_number(store, shelf, 1)
    apart = len(body) > _LARGE
    store.run(
        "INSERT INTO sqs_messages VALUES (?, ?, ?, 0, NULL, NULL, ?, ?, ?, ?, ?)",
        (shelf, seq, visible, sent, lane, message_id, orjson.dumps(data), None if apart else body),
    )
    if apart:
        store.run("INSERT INTO sqs_bodies VALUES (?, ?, ?)", (shelf, seq, body))
    return seq


def find(store: Store, shelf: int, seq: int) -> Message | None:
    """The message with this number."""
    sql = f"SELECT {_COLUMNS} FROM sqs_messages WHERE shelf = ? AND seq = ?"
    found: Message | None = store.one(sql, (shelf, seq), Message)
    return found


def body(store: Store, shelf: int, message: Message) -> str | bytes:
    """The body of a message, wherever it is kept."""
    if message.body is not None:
        return message.body
    found: str | bytes = store.one("SELECT body FROM sqs_bodies WHERE shelf = ? AND seq = ?", (shelf, message.seq))[0]
    return found


def ready(store: Store, shelf: int, now: float, since: float, limit: int) -> list[Message]:
    """Messages of a standard queue that can be received and were sent after `since`."""
    sql = (
        f"SELECT {_COLUMNS} FROM sqs_messages WHERE shelf = ? AND visible <= ? AND sent > ?"
        " ORDER BY visible, seq LIMIT ?"
    )
    found: list[Message] = store.all(sql, (shelf, now, since, limit), Message)
    return found


def in_lane(store: Store, shelf: int, lane: str, limit: int) -> list[Message]:
    """The first messages of a group."""
    sql = f"SELECT {_COLUMNS} FROM sqs_messages WHERE shelf = ? AND lane = ? ORDER BY seq LIMIT ?"
    found: list[Message] = store.all(sql, (shelf, lane, limit), Message)
    return found


def take(store: Store, shelf: int, message: Message, now: float, visible: float) -> Message:
    """Note that a message is received; the message as it is then."""
    first = message.first if message.first is not None else now
    store.run(
        "UPDATE sqs_messages SET visible = ?, received = received + 1, first = ?, taken = ?"
        " WHERE shelf = ? AND seq = ?",
        (visible, first, now, shelf, message.seq),
    )
    return message._replace(visible=visible, received=message.received + 1, first=first, taken=now)


def hide(store: Store, shelf: int, seq: int, visible: float) -> None:
    """Have a message be visible again at another time."""
    store.run("UPDATE sqs_messages SET visible = ? WHERE shelf = ? AND seq = ?", (visible, shelf, seq))


def remove(store: Store, shelf: int, seq: int) -> bool:
    """Delete a message; whether it was there."""
    store.begin()
    sql = "DELETE FROM sqs_messages WHERE shelf = ? AND seq = ? RETURNING body IS NULL"
    row = store.one(sql, (shelf, seq))
    if row is None:
        return False
    if row[0]:
        store.run("DELETE FROM sqs_bodies WHERE shelf = ? AND seq = ?", (shelf, seq))
    store.run("UPDATE sqs_shelves SET total = total - 1 WHERE id = ?", (shelf,))
    return True


def expired(store: Store, shelf: int, since: float) -> list[Message]:
    """Some of the messages that were sent at `since` or earlier."""
    sql = f"SELECT {_COLUMNS} FROM sqs_messages WHERE shelf = ? AND sent <= ? LIMIT {_CHUNK}"
    found: list[Message] = store.all(sql, (shelf, since), Message)
    return found


def total(store: Store, shelf: int) -> int:
    """How many messages there are, whatever becomes of them."""
    row = store.one("SELECT total FROM sqs_shelves WHERE id = ?", (shelf,))
    return row[0] if row else 0


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
    """Clear a part of a shelf that no queue has any more; whether something is left."""
    for table in ("messages", "bodies", "groups", "deduplications", "attempts"):
        key = {"messages": "seq", "bodies": "seq", "groups": "lane", "deduplications": "part, id", "attempts": "id"}
        columns = key[table]
        sql = (
            f"DELETE FROM sqs_{table} WHERE shelf = ? AND ({columns}) IN"
            f" (SELECT {columns} FROM sqs_{table} WHERE shelf = ? LIMIT {_CHUNK})"
        )
        if store.run(sql, (shelf, shelf)):
            return True
    store.run("DELETE FROM sqs_shelves WHERE id = ?", (shelf,))
    return False
