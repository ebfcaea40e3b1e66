"""Work over all items of a table: at once when they are few, else in steps in the background."""

from __future__ import annotations

import copy

from cloudarium.services.dynamodb import measuring
from cloudarium.services.dynamodb.operations.changes import Writer
from cloudarium.services.dynamodb.records import items, tables
from cloudarium.services.dynamodb.rules import values
from cloudarium.services.dynamodb.rules.capacity import WRITE_UNIT
from cloudarium.services.dynamodb.rules.definition import Index, Table
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.services.dynamodb.rules.values import Item

STEP = 500
BEGINNING = Key(b"", b"")


def begin(call: Writer, table: Table) -> None:
    """Fill the indexes that an update has made."""
    for index in table.indexes:
        if index.backfilling:
            advance_index(call, table, index, BEGINNING)


def advance_index(call: Writer, table: Table, index: Index, start: Key, done: int = 0) -> None:
    """Put the next items into an index, behind the `done` first; leave the rest for later, or the index ACTIVE."""
    rows = items.after(call.store, table.id, start, STEP)
    added = size = units = 0
    for hashed, ranged, row_size, stored in rows:
        entry = index.key_of(values.load(stored))
        if entry is not None and items.add_entry(call.store, table, index, entry, Key(hashed, ranged)):
            added, size, units = added + 1, size + row_size, units - -row_size // WRITE_UNIT
    if added:
        items.count(call.store, table, index.slot, added, size)
    done += len(rows)
    whole = max(tables.counts(call.store, table)[0].items, done, 1)
    measuring.filled(call.cloud, call.now, table, index.name, done / whole if len(rows) == STEP else 1.0, units)
    if len(rows) == STEP:
        place = [rows[-1][0].hex(), rows[-1][1].hex()]
        left = {"table": table.id, "slot": index.slot, "after": place, "done": done}
        call.later("FillIndex", left, key=f"{table.id}.{index.slot}")
        return
    made = copy.deepcopy(table.definition)
    for record in made["GlobalSecondaryIndexes"]:
        if record["Slot"] == index.slot:
            record.pop("Backfilling", None)
    tables.replace(call.store, table, made)


def advance_expiries(call: Writer, table: Table, start: Key) -> None:
    """Note when the next items expire; leave the rest for later."""
    rows = items.after(call.store, table.id, start, STEP)
    for hashed, ranged, _, stored in rows:
        item: Item = values.load(stored)
        due = table.due(item)
        if due is not None:
            items.add_expiry(call.store, table, due, Key(hashed, ranged))
    first = items.next_expiry(call.store, table)
    if first is not None:
        call.later("ExpireItems", {"table": table.id}, due=max(first, call.now), key=str(table.id))
    if len(rows) == STEP:
        place = [rows[-1][0].hex(), rows[-1][1].hex()]
        call.later("FindExpiries", {"table": table.id, "after": place}, key=str(table.id))
