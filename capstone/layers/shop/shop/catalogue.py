"""The catalogue's pages in the cache: cache-aside, with a time to live, let go of when a product changes.

A page's key names the catalogue's generation, a counter in the cache. Whoever changes what the catalogue shows counts
it up, and no page of before is found again: nobody has to know which pages a product is on. A reader takes the
generation before it reads the table, so what it reads of before a change it keeps under the generation of before.

When not to cache: what a customer decides by. A product's own page, its price in an order and its stock are read from
the table, consistently. What the catalogue shows may be some seconds old: an index follows its table with a delay, and
a page read in between stays until its time is over.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from shop.cache import Cache, Gone

GENERATION = "catalogue:generation"
SHOWN = ("id", "name", "category", "price_cents")
FLIGHT_SECONDS = 2  # a reader that died lets others read after this
WAITS, WAIT_SECONDS = 20, 0.025


class Found(NamedTuple):
    """A page, and how it was come by: a hit, a miss, or without the cache (gone)."""

    text: str
    how: str


def shown(item: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the catalogue shows of a product's item: nothing when it is not on sale."""
    if item is None or "withdrawn_at" in item:
        return None
    head = {name: item[name] for name in SHOWN}
    return {**head, "available": item["stock"] > 0, "has_picture": "picture_at" in item}


def forget(cache: Cache) -> None:
    """Let go of every page. Raises Gone."""
    cache.raise_by_one(GENERATION)


def page(cache: Cache, name: tuple[Any, ...], seconds: int, read: Callable[[], str]) -> Found:
    """The page of that name: kept, or read and kept for so long. Of many who miss it at once, one reads."""
    try:
        key = f"catalogue:{cache.get(GENERATION) or 0}:{_digest(name)}"
        kept = cache.get(key)
        if kept is None and not cache.claim(f"{key}:flight", FLIGHT_SECONDS):
            kept = _wait(cache, key)
        if kept is not None:
            return Found(kept, "hit")
    except Gone:
        return Found(read(), "gone")
    try:
        text = read()
    except Exception:
        with contextlib.suppress(Gone):  # whoever comes next shall not wait for a page that will not come
            cache.drop(f"{key}:flight")
        raise
    try:
        cache.put(key, text, seconds)
        cache.drop(f"{key}:flight")
    except Gone:
        return Found(text, "gone")
    return Found(text, "miss")


def _wait(cache: Cache, key: str) -> str | None:
    """What the one who reads has found; None when that takes too long."""
    for _ in range(WAITS):
        time.sleep(WAIT_SECONDS)
        kept = cache.get(key)
        if kept is not None:
            return kept
    return None


def _digest(name: tuple[Any, ...]) -> str:
    return hashlib.sha256(repr(name).encode()).hexdigest()[:32]
