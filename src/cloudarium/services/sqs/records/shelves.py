"""Shelves: the numbers that they give, and how many messages stand on them.

Both are known in memory, and worked out anew after a start or a transaction that was taken back. Numbers are set aside
in blocks, so that none is given twice.
"""

from __future__ import annotations

from cloudarium.store import Store

_BLOCK = 1000
_TOPIC = "sqs.shelves"
_BITS = 40  # of a message's key are its number, the rest its shelf


class Shelf:
    """What is known of a shelf: the last number that was given and how far one may go, the messages if counted.

    No message is older than `oldest`, if that is known.
    """

    __slots__ = ("last", "oldest", "reserved", "total")

    def __init__(self, last: int) -> None:
        self.last = self.reserved = last
        self.total: int | None = None
        self.oldest: float | None = None


def add(store: Store, last: int) -> int:
    """A new shelf, whose numbers go on behind `last`."""
    store.run("INSERT INTO sqs_shelves (last) VALUES (?)", (last,))
    return store.last_id


def known(store: Store, shelf: int) -> Shelf:
    """What is known of a shelf."""
    every = store.known(_TOPIC)
    found = every.get(shelf)
    if found is None:
        row = store.one("SELECT last FROM sqs_shelves WHERE id = ?", (shelf,))
        found = every[shelf] = Shelf(row[0] if row else 0)
    return found


def number(store: Store, shelf: int) -> int:
    """The next number of a shelf."""
    found = known(store, shelf)
    if found.last >= found.reserved:
        found.reserved = found.last + _BLOCK
        store.run("UPDATE sqs_shelves SET last = ? WHERE id = ?", (found.reserved, shelf))
    found.last += 1
    return found.last


def key(shelf: int, seq: int) -> int:
    """The key of a message."""
    return shelf << _BITS | seq


def seq_of(key: int) -> int:
    """A message's number on its shelf."""
    return key & (1 << _BITS) - 1
