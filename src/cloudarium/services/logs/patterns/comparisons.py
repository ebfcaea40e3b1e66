"""How one value of a log event is compared with what a pattern says: wildcards, numbers, regular expressions."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from cloudarium.services.logs.patterns.lexer import PatternError, Predicate, Token, unquote
from cloudarium.services.logs.patterns.regex import Regex

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def number(text: str) -> float | None:
    """The number that `text` writes, None when it writes none."""
    return float(text) if len(text) < 400 and _NUMBER.match(text) else None


def compare(sign: str, right: Token) -> Predicate:
    """A predicate over one scalar: `value sign right`. Raises PatternError for a comparison that makes no sense."""
    if sign in _ORDER:
        return _ordered(_ORDER[sign], right)
    if right.kind == "regex":
        equal: Predicate = _by_regex(Regex(right.text[1:-1]))
    elif right.kind == "quoted":
        equal = _by_text(unquote(right.text))
    elif right.kind == "word":
        bound = number(right.text)
        equal = _by_text(right.text) if bound is None else _by_number(bound, right.text)
    else:
        raise PatternError("Invalid filter pattern")
    if sign == "=":
        return equal
    return lambda value: not equal(value)


def _ordered(order: Callable[[float, float], bool], right: Token) -> Predicate:
    bound = number(right.text) if right.kind == "word" else None
    if bound is None:
        raise PatternError("Invalid filter pattern: a number must follow < <= > >=")

    def ordered(value: Any) -> bool:
        left = numeric(value)
        return left is not None and order(left, bound)

    return ordered


def numeric(value: Any) -> float | None:
    """A JSON number, or the number a text field writes."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return number(value) if isinstance(value, str) else None


def as_text(value: Any) -> str:
    """A scalar as the log event wrote it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _by_regex(regex: Regex) -> Predicate:
    return lambda value: regex.search(as_text(value))


def _by_number(bound: float, text: str) -> Predicate:
    def equal(value: Any) -> bool:
        if isinstance(value, str):
            return value == text or number(value) == bound
        return numeric(value) == bound

    return equal


def _by_text(text: str) -> Predicate:
    """Equality, where an asterisk first or last stands for anything; one in the middle stands for itself."""
    if text == "*":
        return lambda value: True
    before, after = text.startswith("*"), text.endswith("*")
    core = text[1 if before else 0 : -1 if after else None]
    if before and after:
        return lambda value: core in as_text(value)
    if before:
        return lambda value: as_text(value).endswith(core)
    if after:
        return lambda value: as_text(value).startswith(core)
    return lambda value: isinstance(value, str) and value == text
