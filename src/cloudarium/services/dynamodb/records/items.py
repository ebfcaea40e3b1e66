"""Items, the entries of secondary indexes, and when items expire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cloudarium.services.dynamodb.expressions.keyconditions import KeyRange
from cloudarium.services.dynamodb.rules import keys
from cloudarium.services.dynamodb.rules.definition import Index, Table
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.store import Store


class Row(NamedTuple):
    """An item as it is stored, with its counted size."""

    size: int
    item: bytes


class Start(NamedTuple):
    """Where a page begins: just past this item; `entry` is its place in the index that is read."""

    base: Key
    entry: Key | None


_PUT = "INSERT OR REPLACE INTO dynamodb_items VALUES (?, ?, ?, ?, ?)"
_GET = "SELECT size, item FROM dynamodb_items WHERE table_id = ? AND hash = ? AND range = ?"


def get(store: Store, table: Table, key: Key) -> Row | None:
    """The item with that key."""
    return store.one(_GET, (table.id, key.hash, key.range), Row)


def put(store: Store, table: Table, key: Key, size: int, item: bytes) -> None:
    """Write an item, in place of the one with its key."""
    store.run(_PUT, (table.id, key.hash, key.range, size, item))


def delete(store: Store, table: Table, key: Key) -> None:
    """Remove an item."""
    store.run(
        "DELETE FROM dynamodb_items WHERE table_id = ? AND hash = ? AND range = ?", (table.id, key.hash, key.range)
    )


def count(store: Store, table: Table, slot: int, items: int, size: int) -> None:
    """Add to what the table (slot 0) or an index holds."""
    store.run(
        "UPDATE dynamodb_counts SET items = items + ?, bytes = bytes + ? WHERE table_id = ? AND slot = ?",
        (items, size, table.id, slot),
    )


def add_entry(store: Store, table: Table, index: Index, entry: Key, base: Key) -> int:
    """Put an item into an index; how many entries that added."""
    return store.run(
        "INSERT OR IGNORE INTO dynamodb_index_entries VALUES (?, ?, ?, ?, ?, ?)",
        (table.id, index.slot, entry.hash, entry.range, base.hash, base.range),
    )


def drop_entry(store: Store, table: Table, index: Index, entry: Key, base: Key) -> int:
    """Take an item out of an index; how many entries that were."""
    return store.run(
        "DELETE FROM dynamodb_index_entries WHERE table_id = ? AND slot = ? AND hash = ? AND range = ?"
        " AND base_hash = ? AND base_range = ?",
        (table.id, index.slot, entry.hash, entry.range, base.hash, base.range),
    )


def collection_size(store: Store, table: Table, hashed: bytes) -> int:
    """The bytes of all items with one partition key."""
    return store.one(
        "SELECT coalesce(sum(size), 0) FROM dynamodb_items WHERE table_id = ? AND hash = ?", (table.id, hashed)
    )[0]


# ---- Reading in order -----------------------------------------------------------------------------------------------
#
# Every row is (size, item).


def query(
    store: Store,
    table: Table,
    index: Index | None,
    hashed: bytes,
    test: KeyRange | None,
    start: Start | None,
    forward: bool,
) -> Iterator[tuple[int, bytes]]:
    """The items with one partition key, in the order of their sort keys."""
    column = "i.range" if index is None else "e.range"
    lower, upper = _bounds(test)
    direction, past = ("ASC", ">") if forward else ("DESC", "<")
    if index is None:
        sql = "SELECT i.size, i.item FROM dynamodb_items i WHERE i.table_id = ? AND i.hash = ?"
        params: list[Any] = [table.id, hashed]
        order = f"i.range {direction}"
    else:
        sql = f"{_INDEXED} e.table_id = ? AND e.slot = ? AND e.hash = ?"
        params = [table.id, index.slot, hashed]
        order = f"e.range {direction}, e.base_hash {direction}, e.base_range {direction}"
    if start is not None:  # it lies within the bounds, so the one behind it says nothing, and would only mislead SQLite
        lower, upper = (None, upper) if forward else (lower, None)
    for bound in (lower, upper):
        if bound is not None:
            sql += f" AND {column} {bound[0]} ?"
            params.append(bound[1])
    if start is not None and start.entry is not None and index is not None:
        sql += f" AND (e.range, e.base_hash, e.base_range) {past} (?, ?, ?)"
        params += [start.entry.range, start.base.hash, start.base.range]
    elif start is not None:
        sql += f" AND i.range {past} ?"
        params.append(start.base.range)
    return store.each(f"{sql} ORDER BY {order}", params)


_INDEXED = (
    "SELECT i.size, i.item FROM dynamodb_index_entries e CROSS JOIN dynamodb_items i"
    " ON i.table_id = e.table_id AND i.hash = e.base_hash AND i.range = e.base_range WHERE"
)


_Bound = tuple[str, bytes] | None


def _bounds(test: KeyRange | None) -> tuple[_Bound, _Bound]:
    """The lower and the upper bound of the sort key, each as a comparison."""
    if test is None:
        return None, None
    first = test.operands[0]
    if test.operator in (">", ">="):
        return (test.operator, first), None
    if test.operator in ("<", "<="):
        return None, (test.operator, first)
    if test.operator == "WITHIN":
        return (">=", first), ("<", test.operands[1]) if len(test.operands) > 1 else None
    if test.operator == "begins_with":
        end = keys.successor(first)
        return (">=", first), None if end is None else ("<", end)
    return (">=", first), ("<=", test.operands[-1])


def scan(
    store: Store, table: Table, index: Index | None, start: Start | None, first: bytes | None, last: bytes | None
) -> Iterator[tuple[int, bytes]]:
    """All items of a table or index whose partition keys lie from `first` up to `last`, past `start`."""
    alias = "i" if index is None else "e"
    if index is None:
        sql = "SELECT i.size, i.item FROM dynamodb_items i WHERE i.table_id = ?"
        params: list[Any] = [table.id]
        order = "i.hash, i.range"
    else:
        sql = f"{_INDEXED} e.table_id = ? AND e.slot = ?"
        params = [table.id, index.slot]
        order = "e.hash, e.range, e.base_hash, e.base_range"
    if start is not None and start.entry is not None and index is not None:
        sql += f" AND ({order}) > (?, ?, ?, ?)"
        params += [start.entry.hash, start.entry.range, start.base.hash, start.base.range]
    elif start is not None:
        sql += f" AND ({order}) > (?, ?)"
        params += [start.base.hash, start.base.range]
    elif first is not None:
        sql += f" AND {alias}.hash >= ?"
        params.append(first)
    if last is not None:
        sql += f" AND {alias}.hash < ?"
        params.append(last)
    return store.each(f"{sql} ORDER BY {order}", params)


def after(store: Store, table_id: int, start: Key, limit: int) -> list[tuple[bytes, bytes, int, bytes]]:
    """Up to `limit` items (hash, range, size, item) past a place, for work in steps."""
    return store.all(
        "SELECT hash, range, size, item FROM dynamodb_items WHERE table_id = ? AND (hash, range) > (?, ?)"
        " ORDER BY hash, range LIMIT ?",
        (table_id, start.hash, start.range, limit),
    )


# ---- Expiry ---------------------------------------------------------------------------------------------------------


def add_expiry(store: Store, table: Table, due: float, key: Key) -> None:
    """Remember when an item expires."""
    store.run("INSERT OR IGNORE INTO dynamodb_expiries VALUES (?, ?, ?, ?)", (table.id, due, key.hash, key.range))


def drop_expiry(store: Store, table: Table, due: float, key: Key) -> None:
    """Forget that an item expires."""
    store.run(
        "DELETE FROM dynamodb_expiries WHERE table_id = ? AND due = ? AND hash = ? AND range = ?",
        (table.id, due, key.hash, key.range),
    )


def next_expiry(store: Store, table: Table) -> float | None:
    """When the first item of the table expires."""
    row = store.one("SELECT due FROM dynamodb_expiries WHERE table_id = ? ORDER BY due LIMIT 1", (table.id,))
    return None if row is None else row[0]


def expired(store: Store, table: Table, now: float, limit: int) -> list[tuple[float, Key]]:
    """Up to `limit` items that have expired, the earliest first."""
    rows = store.all(
        "SELECT due, hash, range FROM dynamodb_expiries WHERE table_id = ? AND due <= ? ORDER BY due LIMIT ?",
        (table.id, now, limit),
    )
    return [(due, Key(hashed, ranged)) for due, hashed, ranged in rows]
