"""Format 3: what many entries of the journal share is kept once, as their kind."""

from __future__ import annotations

from pathlib import Path

import apsw

_SHARED = "account, region, service, operation, principal, access_key, error, signed, source, agent"
_OWN = "request_id, parent, trace, started, micros, status, bytes_in, bytes_out, decision"

_TABLES = """
CREATE TABLE journal (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    parent     TEXT NOT NULL,
    trace      TEXT NOT NULL,
    started    REAL NOT NULL,
    micros     INTEGER NOT NULL,
    status     INTEGER NOT NULL,
    bytes_in   INTEGER NOT NULL,
    bytes_out  INTEGER NOT NULL,
    decision   BLOB NOT NULL
);
CREATE TABLE journal_kinds (
    id         INTEGER PRIMARY KEY,
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    service    TEXT NOT NULL,
    operation  TEXT NOT NULL,
    principal  TEXT NOT NULL,
    access_key TEXT NOT NULL,
    error      TEXT NOT NULL,
    signed     INTEGER NOT NULL,
    source     TEXT NOT NULL,
    agent      TEXT NOT NULL,
    last       INTEGER NOT NULL,
    UNIQUE (principal, access_key, operation, service, account, region, error, signed, source, agent)
);
"""


def migrate(connection: apsw.Connection, folder: Path) -> None:
    """Take the journal's entries over, and give each its kind."""
    if not connection.table_exists("main", "journal") or connection.table_exists("main", "journal_kinds"):
        return
    connection.execute("ALTER TABLE journal RENAME TO journal_of_2")
    for name in ("journal_request", "journal_failed", "journal_failed_trace"):
        connection.execute(f"DROP INDEX IF EXISTS {name}")
    connection.execute(_TABLES)
    connection.execute(
        f"INSERT INTO journal_kinds ({_SHARED}, last)"
        f" SELECT {_SHARED}, max(number) FROM journal_of_2 GROUP BY {_SHARED}"
    )
    connection.execute(
        f"INSERT INTO journal (number, kind, {_OWN}) SELECT number, id, {_OWN}"
        f" FROM journal_of_2 JOIN journal_kinds USING ({_SHARED}) ORDER BY number"
    )
    connection.execute("DROP TABLE journal_of_2")
