"""What a pattern can ask of one value."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, NamedTuple

from cloudarium.shared.event_patterns.fields import Value, address_of, key_of

Test = Callable[[Value], bool]


class Matcher(NamedTuple):
    """One matcher: the keys that it finds equal (None: only `test` can tell), or that the field must not be there."""

    key: Any = None
    test: Test | None = None
    absent: bool = False

    def meets(self, value: Value) -> bool:
        """Whether the value of a field that is there meets it."""
        if self.absent:
            return False
        return self.test(value) if self.test is not None else bool(value.key == self.key)


ABSENT = Matcher(absent=True)
PRESENT = Matcher(test=lambda value: True)


def equal(wanted: Any) -> Matcher:
    """The value itself."""
    return Matcher(key=key_of(wanted))


def prefix(text: str, ignore_case: bool = False) -> Matcher:
    """A string that begins so."""
    if ignore_case:
        lower = text.lower()
        return Matcher(test=lambda v: isinstance(v.value, str) and v.value.lower().startswith(lower))
    return Matcher(test=lambda v: isinstance(v.value, str) and v.value.startswith(text))


def suffix(text: str, ignore_case: bool = False) -> Matcher:
    """A string that ends so."""
    if ignore_case:
        lower = text.lower()
        return Matcher(test=lambda v: isinstance(v.value, str) and v.value.lower().endswith(lower))
    return Matcher(test=lambda v: isinstance(v.value, str) and v.value.endswith(text))


def equal_ignoring_case(text: str) -> Matcher:
    """The string in any case."""
    lower = text.lower()
    return Matcher(test=lambda v: isinstance(v.value, str) and v.value.lower() == lower)


def between(low: float | None, high: float | None, open_low: bool = False, open_high: bool = False) -> Matcher:
    """A number inside of a range; None is no bound."""

    def test(v: Value) -> bool:
        number = v.value
        if not isinstance(number, (int, float)) or isinstance(number, bool):
            return False
        if low is not None and (number <= low if open_low else number < low):
            return False
        return high is None or (number < high if open_high else number <= high)

    return Matcher(test=test)


def in_network(first: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> Matcher:
    """An address from the given one to the last of its network: AWS does not go back to the network's first."""
    last = int(first) | ((1 << (first.max_prefixlen - bits)) - 1)

    def test(v: Value) -> bool:
        address = address_of(v.value) if isinstance(v.value, str) else None
        return address is not None and address.version == first.version and int(first) <= int(address) <= last

    return Matcher(test=test)


def wildcard(parts: list[str]) -> Matcher:
    """A string made of these parts with anything in between."""
    return Matcher(test=lambda v: isinstance(v.value, str) and _has_parts(v.value, parts))


def _has_parts(text: str, parts: list[str]) -> bool:
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def none_of(matchers: list[Matcher]) -> Matcher:
    """A value, of whatever kind, that meets none of these."""
    return Matcher(test=lambda v: not any(matcher.meets(v) for matcher in matchers))
