"""Filter policies: what SNS takes as one beyond the patterns' own language, and which messages they let through.

Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from cloudarium.services.sns import errors
from cloudarium.shared.event_patterns import PatternError, compile_pattern, flatten

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
MOST_PER_TOPIC = 200

_MOST_COMBINATIONS = 150
_MOST_KEYS = 5
_LARGEST = 256 * 1024
_DEEPEST = 100
_INSIDE_ANYTHING_BUT = frozenset(("prefix", "wildcard", "equals-ignore-case"))


def check(text: str, scope: str, place: str = "") -> None:
    """Raise InvalidParameter unless this is a filter policy for that scope."""
    if len(text.encode("utf-8", "surrogatepass")) > _LARGEST:
        raise _wrong(place, "Filter policy is larger than 256 KB")
    given = _json(text)
    _check_operators(given, place)
    try:
        compile_pattern(text)
    except PatternError as error:
        raise _wrong(place, _worded(str(error))) from None
    if not isinstance(given, dict):
        raise _wrong(place, "failed to parse JSON.")
    if scope == ATTRIBUTES and _is_nested(given):
        raise errors.InvalidParameter("Filter policy scope MessageAttributes does not support nested filter policy")
    if len(_keys(given)) > _MOST_KEYS:
        raise _wrong(place, f"Filter policy can not have more than {_MOST_KEYS} keys")
    if _combinations(given, 1) > _MOST_COMBINATIONS:
        raise _wrong(place, "Filter policy is too complex")


def _json(text: str) -> Any:
    """What a text says, None when it is no JSON: the patterns' own reader words that better."""
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None


def _worded(problem: str) -> str:
    """SNS says of a text that is no JSON at all that it is none."""
    syntax = problem.startswith(("Unexpected", "Unrecognized token", "Document nesting", "Number value"))
    return f"failed to parse JSON. {problem}" if syntax else problem


def _wrong(place: str, what: str) -> errors.InvalidParameter:
    return errors.InvalidParameter(f"{place}FilterPolicy: {what}")


def _check_operators(given: Any, place: str, depth: int = 0) -> None:
    """SNS takes fewer forms of anything-but than EventBridge, which shares the language."""
    if depth > _DEEPEST:
        raise _wrong(place, "Filter policy is nested too deeply")
    for each in given.values() if isinstance(given, dict) else given if isinstance(given, list) else ():
        _check_operators(each, place, depth + 1)
    inner = given.get("anything-but") if isinstance(given, dict) else None
    if isinstance(inner, dict):
        for name in inner:
            if name not in _INSIDE_ANYTHING_BUT:
                raise _wrong(place, f"Unsupported anything-but pattern: {name}")
            if not isinstance(inner[name], (str, list)):
                raise _wrong(place, f"{name} match pattern must be a string")


def _is_or(name: str, value: Any) -> bool:
    return name == "$or" and isinstance(value, list)


def _is_nested(given: dict[str, Any]) -> bool:
    for name, value in given.items():
        if isinstance(value, dict):
            return True
        if _is_or(name, value) and any(_is_nested(each) for each in value):
            return True
    return False


def _keys(given: dict[str, Any]) -> set[str]:
    """The names at the top, those of alternatives too; what is nested counts by its outermost name."""
    found: set[str] = set()
    for name, value in given.items():
        if _is_or(name, value):
            found.update(*(_keys(each) for each in value))
        else:
            found.add(name)
    return found


def _combinations(given: dict[str, Any], depth: int) -> int:
    """How many combinations of values AWS counts: each field's values times its depth; alternatives add up."""
    total = 1
    for name, value in given.items():
        if _is_or(name, value):
            total *= sum(_combinations(each, depth) for each in value)
        elif isinstance(value, dict):
            total *= _combinations(value, depth + 1)
        else:
            total *= len(value) * depth
    return total


# ---- Messages --------------------------------------------------------------------------------------------------------


def passes(policy: str | None, scope: str, message: str, attributes: dict[str, dict[str, Any]]) -> bool:
    """Whether a message is for a subscription with this filter policy; without one every message is."""
    if not policy:
        return True
    if scope == BODY:
        given = _object(message)
        return given is not None and compile_pattern(policy).matches(flatten(given))
    return compile_pattern(policy).matches(flatten(_values(attributes)))


def reason(scope: str, message: str, attributes: dict[str, dict[str, Any]]) -> str:
    """Why a message was filtered out, as the ending of a metric's name."""
    if scope == BODY:
        return "-MessageBody" if _object(message) is not None else "-InvalidMessageBody"
    return "-MessageAttributes" if attributes else "-NoMessageAttributes"


def _values(attributes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, attribute in attributes.items():
        kind, text = attribute["DataType"], attribute.get("StringValue") or ""
        if kind == "String.Array":
            found[name] = _array(text)
        elif kind.startswith("Number"):
            found[name] = _number(text)
        elif kind.startswith("String"):
            found[name] = text
        else:
            found[name] = ""  # bytes are there, and like nothing
    return found


def _array(text: str) -> Any:
    given = _json(text)
    return given if isinstance(given, list) else text


def _number(text: str) -> Any:
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


@lru_cache(maxsize=16)  # a message is asked about by every subscription of its topic, one after the other
def _object(text: str) -> dict[str, Any] | None:
    given = _json(text)
    return given if isinstance(given, dict) else None
