"""Items as they are stored: DynamoDB's JSON, where binary is base64."""

from __future__ import annotations

import base64
from typing import Any

import orjson

Value = dict[str, Any]
Item = dict[str, Value]


def dump(item: dict[str, Any]) -> bytes:
    """The item (or what holds items) as it is stored: DynamoDB's JSON."""
    return orjson.dumps(item, default=_base64)


def load(stored: bytes) -> Item:
    """The item that was stored."""
    item = orjson.loads(stored)
    if is_binary(stored):
        restore(item)
    return item


def is_binary(stored: bytes) -> bool:
    """Whether something in what was stored may be binary."""
    return b'"B":' in stored or b'"BS":' in stored


def _base64(content: Any) -> str:
    if isinstance(content, bytes):
        return base64.b64encode(content).decode()
    raise TypeError(f"{type(content).__name__} is no part of an item")


def restore(item: Item) -> None:
    """Make the binary values of an item, which are base64, bytes in place."""
    for value in item.values():
        _restore_value(value)


def _restore_value(value: Value) -> None:
    for kind, content in value.items():
        if kind == "B":
            value["B"] = base64.b64decode(content)
        elif kind == "BS":
            value["BS"] = [base64.b64decode(each) for each in content]
        elif kind == "M":
            restore(content)
        elif kind == "L":
            for each in content:
                _restore_value(each)
