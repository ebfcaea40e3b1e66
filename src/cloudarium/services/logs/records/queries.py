"""Queries of Logs Insights, their results, and saved queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_QUERY = "id, account, region, text, groups, first, last, most, created, status, scanned, matched, bytes, problem"
MOST_BYTES = 256 * 1024 * 1024  # of the results of all queries
_PORTION = 20  # queries that are forgotten at a time
_DEFINITION = "id, name, text, groups, parameters, modified"


class StoredQuery(NamedTuple):
    """A query that was started; `groups` is JSON of ids and names, `most` the limit of the call."""

    id: str
    account: str
    region: str
    text: str
    groups: str
    first: int
    last: int
    most: int | None
    created: int
    status: str
    scanned: int = 0
    matched: int = 0
    bytes: int = 0
    problem: str | None = None


class Definition(NamedTuple):
    """A saved query; groups and parameters are JSON."""

    id: str
    name: str
    text: str
    groups: str
    parameters: str
    modified: int


def add_query(store: Store, query: StoredQuery) -> None:
    """Keep a query that starts."""
    store.run(f"INSERT INTO logs_queries ({_QUERY}) VALUES ({', '.join('?' * len(query))})", query)


def find_query(store: Store, scope: Scope, query_id: str) -> StoredQuery | None:
    """The query of that id in the scope."""
    sql = f"SELECT {_QUERY} FROM logs_queries WHERE id = ? AND account = ? AND region = ?"
    return store.one(sql, (query_id, *scope), StoredQuery)


def queries(store: Store, scope: Scope, before: tuple[int, str] | None, limit: int) -> list[StoredQuery]:
    """Queries, the latest first, older than (created, id)."""
    return store.all(
        f"SELECT {_QUERY} FROM logs_queries WHERE account = ? AND region = ? AND (created, id) < (?, ?)"
        " ORDER BY created DESC, id DESC LIMIT ?",
        (*scope, *(before or ((1 << 62), "")), limit),
        StoredQuery,
    )


def running(store: Store, scope: Scope) -> int:
    """How many queries are under way."""
    sql = "SELECT count(*) FROM logs_queries WHERE account = ? AND region = ? AND status IN ('Scheduled', 'Running')"
    return store.one(sql, scope)[0]


def status_of(store: Store, query_id: str) -> str | None:
    """How far a query is, None when it was forgotten."""
    row = store.one("SELECT status FROM logs_queries WHERE id = ?", (query_id,))
    return row and row[0]


def set_status(store: Store, query_id: str, status: str, problem: str | None = None) -> None:
    """Say how far a query is."""
    store.run("UPDATE logs_queries SET status = ?, problem = ? WHERE id = ?", (status, problem, query_id))


def complete(store: Store, query_id: str, counts: tuple[int, int, int], pages: Sequence[tuple[int, bytes]]) -> None:
    """Keep what a query found; `counts` are the records scanned and matched, and the bytes."""
    _drop_results(store, query_id)
    for at, (rows, data) in enumerate(pages):
        store.run(
            "INSERT INTO logs_query_results (query, page, rows, data) VALUES (?, ?, ?, ?)", (query_id, at, rows, data)
        )
    store.run(
        "UPDATE logs_queries SET status = 'Complete', scanned = ?, matched = ?, bytes = ? WHERE id = ?",
        (*counts, query_id),
    )
    _volume(store, sum(len(data) for _, data in pages))


def forget_too_much(store: Store, besides: str, most: int = MOST_BYTES) -> None:
    """Forget the queries that were asked first until the results of all take no more than `most` bytes."""
    sql = (
        "SELECT id FROM logs_queries WHERE status NOT IN ('Scheduled', 'Running') AND id <> ?"
        " ORDER BY created, id LIMIT ?"
    )
    while _volume(store, 0) > most:
        first = store.all(sql, (besides, _PORTION))
        for (query_id,) in first:
            forget_query(store, query_id)
        if len(first) < _PORTION:
            return


def _volume(store: Store, grown: int) -> int:
    """Add to the bytes of all results; how many they are now."""
    sql = "SELECT coalesce(sum(length(data)), 0) FROM logs_query_results"
    return store.volumes.add("query results", grown, lambda: store.one(sql)[0])


def _drop_results(store: Store, query_id: str) -> None:
    size = store.one("SELECT coalesce(sum(length(data)), 0) FROM logs_query_results WHERE query = ?", (query_id,))[0]
    if store.run("DELETE FROM logs_query_results WHERE query = ?", (query_id,)):
        _volume(store, -size)


def result_pages(store: Store, query_id: str, first: int, last: int) -> list[tuple[int, int, bytes]]:
    """Pages of results by number: (page, rows, data)."""
    sql = "SELECT page, rows, data FROM logs_query_results WHERE query = ? AND page BETWEEN ? AND ? ORDER BY page"
    return store.all(sql, (query_id, first, last))


def forget_older(store: Store, scope: Scope, kept: int) -> None:
    """Forget all queries that have ended but the `kept` newest of those that were started."""
    older = store.all(
        "SELECT id FROM logs_queries WHERE account = ? AND region = ? AND status NOT IN ('Scheduled', 'Running')"
        " AND id IN (SELECT id FROM logs_queries WHERE account = ? AND region = ?"
        " ORDER BY created DESC, id DESC LIMIT -1 OFFSET ?)",
        (*scope, *scope, kept),
    )
    for (query_id,) in older:
        forget_query(store, query_id)


def forget_query(store: Store, query_id: str) -> None:
    """Forget a query with its results."""
    _drop_results(store, query_id)
    store.run("DELETE FROM logs_queries WHERE id = ?", (query_id,))


# ---- Saved queries --------------------------------------------------------------------------------------------------


def put_definition(store: Store, scope: Scope, definition: Definition) -> None:
    """Keep a saved query in place of the one with that id."""
    columns = f"account, region, {_DEFINITION}"
    store.run(
        f"INSERT OR REPLACE INTO logs_query_definitions ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*scope, *definition),
    )


def find_definition(store: Store, scope: Scope, definition_id: str) -> Definition | None:
    """The saved query of that id."""
    sql = f"SELECT {_DEFINITION} FROM logs_query_definitions WHERE account = ? AND region = ? AND id = ?"
    return store.one(sql, (*scope, definition_id), Definition)


def definitions(store: Store, scope: Scope, prefix: str, after: tuple[Any, ...], limit: int) -> list[Definition]:
    """Saved queries by name, behind (name, id)."""
    return store.all(
        f"SELECT {_DEFINITION} FROM logs_query_definitions WHERE account = ? AND region = ?"
        " AND name >= ? AND name < ? AND (name, id) > (?, ?) ORDER BY name, id LIMIT ?",
        (*scope, prefix, prefix + "\U0010ffff", *after, limit),
        Definition,
    )


def count_definitions(store: Store, scope: Scope) -> int:
    """How many saved queries there are."""
    return store.one("SELECT count(*) FROM logs_query_definitions WHERE account = ? AND region = ?", scope)[0]


def remove_definition(store: Store, scope: Scope, definition_id: str) -> bool:
    """Forget a saved query; whether there was one."""
    sql = "DELETE FROM logs_query_definitions WHERE account = ? AND region = ? AND id = ?"
    return bool(store.run(sql, (*scope, definition_id)))
