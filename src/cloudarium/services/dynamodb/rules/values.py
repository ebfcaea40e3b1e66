"""Attribute values: what is one, how large it is, when two are equal, which is the smaller.

A value is DynamoDB's JSON form with raw bytes for binary: {"S": "text"}, {"N": "42"}, {"B": b"…"}, {"L": […]}, ….
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from cloudarium.services.dynamodb.errors import Invalid, ValidationException
from cloudarium.services.dynamodb.rules import numbers
from cloudarium.streams.images import Item, Value, dump, load

__all__ = ["Item", "Value", "dump", "load"]  # how an item is stored is known below

MAX_ITEM = 409_600
MAX_DEPTH = 32
MAX_NAME = 65_535

TYPES = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M")
_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
_SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
NAME_TOO_LONG = "Attribute name is too large, must be less than 65536 bytes"


# ---- Check and measure ----------------------------------------------------------------------------------------------


def check_names(names: Iterable[str]) -> None:
    """Refuse names of attributes that are too long."""
    for name in names:
        if len(name.encode()) > MAX_NAME:
            raise Invalid(NAME_TOO_LONG)


def measure(item: Mapping[str, Any], depth: int = 0) -> int:
    """Check every value of `item`, make its numbers canonical in place, and say how many bytes it counts for.

    Raises ValidationException with AWS's text for the first value that is wrong.
    """
    size = 0
    for name, value in item.items():
        size += len(name) if name.isascii() else len(name.encode())
        if value and "S" in value and len(value) == 1:  # most values are text: not worth a call
            text = value["S"]
            size += len(text) if text.isascii() else len(text.encode())
        else:
            size += measure_value(value, depth)
    return size


def measure_value(value: Value, depth: int = 0) -> int:
    """Check one value, make its numbers canonical in place, and say how many bytes it counts for."""
    if not value or len(value) != 1:  # not value: a null in the request's JSON
        _refuse_count(value, depth)
    for kind, content in value.items():
        if kind == "S":
            return len(content) if content.isascii() else len(content.encode())
        if kind == "N":
            number = numbers.canonical(content)
            if number is not content:
                value["N"] = number
            return numbers.size(number)
        return _MEASURES[kind](value, content, depth)
    return 0


def _refuse_count(value: Value | None, depth: int) -> None:
    """AWS looks into each of several types before it says that there are several."""
    if not value:
        raise ValidationException(_EMPTY)
    for kind in list(value):
        measure_value({kind: value[kind]}, depth)
    raise ValidationException(_SEVERAL)


def _measure_binary(value: Value, content: bytes, depth: int) -> int:
    return len(content)


def _measure_flag(value: Value, content: bool, depth: int) -> int:
    return 1


def _measure_null(value: Value, content: bool, depth: int) -> int:
    if not content:
        raise Invalid("Null attribute value types must have the value of true")
    return 1


def _measure_list(value: Value, content: list[Value], depth: int) -> int:
    if depth >= MAX_DEPTH:
        raise ValidationException(_TOO_DEEP)
    return 3 + len(content) + sum(measure_value(each, depth + 1) for each in content)


def _measure_map(value: Value, content: Item, depth: int) -> int:
    if depth >= MAX_DEPTH:
        raise ValidationException(_TOO_DEEP)
    return 3 + len(content) + measure(content, depth + 1)


def _measure_strings(value: Value, content: list[str], depth: int) -> int:
    if not content:
        raise Invalid("An string set  may not be empty")
    if len(set(content)) != len(content):
        raise Invalid(f"Input collection [{', '.join(content)}] contains duplicates.")
    return sum(len(each.encode()) for each in content)


def _measure_numbers(value: Value, content: list[str], depth: int) -> int:
    if not content:
        raise Invalid("An number set  may not be empty")
    members = [numbers.canonical(each) for each in content]
    if len(set(members)) != len(members):
        raise ValidationException("Input collection contains duplicates")
    value["NS"] = members
    return sum(map(numbers.size, members))


def _measure_binaries(value: Value, content: list[bytes], depth: int) -> int:
    if not content:
        raise Invalid("Binary sets should not be empty")
    if len(set(content)) != len(content):
        shown = ", ".join(base64.b64encode(each).decode() for each in content)
        raise Invalid(f"Input collection [{shown}]of type BS contains duplicates.")
    return sum(map(len, content))


_MEASURES: dict[str, Callable[[Value, Any, int], int]] = {
    "B": _measure_binary,
    "BOOL": _measure_flag,
    "NULL": _measure_null,
    "L": _measure_list,
    "M": _measure_map,
    "SS": _measure_strings,
    "NS": _measure_numbers,
    "BS": _measure_binaries,
}


# ---- Compare --------------------------------------------------------------------------------------------------------


def kind_of(value: Value) -> str:
    """The value's type: S, N, B, …."""
    return next(iter(value))


def equal(left: Value, right: Value) -> bool:
    """Whether two checked values are the same; sets do not care for order."""
    if left == right:
        return True
    ((kind, one),) = left.items()
    if kind not in right:
        return False
    other = right[kind]
    if kind in ("SS", "NS", "BS"):
        return len(one) == len(other) and set(one) == set(other)
    if kind == "L":
        return len(one) == len(other) and all(map(equal, one, other))
    if kind == "M":
        return one.keys() == other.keys() and all(equal(value, other[name]) for name, value in one.items())
    return False


def compare(left: Value, right: Value) -> int | None:
    """Below, equal or above zero, as `left` is to `right`; None when they have no order.

    Strings go by their UTF-8 bytes, which is the order of their code points.
    """
    ((kind, one),) = left.items()
    other = right.get(kind)
    if other is None or kind not in ("S", "N", "B"):
        return None
    if kind == "N":
        one, other = numbers.order(one), numbers.order(other)
    return (one > other) - (one < other)


# ---- Store ----------------------------------------------------------------------------------------------------------


def whole(stored: bytes, protocol: str) -> Any:
    """The item that was stored, for an answer that shows all of it: as it is where the wire's form is the store's."""
    return orjson.Fragment(stored) if protocol == "json" else load(stored)
