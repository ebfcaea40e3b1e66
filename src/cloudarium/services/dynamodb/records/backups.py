"""Backups of tables and what is in them."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.services.dynamodb.records.tables import MOST_STEPS
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

HIDDEN = "RESTORE"  # the kind of a copy that is there for one restoration only
_COLUMNS = "id, account, region, table_name, mark, name, kind, created, expires, definition, items, bytes"


class Backup(NamedTuple):
    """A backup: `mark` is its part of the ARN, `definition` the table's when it was made."""

    id: int
    account: str
    region: str
    table: str
    mark: str
    name: str
    kind: str
    created: float
    expires: float | None
    definition: dict[str, Any]
    items: int
    bytes: int

    @property
    def table_arn(self) -> str:
        """The ARN of the table that it is a backup of."""
        return arn.make("dynamodb", Scope(self.account, self.region), f"table/{self.table}")

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"{self.table_arn}/backup/{self.mark}"


def _backup(row: tuple[Any, ...]) -> Backup:
    return Backup._make((*row[:9], orjson.loads(row[9]), *row[10:]))


def add(store: Store, table: Table, mark: str, name: str, kind: str, now: float, expires: float | None = None) -> int:
    """Record a backup of a table without its items; its id."""
    store.run(
        "INSERT INTO dynamodb_backups (account, region, table_name, mark, name, kind, created, expires, definition,"
        " items, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
        (*table.scope, table.name, mark, name, kind, now, expires, orjson.dumps(table.definition)),
    )
    return store.last_id


def fill(store: Store, id: int, table_id: int, moment: float | None = None) -> None:
    """Copy a table's items into a backup: as they are, or as they were at a moment, by the log of changes."""
    if moment is None:
        store.run(
            "INSERT INTO dynamodb_backup_items SELECT ?, hash, range, size, item FROM dynamodb_items"
            " WHERE table_id = ?",
            (id, table_id),
        )
    else:
        # Of a key's changes since, the first says what it was. min() has SQLite take the other columns of its row.
        store.run(
            "WITH since AS (SELECT hash, range, size, item, min(sequence) FROM dynamodb_changes"
            " WHERE table_id = ? AND at > ? GROUP BY hash, range)"
            " INSERT INTO dynamodb_backup_items"
            " SELECT ?, hash, range, size, item FROM since WHERE item IS NOT NULL"
            " UNION ALL SELECT ?, hash, range, size, item FROM dynamodb_items"
            " WHERE table_id = ? AND (hash, range) NOT IN (SELECT hash, range FROM since)",
            (table_id, moment, id, id, table_id),
        )
    store.run(
        "UPDATE dynamodb_backups SET (items, bytes) = (SELECT count(*), coalesce(sum(size), 0)"
        " FROM dynamodb_backup_items WHERE backup_id = ?) WHERE id = ?",
        (id, id),
    )


def find(store: Store, text: str) -> Backup | None:
    """The backup with this ARN, unless it is hidden."""
    parsed = arn.parse(text)
    if parsed is None or parsed.service != "dynamodb":
        return None
    mark = parsed.resource.rpartition("/backup/")[2]
    row = store.one(
        f"SELECT {_COLUMNS} FROM dynamodb_backups WHERE account = ? AND region = ? AND mark = ? AND kind <> ?",
        (parsed.account, parsed.region, mark, HIDDEN),
    )
    found = row and _backup(row)
    return found if found is not None and found.arn == text else None


def by_id(store: Store, id: int) -> Backup | None:
    """The backup with that id."""
    row = store.one(f"SELECT {_COLUMNS} FROM dynamodb_backups WHERE id = ?", (id,))
    return row and _backup(row)


def listed(
    store: Store,
    scope: Scope,
    table: str | None,
    kinds: tuple[str, ...],
    between: tuple[float, float],
    after: int,
    limit: int,
) -> list[Backup]:
    """Up to `limit` backups of one or (None) all tables, made within a time, past the one with an id, in order."""
    which = "" if table is None else " AND table_name = ?"
    places = ", ".join("?" * len(kinds))
    rows = store.all(
        f"SELECT {_COLUMNS} FROM dynamodb_backups WHERE account = ? AND region = ?{which} AND kind IN ({places})"
        " AND created >= ? AND created < ? AND id > ? ORDER BY id LIMIT ?",
        (*scope, *(() if table is None else (table,)), *kinds, *between, after, limit),
    )
    return [_backup(row) for row in rows]


def items_after(store: Store, id: int, start: Key, limit: int) -> list[tuple[bytes, bytes, int, bytes]]:
    """Up to `limit` items (hash, range, size, item) of a backup past a place."""
    return store.all(
        "SELECT hash, range, size, item FROM dynamodb_backup_items WHERE backup_id = ? AND (hash, range) > (?, ?)"
        " ORDER BY hash, range LIMIT ?",
        (id, start.hash, start.range, limit),
    )


def remove(store: Store, id: int) -> None:
    """Forget a backup; its items go with `empty_step`."""
    store.run("DELETE FROM dynamodb_backups WHERE id = ?", (id,))


def empty_step(store: Store, id: int) -> bool:
    """Remove some items of a backup that is gone; whether there may be more."""
    gone = store.run(
        "DELETE FROM dynamodb_backup_items WHERE backup_id = ? AND (hash, range) IN"
        " (SELECT hash, range FROM dynamodb_backup_items WHERE backup_id = ? LIMIT ?)",
        (id, id, MOST_STEPS),
    )
    return bool(gone == MOST_STEPS)


def is_restored(store: Store, id: int) -> bool:
    """Whether a table is being restored from a backup."""
    sql = "SELECT 1 FROM dynamodb_tables WHERE json_extract(CAST(definition AS TEXT), '$.Restoring.From') = ? LIMIT 1"
    return store.one(sql, (id,)) is not None
