"""Availability zones: their names, and the ids that are the same in every account."""

from __future__ import annotations

import re

LETTERS = "abc"
_DIRECTIONS = {"northeast": "ne", "southeast": "se", "northwest": "nw", "southwest": "sw"}


def zones(region: str) -> list[tuple[str, str]]:
    """The zones of a region: (name, id), such as (us-east-1a, use1-az1)."""
    *area, number = region.split("-")
    short = "".join(_short(word, first=place == 0) for place, word in enumerate(area)) + number
    return [(region + letter, f"{short}-az{place}") for place, letter in enumerate(LETTERS, 1)]


def _short(word: str, first: bool) -> str:
    if first:
        return word
    return _DIRECTIONS.get(word) or (word if re.fullmatch("gov|iso[a-z]?", word) else word[0])


def zone_id(region: str, name: str) -> str | None:
    """The id of a zone; None when the region has none of that name."""
    return dict(zones(region)).get(name)
