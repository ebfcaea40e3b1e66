"""Values of a query as fragments of SQL: what is known of their kind, and how values of any kind are compared.

A field of a log event has no type. What looks like a number is one where a number is wanted, whether JSON wrote it as a
number or a text did. SQLite decides that by applying numeric affinity, for which `CAST(… AS NUMERIC)` on the other side
asks.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CONSTANT = re.compile(r"[( -]*\d+[) ]*")
_INFINITY = "CAST(9e999 AS NUMERIC)"
NUMERIC = ("number", "time", "bool")


class Value(NamedTuple):
    """A fragment of SQL and its kind: any, number, time (epoch milliseconds), bool (1 or 0), text or json."""

    sql: str
    kind: str = "any"


NOTHING = Value("NULL")


class Parameters:
    """The parameters of one statement: no text of the query's becomes SQL."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def add(self, value: object) -> str:
        """The placeholder that stands for a value."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def number(value: Value) -> str:
    """The number that a value is or writes, else NULL."""
    if value.kind in NUMERIC:
        return value.sql
    return f"(CASE WHEN {value.sql} < {_INFINITY} THEN {value.sql} + 0 END)"


def is_number(value: Value) -> str:
    """Whether a value is or writes a number; NULL for none at all."""
    return "1" if value.kind in NUMERIC else f"({value.sql} < {_INFINITY})"


def text(value: Value) -> str:
    """The value as text."""
    return value.sql if value.kind == "text" else f"CAST({value.sql} AS TEXT)"


def truth(value: Value) -> str:
    """The value as a condition."""
    return value.sql if value.kind in NUMERIC else number(value)


def compared(sign: str, left: Value, right: Value, constant: object = None) -> Value:
    """A comparison. `constant` is the literal on the right, None when there is none."""
    if isinstance(constant, str) and not _writes_number(constant, sign):
        return Value(f"({text(left)} {sign} {right.sql})", "bool")
    if isinstance(constant, bool):
        words = f"(lower({text(left)}) = '{str(constant).lower()}' OR {left.sql} = {int(constant)})"
        return Value(words if sign == "=" else f"(NOT {words})", "bool")
    if left.kind in NUMERIC and right.kind in NUMERIC:
        return Value(f"({left.sql} {sign} {right.sql})", "bool")
    if constant is not None or right.kind in NUMERIC:
        return Value(_with_number(sign, left, number(right)), "bool")
    if left.kind in NUMERIC:
        turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
        return Value(_with_number(turned, right, left.sql), "bool")
    both = f"({is_number(left)} AND {is_number(right)})"
    numbers = f"{left.sql} + 0 {sign} {right.sql} + 0"
    return Value(f"(CASE WHEN {both} THEN {numbers} ELSE {text(left)} {sign} {text(right)} END)", "bool")


def _writes_number(constant: str, sign: str) -> bool:
    if sign in ("=", "!="):
        return False
    try:
        float(constant)
    except ValueError:
        return False
    return "_" not in constant


def _with_number(sign: str, left: Value, right: str) -> str:
    if left.kind in NUMERIC:
        return f"({left.sql} {sign} {right})"
    bound = f"CAST({right} AS NUMERIC)"
    if sign in (">", ">="):  # SQLite orders every text behind all numbers
        return f"({left.sql} {sign} {bound} AND {left.sql} < {_INFINITY})"
    return f"({left.sql} {sign} {bound})"


def order_terms(value: Value, descending: bool) -> list[str]:
    """What sorts by a value as AWS does: what is no number first, then numbers.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sort.html
    """
    if _CONSTANT.fullmatch(value.sql):
        return []  # SQLite would take it for the number of a column
    direction = " DESC" if descending else ""
    if value.kind in NUMERIC:
        return [value.sql + direction]
    natural = f"CASE WHEN NOT {is_number(value)} THEN natural({text(value)}) END"
    return [is_number(value) + direction, number(value) + direction, natural + direction]
