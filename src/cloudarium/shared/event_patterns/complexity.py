"""Which wildcard patterns are too much work."""

from __future__ import annotations

_MOST_PLACES, _MOST_WILDCARDS = 5, 8


def too_complex(wildcards: list[list[str]]) -> bool:
    """Whether AWS finds these wildcard patterns of one field too complex.

    AWS does not say how it counts. What it is known to take, and to refuse, lies on either side of these two bounds.
    """
    several = [parts for parts in wildcards if len(parts) > 2]
    return sum(len(parts) - 1 for parts in several) >= _MOST_WILDCARDS or any(
        _places(p) > _MOST_PLACES for p in several
    )


def _places(parts: list[str]) -> int:
    """In how many places of a wildcard pattern one and the same text could have arrived, at most."""
    start = frozenset(((1, 0),)) if not parts[0] else frozenset(((0, 0),))
    seen, todo, most = {start}, [start], 0
    while todo and most <= _MOST_PLACES and len(seen) < 500:
        present = todo.pop()
        most = max(most, len(present))
        for sign in {parts[part][place] for part, place in present if place < len(parts[part])}:
            reached = _after(parts, present, sign)
            if reached not in seen:
                seen.add(reached)
                todo.append(reached)
    return most


def _after(parts: list[str], present: frozenset[tuple[int, int]], sign: str) -> frozenset[tuple[int, int]]:
    reached = set()
    for part, place in present:
        if part and not place:
            reached.add((part, 0))  # what stands for anything takes this sign, too
        if place < len(parts[part]) and parts[part][place] == sign:
            over = place + 1 == len(parts[part]) and part + 1 < len(parts)
            reached.add((part + 1, 0) if over else (part, place + 1))
    return frozenset(reached)
