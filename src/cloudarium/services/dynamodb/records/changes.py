"""The log of changes of tables with point-in-time recovery: for each, what the item was before."""

from __future__ import annotations

from cloudarium.services.dynamodb.records.items import Row
from cloudarium.services.dynamodb.records.tables import MOST_STEPS
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.store import Store

_OVERHEAD = 100  # bytes that a change takes beside its item and key


def add(store: Store, table_id: int, now: float, key: Key, before: Row | None) -> int:
    """Keep what an item was (None: it was not there) before a change at `now`; the change's number, from 1 on.

    1 says that nothing was kept yet.
    """
    last = store.one(
        "SELECT sequence, volume FROM dynamodb_changes WHERE table_id = ? ORDER BY sequence DESC LIMIT 1", (table_id,)
    )
    sequence, volume = last or (0, 0)
    size, item = before or (None, None)
    volume += _OVERHEAD + len(key.hash) + len(key.range) + len(item or b"")
    store.run(
        "INSERT INTO dynamodb_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (table_id, sequence + 1, now, volume, key.hash, key.range, size, item),
    )
    return int(sequence + 1)


def oldest(store: Store, table_id: int) -> float | None:
    """When the first change that is kept was made."""
    row = store.one("SELECT at FROM dynamodb_changes WHERE table_id = ? ORDER BY sequence LIMIT 1", (table_id,))
    return None if row is None else row[0]


def trim(store: Store, table_id: int, until: float) -> bool:
    """Forget some changes that were made up to a moment; whether there may be more."""
    kept = store.one(
        "SELECT sequence FROM dynamodb_changes WHERE table_id = ? AND at > ? ORDER BY sequence LIMIT 1",
        (table_id, until),
    )
    sql = "SELECT sequence FROM dynamodb_changes WHERE table_id = ? AND sequence < ? ORDER BY sequence LIMIT ?"
    before = (1 << 62) if kept is None else kept[0]
    gone = store.run(
        f"DELETE FROM dynamodb_changes WHERE table_id = ? AND sequence IN ({sql})",
        (table_id, table_id, before, MOST_STEPS),
    )
    return bool(gone == MOST_STEPS)


def beyond(store: Store, table_id: int, most: int) -> float | None:
    """When the last change was made that is too much for `most` bytes; None when all have room."""
    row = store.one(
        "SELECT at FROM dynamodb_changes WHERE table_id = ? AND volume <= (SELECT volume - ? FROM dynamodb_changes"
        " WHERE table_id = ? ORDER BY sequence DESC LIMIT 1) ORDER BY sequence DESC LIMIT 1",
        (table_id, most, table_id),
    )
    return None if row is None else row[0]
