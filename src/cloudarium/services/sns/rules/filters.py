"""Filter policies: what SNS takes as one beyond the patterns' own language, and which messages they let through.

Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import orjson

from cloudarium.services.sns import errors
from cloudarium.shared.event_patterns import Fields, Pattern, PatternError, compile_pattern, flatten

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
MOST_PER_TOPIC = 200

_MOST_COMBINATIONS = 150
_MOST_KEYS = 5
_LARGEST = 256 * 1024
_DEEPEST = 100
_NO_JSON = "failed to parse JSON."
_SOURCE = re.compile(r"(?<=\[Source: ).*(?=; line: [0-9]+, column: [0-9]+\]$)", re.DOTALL)
_REDACTED = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
_NUMBERS_END = 1e10  # no pattern has a number so large
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
        raise _wrong(place, _NO_JSON)
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


def unparsed(text: str) -> str:
    """What SNS says of a text that is no JSON."""
    try:
        compile_pattern(text)
    except PatternError as error:
        said = _worded(str(error))
        if said.startswith(_NO_JSON):
            return said
    return _NO_JSON


def _worded(problem: str) -> str:
    """SNS says of a text that is no JSON at all that it is none, and does not repeat it."""
    if not problem.startswith(("Unexpected", "Unrecognized token", "Document nesting", "Number value")):
        return problem
    return f"{_NO_JSON} {_SOURCE.sub(_REDACTED, problem)}"


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
        return given is not None and _pattern(policy).matches(_fields(given))
    return _pattern(policy).matches(_fields(_values(attributes)))


@lru_cache(maxsize=1024)
def _pattern(policy: str) -> Pattern:
    """A policy with its numbers as SNS compares them."""
    given = _json(policy)
    compared = _compared(given)
    try:
        return compile_pattern(policy if compared == given else orjson.dumps(compared).decode())
    except PatternError:  # a range between two numbers that are one when compared
        return compile_pattern(policy)


def _fields(given: dict[str, Any]) -> Fields:
    """What patterns look at in a message, with its numbers as SNS compares them."""
    found = flatten(given)
    for values in found.values():
        for place, each in enumerate(values):
            if isinstance(each.value, float):
                number = _cut(each.value)
                values[place] = each._replace(value=number, key=number)
    return found


def _cut(number: float) -> float:
    """Six digits behind the point count: the documentation says five, clients saw six."""
    return int(number * 1e6) / 1e6 if abs(number) < _NUMBERS_END else number


def _compared(given: Any) -> Any:
    if isinstance(given, float):
        return _cut(given)
    if isinstance(given, list):
        return [_compared(each) for each in given]
    if isinstance(given, dict):
        return {name: _compared(value) for name, value in given.items()}
    return given


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
