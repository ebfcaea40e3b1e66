"""How lists walk over keys: order, prefixes, delimiters, limits and the encoding of keys.

Keys are in the order of their UTF-8 bytes, which is the order of their code points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import quote

from cloudarium.services.s3 import errors

MOST = 1000


class Keyed(Protocol):
    """Anything that has a key."""

    @property
    def key(self) -> str:
        """The key."""


Item = TypeVar("Item", bound=Keyed)


class Entry(NamedTuple, Generic[Item]):
    """One line of a list: an item, or a common prefix when `item` is None."""

    name: str
    item: Item | None


class Page(NamedTuple, Generic[Item]):
    """One page of a list."""

    entries: list[Entry[Item]]
    truncated: bool

    @property
    def items(self) -> list[Item]:
        """The items in order."""
        return [entry.item for entry in self.entries if entry.item is not None]

    @property
    def prefixes(self) -> list[str]:
        """The common prefixes in order."""
        return [entry.name for entry in self.entries if entry.item is None]


def following(prefix: str) -> str | None:
    """The first string behind all strings that start with `prefix`; None when there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            return prefix[:-1] + chr(0xE000 if last == 0xD7FF else last + 1)
        prefix = prefix[:-1]
    return None


def walk(
    seek: Callable[[str], Iterable[Item]], start: Iterable[Item], prefix: str, delimiter: str, after: str
) -> Iterator[Entry[Item]]:
    """The lines of a list that begins with `start` (items in order of key), rolled up at the delimiter.

    `seek(key)` gives the items from `key` on: behind a common prefix the walk jumps over everything inside it.
    A common prefix that `after` already lies in is not shown again.
    """
    end = following(prefix)
    items = iter(start)
    while True:
        item = next(items, None)
        if item is None or (end is not None and item.key >= end):
            return
        place = item.key.find(delimiter, len(prefix)) if delimiter else -1
        if place < 0:
            yield Entry(item.key, item)
            continue
        common = item.key[: place + len(delimiter)]
        if not after.startswith(common):
            yield Entry(common, None)
        behind = following(common)
        if behind is None:
            return
        items = iter(seek(behind))


def page(lines: Iterator[Entry[Item]], limit: int) -> Page[Item]:
    """The first `limit` lines and whether more follow; a limit of 0 is an empty list that is complete."""
    entries: list[Entry[Item]] = []
    if limit == 0:
        return Page(entries, False)
    for line in lines:
        if len(entries) == limit:
            return Page(entries, True)
        entries.append(line)
    return Page(entries, False)


def limit(given: int | None, name: str, most: int = MOST) -> int:
    """How many lines a page has: at most 1000. Raises InvalidArgument for a negative number."""
    if given is None:
        return most
    if given < 0 or given > 2147483647:
        raise errors.InvalidArgument(f"Argument {name} must be an integer between 0 and 2147483647", name, given)
    return min(given, most)


def encoder(encoding: str | None) -> Callable[[str], str]:
    """How keys are written in the list. Raises InvalidArgument for an unknown encoding-type."""
    if encoding is None:
        return _plain
    if encoding != "url":
        raise errors.InvalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encoding)
    return _quoted


def _plain(text: str) -> str:
    return text


def _quoted(text: str) -> str:
    # S3 leaves / * - . _ alone and writes a space as + (as its own answers show).
    return quote(text, safe="/*-._ ", errors="surrogatepass").replace("~", "%7E").replace(" ", "+")


def given(**members: Any) -> dict[str, Any]:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}
