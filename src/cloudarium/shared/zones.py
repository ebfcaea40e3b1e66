"""Availability zones: their names, and the ids that are the same in every account."""

from __future__ import annotations

import re

# The letters that accounts see in a region, each with the number in its id, where it is not just a, b, c and 1, 2, 3.
# Which letter stands for which zone AWS shuffles for every account. Source: "AWS Availability Zones", AWS documentation
_ZONES = {
    "us-east-1": {"a": 6, "b": 1, "c": 2, "d": 4, "e": 3, "f": 5},
    "us-west-1": {"a": 3, "b": 1},
    "us-west-2": {"a": 2, "b": 1, "c": 3, "d": 4},
    "ap-northeast-1": {"a": 4, "c": 1, "d": 2},
    "ap-northeast-2": {"a": 1, "b": 2, "c": 3, "d": 4},
    "ca-central-1": {"a": 1, "b": 2, "d": 4},
}
_USUAL = {"a": 1, "b": 2, "c": 3}
_DIRECTIONS = {"northeast": "ne", "southeast": "se", "northwest": "nw", "southwest": "sw"}


def zones(region: str) -> list[tuple[str, str]]:
    """The zones of a region: (name, id), such as (us-east-1b, use1-az1)."""
    *area, number = region.split("-")
    short = "".join(_short(word, first=place == 0) for place, word in enumerate(area)) + number
    return [(region + letter, f"{short}-az{place}") for letter, place in _ZONES.get(region, _USUAL).items()]


def _short(word: str, first: bool) -> str:
    return word if first else _DIRECTIONS.get(word) or (word if re.fullmatch("iso[a-z]?", word) else word[0])


def zone_id(region: str, name: str) -> str | None:
    """The id of a zone; None when the region has none of that name."""
    return dict(zones(region)).get(name)
