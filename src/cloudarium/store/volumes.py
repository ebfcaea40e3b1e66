"""How many bytes each kind of telemetry takes, so that it can be kept within a budget without being counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudarium.store.database import Store


class Volumes:
    """The bytes by kind; whoever adds or removes rows says so in the same transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, kind: str, size: int, count: Callable[[], int]) -> int:
        """Add bytes (or take them off, when `size` is negative); how many it are now.

        `count` counts them as they are after that: once, where nobody did so before.
        """
        store = self._store
        row = store.one("SELECT bytes FROM volumes WHERE kind = ?", (kind,))
        now = count() if row is None else max(0, row[0] + size)
        if row is None or size:
            store.run("INSERT OR REPLACE INTO volumes VALUES (?, ?)", (kind, now))
        return int(now)
