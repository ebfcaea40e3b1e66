"""An event as patterns see it: the values of its leaves by their dotted paths."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*")

Places = tuple[tuple[int, int], ...]  # the arrays that a leaf is in, from the outermost: (which array, which element)


class Value(NamedTuple):
    """One leaf: its value, the key by which equal values are found, and the elements of arrays that it is in."""

    value: Any
    key: Any
    places: Places


Fields = Mapping[str, list[Value]]


class _Literal:
    """The key of true, false and null, which Python would find equal to numbers."""


_KEYS = {True: _Literal(), False: _Literal(), None: _Literal()}


def key_of(value: Any) -> Any:
    """What two values have in common when a pattern finds them equal: 1 and 1.0, one address in two notations."""
    if value is None or value is True or value is False:
        return _KEYS[value]
    if isinstance(value, str):
        return address_of(value) or value
    return value


@lru_cache(maxsize=4096)
def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a text is, None for any other text."""
    if len(text) > 45 or _ADDRESS.fullmatch(text) is None:
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def flatten(event: Mapping[str, Any]) -> dict[str, list[Value]]:
    """The leaves of a JSON object by path; an array's elements are leaves of the array's own path."""
    found: dict[str, list[Value]] = {}
    arrays = 0
    todo: list[tuple[str, Any, Places]] = [(name, value, ()) for name, value in reversed(list(event.items()))]
    while todo:
        path, value, places = todo.pop()
        if isinstance(value, dict):
            todo.extend((f"{path}.{name}", value[name], places) for name in reversed(value))
        elif isinstance(value, list):
            arrays += 1
            for index in range(len(value) - 1, -1, -1):
                inner = isinstance(value[index], (dict, list))
                todo.append((path, value[index], (*places, (arrays, index)) if inner else places))
        else:
            found.setdefault(path, []).append(Value(value, key_of(value), places))
    return found
