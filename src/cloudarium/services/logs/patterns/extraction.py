"""The values that a filter pattern finds in an event, by the names that metric filters use for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from cloudarium.services.logs.patterns import jsons
from cloudarium.services.logs.patterns.comparisons import as_text
from cloudarium.services.logs.patterns.fields import named_fields
from cloudarium.services.logs.patterns.lexer import PatternError

_SELECTOR = re.compile(r"\$\.[^\s()&|=!<>\"%,]+")
Extract = Callable[[str], dict[str, str]]


def selector(pattern: str, name: str) -> Callable[[str], str | None]:
    """What reads the value of `$.path` (a JSON pattern) or `$field` (a space-delimited one) from a message."""
    stripped = pattern.strip()
    if name.startswith("$.") or name.startswith("$["):
        path = jsons.path_of(name)
        return lambda message: _at(message, path)
    if stripped.startswith("["):
        return lambda message: named_fields(stripped, message).get(name)
    raise PatternError(f"{name} does not belong to this kind of pattern")


def extracted(pattern: str, message: str) -> dict[str, str]:
    """All values of a message that the pattern names."""
    stripped = pattern.strip()
    if stripped.startswith("["):
        return named_fields(stripped, message)
    if not stripped.startswith("{"):
        return {}
    found = {name: _at(message, jsons.path_of(name)) for name in dict.fromkeys(_SELECTOR.findall(stripped))}
    return {name: value for name, value in found.items() if value is not None}


def _at(message: str, path: jsons.Path) -> str | None:
    if message.lstrip()[:1] not in ("{", "["):
        return None
    try:
        document: Any = orjson.loads(message)
    except ValueError:
        return None
    for value in jsons.select(document, path):
        if not isinstance(value, dict | list):
            return as_text(value)
    return None
