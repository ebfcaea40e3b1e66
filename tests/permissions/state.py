"""What a cloud on disk keeps, looked at from outside: has a call changed anything?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from cloudarium.store.database import FILE

# The journal and its parts are the record of every call, denied ones too, and metrics count them;
# sqlite_sequence counts its rows, volumes its bytes.
BESIDES = ("journal", "cloudwatch_metrics", "cloudwatch_points", "sqlite_sequence", "volumes")
_TIMERS_OF_METRICS = "service = 'cloudwatch' AND kind IN ('GrowOld', 'ReadGauges')"  # written when metrics are


class State:
    """Two read-only connections to the cloud's database: one holds the state before, the other sees the one after."""

    def __init__(self, folder: Path) -> None:
        flags = apsw.SQLITE_OPEN_READONLY
        self._before, self._after = (apsw.Connection(str(folder / FILE), flags=flags) for _ in range(2))

    def __enter__(self) -> State:
        return self

    def __exit__(self, *error: object) -> None:
        self._before.close()
        self._after.close()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing that the cloud keeps changes inside; the tables are read only when something was written at all."""
        self._before.execute("BEGIN")
        self._before.execute("SELECT count(*) FROM sqlite_master").fetchall()  # the snapshot is taken by the first read
        version = _version(self._after)
        try:
            yield
            if _version(self._after) != version:
                changed = sorted(_tables(self._before).items() ^ _tables(self._after).items())
                assert not changed, f"the call changed {sorted({name for name, _ in changed})}"
        finally:
            self._before.execute("ROLLBACK")


def _version(connection: apsw.Connection) -> int:
    """A number that changes with every commit of another connection."""
    return connection.execute("PRAGMA data_version").fetchall()[0][0]


def _tables(connection: apsw.Connection) -> dict[str, str]:
    """A digest of each table's rows."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    return {name: _digest(connection, name) for (name,) in names.fetchall() if not name.startswith(BESIDES)}


def _digest(connection: apsw.Connection, table: str) -> str:
    which = f"WHERE NOT ({_TIMERS_OF_METRICS})" if table == "outbox" else ""
    rows = connection.execute(f'SELECT * FROM "{table}" {which}').fetchall()
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()
