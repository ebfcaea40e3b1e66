"""All fields that one event has, by the same rules by which a query finds one of them."""

from __future__ import annotations

import re
from typing import Any

import orjson

from cloudarium.services.logs.insights import additions, lines
from cloudarium.services.logs.insights.engine import shown

_MOST = 200  # AWS discovers no more fields of one event
_LINE = re.compile(r"(START|END|REPORT) RequestId: ")
_NUMBERS = {
    "@duration": (re.compile(r"\tDuration: ([\d.]+)"), 1),
    "@billedDuration": (re.compile(r"\tBilled Duration: ([\d.]+)"), 1),
    "@initDuration": (re.compile(r"\tInit Duration: ([\d.]+)"), 1),
    "@memorySize": (re.compile(r"\tMemory Size: ([\d.]+)"), 1_000_000),
    "@maxMemoryUsed": (re.compile(r"\tMax Memory Used: ([\d.]+)"), 1_000_000),
}
_WORDS = {
    "@xrayTraceId": re.compile(r"XRAY TraceId: (\S+)"),
    "@xraySegmentId": re.compile(r"SegmentId: (\S+)"),
}


def fields_of(message: str, group: str) -> dict[str, str]:
    """The discovered fields of an event and their values as text."""
    found = _of_lambda(message)
    found |= lines.words(message)
    document = _document(message, group)
    if isinstance(document, (dict, list)):
        _flatten("", document, found)
    return found


def _document(message: str, group: str) -> Any:
    for text in (message, additions.embedded(message) if group.startswith("/aws/lambda/") else None):
        if text is not None and text.lstrip()[:1] in ("{", "["):
            try:
                return orjson.loads(text)
            except ValueError:
                continue
    return None


def _of_lambda(message: str) -> dict[str, str]:
    found: dict[str, str] = {}
    request = additions.request_id(message)
    if request is not None:
        found["@requestId"] = request
    line = _LINE.match(message)
    if line is None:
        return found
    found["@type"] = line[1]
    if line[1] == "REPORT":
        for name, (pattern, factor) in _NUMBERS.items():
            number = pattern.search(message)
            if number is not None:
                found[name] = shown(float(number[1]) * factor, "number")
        for name, pattern in _WORDS.items():
            word = pattern.search(message)
            if word is not None:
                found[name] = word[1]
    return found


def _flatten(prefix: str, value: Any, found: dict[str, str]) -> None:
    """Take in every leaf, under the names of all above it with dots between them."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        name = f"{prefix}{key}"
        if not prefix and name.startswith("@"):
            name = "@" + name
        if isinstance(item, (dict, list)):
            _flatten(f"{name}.", item, found)
        elif item is not None and len(found) < _MOST:
            found[name] = str(int(item)) if isinstance(item, bool) else shown(item, "any")
