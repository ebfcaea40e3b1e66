"""Rows of the keys under which outsiders may answer, and of what they answered."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.shared.scope import Scope
from cloudarium.store import Store


class Key(NamedTuple):
    """Who waits behind a key of the door."""

    key: str
    account: str
    region: str
    stack: str
    logical: str
    kind: str

    @property
    def scope(self) -> Scope:
        """Whose and where."""
        return Scope(self.account, self.region)


def add_key(store: Store, key: Key) -> None:
    """Let the door know a key; knowing it already is no error."""
    store.run("INSERT OR REPLACE INTO cloudformation_signal_keys VALUES (?, ?, ?, ?, ?, ?)", key)


def find_key(store: Store, key: str) -> Key | None:
    """Who waits behind this key."""
    return store.one("SELECT * FROM cloudformation_signal_keys WHERE key = ?", (key,), Key)


def add(store: Store, key: Key, unique_id: str, body: str) -> bool:
    """Record a signal; whether it is the first with its unique id."""
    return bool(
        store.run(
            "INSERT OR IGNORE INTO cloudformation_signals VALUES (?, ?, ?, ?, ?)",
            (key.key, unique_id, key.stack, key.logical, body),
        )
    )


def of(store: Store, key: str) -> list[tuple[str, str]]:
    """(unique id, body) of the signals that came for a key."""
    return store.all("SELECT unique_id, body FROM cloudformation_signals WHERE key = ? ORDER BY unique_id", (key,))


def remove(store: Store, key: str) -> None:
    """Forget a key and its signals."""
    store.run("DELETE FROM cloudformation_signal_keys WHERE key = ?", (key,))
    store.run("DELETE FROM cloudformation_signals WHERE key = ?", (key,))
