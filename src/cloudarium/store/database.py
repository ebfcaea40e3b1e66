"""The SQLite side of the store: one connection, one writer, a transaction per call."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw

from cloudarium.store import folder as folders
from cloudarium.store import migrations
from cloudarium.store.blobs import Blobs
from cloudarium.store.checkpoints import Checkpoints
from cloudarium.store.outbox import Outbox
from cloudarium.store.shrinking import Shrinking, begin, enable
from cloudarium.store.tags import Tags
from cloudarium.store.volumes import Volumes

FILE = "cloud.sqlite"
FORMAT = 3  # of the data folder; a newer one is refused by name, an older one is migrated

_PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -32768;
PRAGMA mmap_size = 268435456;
PRAGMA journal_size_limit = 67108864;
"""

_MOST_KNOWN = 4096  # entries of one cache


class Transaction:
    """The context manager of a store's transactions; it holds nothing, so one serves them all."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> None:
        self._store.enter()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._store.leave(kind is not None)


class Store:
    """Everything the cloud knows, in `folder` (None: a temporary one that is removed at `close`).

    WAL with synchronous=NORMAL: a commit survives the death of the process at once, and a power cut may take the last
    commits but never breaks the file (https://www.sqlite.org/pragma.html#pragma_synchronous).
    Raises FolderUnusable: in use, newer, damaged, or not to be migrated.
    """

    def __init__(self, folder: Path | None, schemas: Sequence[Path] = ()) -> None:
        self.ephemeral = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="cloudarium-"))
        folders.make(self.folder)
        self._lock = folders.lock(self.folder)
        self._depth = 0
        self._transaction = Transaction(self)
        self._begun = False
        self._versions: dict[str, int] = {}
        self._known: dict[str, tuple[int, dict[Any, Any]]] = {}
        self._rollbacks = 0
        self._schemas = [Path(__file__).with_name("schema.sql"), *schemas]
        self._checkpoints = Checkpoints(self.folder / FILE, lambda: self.shrinking.written())
        try:
            self._connection = self._open()
        except BaseException:
            self._checkpoints.close()
            self._lock.close()
            raise
        self.blobs = Blobs(self, self.folder / "blobs")
        self.outbox = Outbox(self)
        self.tags = Tags(self)
        self.volumes = Volumes(self)

    # ---- Statements -------------------------------------------------------------------------------------------------

    def one(self, sql: str, params: Sequence[Any] = (), into: Any = None) -> Any:
        """The first row as a tuple, or as `into` (a NamedTuple class), or None."""
        row = next(self._connection.execute(sql, params), None)
        return row if row is None or into is None else into._make(row)

    def all(self, sql: str, params: Sequence[Any] = (), into: Any = None) -> list[Any]:
        """All rows as tuples, or each as `into` (a NamedTuple class)."""
        rows = self._connection.execute(sql, params)
        return list(rows) if into is None else list(map(into._make, rows))

    def each(self, sql: str, params: Sequence[Any] = (), into: Any = None) -> Iterator[Any]:
        """The rows one by one, for readers that stop early. Not to be held across an await."""
        rows = self._connection.execute(sql, params)
        return iter(rows) if into is None else map(into._make, rows)

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Change rows and say how many; the first one inside `transaction` begins it."""
        if self._depth and not self._begun:
            self.begin()
        self._connection.execute(sql, params)
        return self._connection.changes()

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Do the same change once for each row of parameters, within a transaction."""
        with self._transaction:
            self.begin()
            self._connection.executemany(sql, rows)

    @property
    def last_id(self) -> int:
        """The rowid of the last row that was inserted."""
        return self._connection.last_insert_rowid()

    @property
    def in_transaction(self) -> bool:
        """Whether a `transaction` block is open."""
        return self._depth > 0

    def transaction(self) -> Transaction:
        """All or nothing of what `run` does inside; an inner transaction is part of the outer one. Never awaits."""
        return self._transaction

    def enter(self) -> None:
        """What `with transaction()` does first; nothing reaches the file before the first `run`."""
        self._depth += 1

    def begin(self) -> None:
        """Begin the transaction before its first `run`: what is read in between then costs less."""
        if self._depth and not self._begun:
            self._connection.execute("BEGIN IMMEDIATE")
            self._begun = True

    def leave(self, failed: bool) -> None:
        """What `with transaction()` does last: the outermost one commits or takes everything back."""
        self._depth -= 1
        if self._depth == 0 and (self._begun or failed):  # else nothing was recorded
            self._end("ROLLBACK" if failed else "COMMIT")

    def _end(self, word: str) -> None:
        if word == "ROLLBACK" and self._begun:
            self._rollbacks += 1  # a call that failed before it wrote anything spoils no cache
        if self._begun:
            self._begun = False
            try:
                if word == "COMMIT" or self._connection.in_transaction:  # SQLite itself rolls back on a full disk
                    self._connection.execute(word)
            except apsw.Error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self._rollbacks += 1
                self.blobs.after_rollback()
                raise
        if word == "COMMIT":
            self.blobs.after_commit()
            self.outbox.after_commit()
        else:
            self.blobs.after_rollback()

    # ---- Versions: for what is cached in memory ---------------------------------------------------------------------

    def changed(self, topic: str) -> None:
        """Say that what is known about `topic` has changed, so that caches over it look again."""
        self._versions[topic] = self._versions.get(topic, 0) + 1

    def version(self, topic: str) -> int:
        """A number that grows with every change of `topic`; what a rolled-back transaction showed counts as changed."""
        return self._versions.get(topic, 0) + self._rollbacks

    def versions(self, one: str, other: str) -> int:
        """A number that grows with every change of either topic."""
        find = self._versions.get
        return find(one, 0) + find(other, 0) + self._rollbacks

    def known(self, topic: str) -> dict[Any, Any]:
        """A cache over `topic`, for what is asked several times in every call: empty after every change of it."""
        version = self.version(topic)
        known = self._known.get(topic)
        if known is None or known[0] != version or len(known[1]) > _MOST_KNOWN:
            known = self._known[topic] = (version, {})
        return known[1]

    # ---- Life -------------------------------------------------------------------------------------------------------

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.folder / FILE), statementcachesize=512)
        connection.set_busy_timeout(10_000)
        # Else SQLite plans a statement anew whenever a bound value could lead to another plan: 10 µs per look-up.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        self.shrinking = Shrinking(connection)
        begin(connection)
        list(connection.execute(_PRAGMAS))  # a cursor stops at each answer: only reading on runs the rest
        connection.set_wal_hook(self._checkpoints.grown)
        try:
            self._prepare(connection)
            enable(connection, FILE)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: apsw.Connection) -> None:
        """Bring the tables to what the schemas say, from an older format by its migrations; all or nothing."""
        text = "\n".join(path.read_text() for path in self._schemas)
        digest = hashlib.sha256(text.encode()).hexdigest()
        todo: list[migrations.Step] = []
        old = FORMAT
        if connection.table_exists("main", "meta"):
            known = dict(connection.execute("SELECT name, value FROM meta"))
            old = _format(self.folder, known)
            if old > FORMAT:
                raise folders.NewerFolder(
                    f"{self.folder} was written by a newer Cloudarium (format {old}; this one knows {FORMAT})"
                )
            if known.get("schema") == digest and old == FORMAT:
                return
            todo = migrations.steps(old, FORMAT)
        else:
            folders.refuse_lost_database(self.folder, FILE)
        if todo:
            migrations.keep_copy(connection, self.folder, FILE, old, FORMAT)
        with connection:
            migrations.migrate(connection, self.folder, old, todo)
            list(connection.execute(text))
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?), ('format', ?)", (digest, str(FORMAT)))

    def setting(self, name: str) -> str | None:
        """A remembered setting of the cloud itself, such as the clock's offset."""
        row = self.one("SELECT value FROM meta WHERE name = ?", (name,))
        return row and row[0]

    def remember(self, name: str, value: str) -> None:
        """Keep a setting of the cloud itself."""
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def empty(self) -> None:
        """Forget everything: all rows of all tables and all blobs."""
        tables = self.all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        with self.transaction():
            for (table,) in tables:
                if table != "meta":
                    self.run(f'DELETE FROM "{table}"')
        self.blobs.forget_all()  # rows first: a crash in between leaves files that the next start sweeps away
        self._rollbacks += 1  # every cache looks again

    def close(self) -> None:
        """Close the file; a temporary folder goes away."""
        self.shrinking.stop()
        self._checkpoints.close()
        self._connection.close()
        self._lock.close()
        if self.ephemeral:
            shutil.rmtree(self.folder, ignore_errors=True)


def _format(folder: Path, known: dict[Any, Any]) -> int:
    try:
        return int(known.get("format", FORMAT))
    except ValueError as error:
        raise folders.DamagedFolder(f"{folder} does not say of which format it is: {known['format']!r}") from error
