"""Checkpoints: what was committed to the write-ahead log moves into the database file, beside the event loop."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import apsw

STEP = 4_000  # pages (of 4 KiB) by which the log grows between two checkpoints
MOST = 16_000  # pages past which the loop itself waits for one


class Checkpoints:
    """Keeps the log short from a thread with a connection of its own, for a checkpoint waits for the disk.

    A passive checkpoint holds up neither readers nor writers, and SQLite keeps it safe against a crash at any moment
    (https://www.sqlite.org/wal.html#ckpt). It cannot catch up with a writer that never rests, and only a log that is
    moved as a whole begins anew: so past `MOST` the writer does it itself and waits.
    """

    def __init__(self, path: Path, on_commit: Callable[[], None] = lambda: None) -> None:
        self._path = path
        self._on_commit = on_commit
        self._last = 0  # the log's length when a checkpoint was last begun
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoints")
        self._running: list[Future[None]] = []  # one at most

    def grown(self, connection: apsw.Connection, name: str, pages: int) -> int:
        """SQLite calls this after each commit with the log's length, in place of its own checkpoints."""
        self._on_commit()
        if pages < self._last:
            self._last = 0  # the log has begun anew
        if pages - self._last >= STEP:
            self._last = pages
            if pages >= MOST:
                wait(self._running)
                _checkpoint(connection)
            elif all(each.done() for each in self._running):
                self._running = [self._thread.submit(self._beside)]
        return apsw.SQLITE_OK

    def close(self) -> None:
        """Wait for the one that runs."""
        self._thread.shutdown()

    def _beside(self) -> None:
        connection = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            _checkpoint(connection)
        finally:
            connection.close()


def _checkpoint(connection: apsw.Connection) -> None:
    with contextlib.suppress(apsw.BusyError, apsw.FullError, apsw.IOError):  # the log keeps all; a later one moves it
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
