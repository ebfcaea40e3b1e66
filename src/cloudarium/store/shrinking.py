"""The database file gives back what was deleted: in small steps on the event loop, while nothing else waits for long.

SQLite reuses free pages, but keeps them. The file is one that can give them back a few at a time
(https://www.sqlite.org/pragma.html#pragma_incremental_vacuum); some are left for what comes next.
"""

from __future__ import annotations

import asyncio
import logging

import apsw

log = logging.getLogger("cloudarium")

LEFT = 4096  # free pages (of 4 KiB) that are left, and at least one of so many:
_ONE_OF = 4
STEP = 32  # pages that are given back at once
_PAUSE = 0.02  # seconds between steps
_LATER = 5.0  # seconds after something was written
_INCREMENTAL = 2
_ENABLE = f"PRAGMA auto_vacuum = {_INCREMENTAL}"


def begin(connection: apsw.Connection) -> None:
    """Have the pages of a file that has none yet given back step by step."""
    if not next(connection.execute("PRAGMA page_count"))[0]:  # saying it again would write to the file
        connection.execute(_ENABLE)


def enable(connection: apsw.Connection, name: str) -> None:
    """Have an older file written anew, once, so that its pages can be given back step by step."""
    if next(connection.execute("PRAGMA auto_vacuum"))[0] == _INCREMENTAL:
        return
    log.info("%s is written anew, so that it can give back room from now on", name)
    try:
        connection.execute(_ENABLE)
        connection.execute("VACUUM")
    except apsw.Error as error:  # there may be no room for two of it; the next start tries again
        log.warning("%s stays as it was: %s", name, error)


class Shrinking:
    """Gives free pages back, some time after something was written."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin; to be called on the event loop."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """Give back no more."""
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()

    def written(self) -> None:
        """Something was written: there may be free pages in a while."""
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(_LATER, self._begin)

    def step(self) -> bool:
        """Give back some pages if more are free than are left; whether there are more."""
        free, pages = (next(self._connection.execute(f"PRAGMA {name}"))[0] for name in ("freelist_count", "page_count"))
        surplus = free - max(LEFT, pages // _ONE_OF)
        if surplus <= 0 or self._connection.in_transaction:
            return False
        list(self._connection.execute(f"PRAGMA incremental_vacuum({min(STEP, surplus)})"))
        return bool(surplus > STEP)

    def _begin(self) -> None:
        self._timer = None
        try:
            more = self.step()
        except apsw.Error as error:  # a full disk, or somebody else's long transaction
            log.warning("the database cannot give back room now: %s", error)
            return
        if more and self._loop is not None:
            self._timer = self._loop.call_later(_PAUSE, self._begin)
