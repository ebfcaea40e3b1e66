"""Slots of cluster mode: which shard has which keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cloudarium.services.elasticache.errors import Invalid

COUNT = 16384
Ranges = tuple[tuple[int, int], ...]
_TEXT = re.compile(r"\d{1,5}-\d{1,5}(,\d{1,5}-\d{1,5})*")


def equal(names: Sequence[str]) -> dict[str, Ranges]:
    """The slots in equal parts, as ElastiCache spreads them."""
    bounds = [COUNT * number // len(names) for number in range(len(names) + 1)]
    return {name: ((bounds[number], bounds[number + 1] - 1),) for number, name in enumerate(names)}


def parse(text: str) -> Ranges:
    """Ranges such as `0-100,200-300`; none when empty. Raises Invalid."""
    if not text:
        return ()
    if not _TEXT.fullmatch(text):
        raise Invalid(f"Invalid slots: {text[:100]}. Specify them as ranges such as 0-8191.")
    pairs = (part.partition("-") for part in text.split(","))
    return tuple((int(first), int(last)) for first, _, last in pairs)


def text(ranges: Ranges) -> str:
    """Ranges as they are shown."""
    return ",".join(f"{first}-{last}" for first, last in ranges)


def members(ranges: Ranges) -> set[int]:
    """The slots in ranges."""
    return {slot for first, last in ranges for slot in range(first, last + 1)}


def ranges(slots: Iterable[int]) -> Ranges:
    """Slots as ranges."""
    found: list[list[int]] = []
    for slot in sorted(slots):
        if found and found[-1][1] == slot - 1:
            found[-1][1] = slot
        else:
            found.append([slot, slot])
    return tuple((first, last) for first, last in found)


def check(parts: Iterable[Ranges]) -> None:
    """Raise Invalid unless shards have each slot once."""
    every = [slot for part in parts for slot in members(part)]
    if sorted(every) != list(range(COUNT)):
        raise Invalid(f"The slots of all node groups must cover 0-{COUNT - 1}, each once.")
