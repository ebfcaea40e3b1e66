"""Tables, and how much they hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from cloudarium.services.dynamodb.rules.definition import Table, compile_table
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

MOST_STEPS = 500  # rows that one step of long work touches


class Count(NamedTuple):
    """How many items, and their bytes, a table or an index holds."""

    items: int
    bytes: int


TOPIC = "dynamodb tables"


def find(store: Store, scope: Scope, name: str) -> Table | None:
    """The table of that name; looked up once until any table changes."""
    known = store.known(TOPIC)
    table: Table | None = known.get((scope, name))
    if table is None:
        table = _find(store, scope, name)
        if table is not None:
            known[scope, name] = table
    return table


def _find(store: Store, scope: Scope, name: str) -> Table | None:
    row = store.one(
        "SELECT id, definition FROM dynamodb_tables WHERE account = ? AND region = ? AND name = ?",
        (scope.account, scope.region, name),
    )
    return None if row is None else compile_table(row[0], scope.account, scope.region, name, row[1])


def with_policy_on(store: Store, text: str) -> list[Table]:
    """The tables, of all accounts, in whose resource policies a text occurs."""
    sql = (
        "SELECT id, account, region, name, definition FROM dynamodb_tables"
        " WHERE instr(json_extract(CAST(definition AS TEXT), '$.ResourcePolicy.Policy'), ?)"
    )
    return [compile_table(*row) for row in store.all(sql, (text,))]


def by_id(store: Store, id: int) -> Table | None:
    """The table with that id, None when it is gone."""
    row = store.one("SELECT account, region, name, definition FROM dynamodb_tables WHERE id = ?", (id,))
    return None if row is None else compile_table(id, *row)


def add(store: Store, scope: Scope, name: str, definition: dict[str, Any]) -> Table:
    """Record a new table with no items."""
    text = orjson.dumps(definition)
    store.run(
        "INSERT INTO dynamodb_tables (account, region, name, definition) VALUES (?, ?, ?, ?)",
        (scope.account, scope.region, name, text),
    )
    table = compile_table(store.last_id, scope.account, scope.region, name, text)
    store.changed(TOPIC)
    for slot in (0, *(index.slot for index in table.indexes)):
        add_slot(store, table.id, slot)
    return table


def add_slot(store: Store, table_id: int, slot: int) -> None:
    """Begin to count what a table (slot 0) or an index holds."""
    store.run("INSERT INTO dynamodb_counts VALUES (?, ?, 0, 0)", (table_id, slot))


def replace(store: Store, table: Table, definition: dict[str, Any]) -> Table:
    """Record a table's changed definition."""
    text = orjson.dumps(definition)
    store.run("UPDATE dynamodb_tables SET definition = ? WHERE id = ?", (text, table.id))
    store.changed(TOPIC)
    return compile_table(table.id, table.scope.account, table.scope.region, table.name, text)


def remove(store: Store, table: Table) -> None:
    """Forget a table; its rows elsewhere, which nobody sees any more, go with `empty_step`."""
    store.run("DELETE FROM dynamodb_tables WHERE id = ?", (table.id,))
    store.run("DELETE FROM dynamodb_counts WHERE table_id = ?", (table.id,))
    store.changed(TOPIC)


def names(store: Store, scope: Scope, after: str, limit: int) -> list[str]:
    """Up to `limit` names of tables in order, from the first past `after`."""
    rows = store.all(
        "SELECT name FROM dynamodb_tables WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?",
        (scope.account, scope.region, after, limit),
    )
    return [name for (name,) in rows]


def scopes(store: Store) -> list[Scope]:
    """The accounts and regions with a table."""
    return [Scope(*row) for row in store.all("SELECT DISTINCT account, region FROM dynamodb_tables")]


def definitions(store: Store, scope: Scope) -> list[dict[str, Any]]:
    """What all tables of an account in a region are defined as."""
    rows = store.all("SELECT definition FROM dynamodb_tables WHERE account = ? AND region = ?", scope)
    return [orjson.loads(text) for (text,) in rows]


def how_many(store: Store, scope: Scope) -> int:
    """How many tables the account has in the region."""
    return store.one(
        "SELECT count(*) FROM dynamodb_tables WHERE account = ? AND region = ?", (scope.account, scope.region)
    )[0]


def counts(store: Store, table: Table) -> dict[int, Count]:
    """What the table (slot 0) and each of its indexes hold."""
    rows = store.all("SELECT slot, items, bytes FROM dynamodb_counts WHERE table_id = ?", (table.id,))
    return {slot: Count(items, size) for slot, items, size in rows}


def empty_step(store: Store, table_id: int, tables: Iterable[str], slot: int | None = None) -> bool:
    """Remove some rows of a table that is gone (or of one index of it); whether there were any."""
    for name in tables:
        keys = "slot, hash, range, base_hash, base_range" if name == "dynamodb_index_entries" else "hash, range"
        keys = {"dynamodb_expiries": "due, hash, range", "dynamodb_changes": "sequence"}.get(name, keys)
        which = "" if slot is None else " AND slot = ?"
        given = (table_id,) if slot is None else (table_id, slot)
        if store.run(
            f"DELETE FROM {name} WHERE table_id = ? AND ({keys}) IN"
            f" (SELECT {keys} FROM {name} WHERE table_id = ?{which} LIMIT {MOST_STEPS})",
            (table_id, *given),
        ):
            return True
    return False


def drop_slot(store: Store, table_id: int, slot: int) -> None:
    """Stop counting an index."""
    store.run("DELETE FROM dynamodb_counts WHERE table_id = ? AND slot = ?", (table_id, slot))
