"""Log messages as a reader sees them: how serious one is, and its JSON unfolded."""

from __future__ import annotations

import re
from typing import Any

import orjson

_LEVELS = ("level", "levelname", "severity", "severityText", "log_level", "logLevel")
_SERIOUS = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|EMERG(?:ENCY)?|SEVERE)\b|\bTraceback \(most|\bTask timed out\b|Exception\b"
)
_WARNS = re.compile(r"\bWARN(?:ING)?\b")
_ENVIRONMENT = re.compile(r"\d{4}/\d\d/\d\d/[^\[\]]*\[[^\[\]]+\][0-9a-f]{32}")  # the name of its log stream
_TRACE = re.compile(r"\b1-[0-9a-f]{8}-[0-9a-f]{24}\b")
_REQUEST = re.compile(
    r"request_?id\W{1,5}([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b", re.IGNORECASE
)
_NAMED_IN = 4000  # characters in which a line names its request
_LOOKED_AT = 400  # characters in which a line says how serious it is
_LONGEST = 64 * 1024  # that is unfolded


def level_of(message: str) -> str:
    """`error`, `warn` or nothing: by the level of a JSON line, else by the words that loggers put ahead of a line."""
    document = _document(message)
    said = next((str(document[name]) for name in _LEVELS if document.get(name)), "") if document else ""
    if said:
        return "error" if _SERIOUS.search(said.upper()) else "warn" if _WARNS.search(said.upper()) else ""
    start = message[:_LOOKED_AT]
    return "error" if _SERIOUS.search(start) else "warn" if _WARNS.search(start) else ""


def request_of(event: dict[str, Any]) -> str:
    """Which request wrote an event: `run` for what a function's environment wrote, an id that it names, or nothing."""
    if _ENVIRONMENT.fullmatch(event["logStreamName"]):
        return "run"
    found = _TRACE.search(event["message"][:_NAMED_IN]) or _REQUEST.search(event["message"][:_NAMED_IN])
    return found.group(found.lastindex or 0) if found is not None else ""


def unfolded(message: str) -> str:
    """The JSON object that a message is or ends with, over as many lines as it has members; nothing for others."""
    document = _document(message)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() if document else ""


def _document(message: str) -> dict[str, Any]:
    start = message.find("{")
    if start < 0 or len(message) > _LONGEST or not message.rstrip().endswith("}"):
        return {}
    try:
        found = orjson.loads(message[start:])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
