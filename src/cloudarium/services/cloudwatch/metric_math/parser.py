"""From the text of an expression to its tree: precedence climbing, of bounded depth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from cloudarium.services.cloudwatch.metric_math.values import MathError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>(),\[\]]))",
    re.ASCII,
)
_DEEPEST = 60
_LEVELS = {
    "OR": 1, "||": 1, "AND": 2, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "^": 8,
}  # fmt: skip
_MINUS = 7


class Number(NamedTuple):
    """A number."""

    value: float


class Text(NamedTuple):
    """A string."""

    value: str


class Name(NamedTuple):
    """The id of a query, or a word such as REPEAT."""

    name: str


class Apply(NamedTuple):
    """A function with its arguments; operators are functions named by their sign."""

    function: str
    arguments: tuple[Node, ...]


class Group(NamedTuple):
    """An array: [m1, m2]."""

    items: tuple[Node, ...]


Node = Number | Text | Name | Apply | Group


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """The tree of an expression. Raises MathError."""
    return _Parser(_tokens(text)).whole()


def names(node: Node) -> set[str]:
    """The ids that an expression speaks of, words such as REPEAT included."""
    if isinstance(node, Name):
        return {node.name}
    parts: Sequence[Node] = node.arguments if isinstance(node, Apply) else node.items if isinstance(node, Group) else ()
    return {name for part in parts for name in names(part)}


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise MathError(f"Unexpected character at position {place + 1}")
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        if not self._tokens:
            raise MathError("The expression is empty")
        found = self._expression(0)
        if self._place < len(self._tokens):
            raise MathError(f"Unexpected token '{self._tokens[self._place][1]}'")
        return found

    def _peek(self) -> str:
        if self._place >= len(self._tokens):
            return ""
        kind, text = self._tokens[self._place]
        return text if kind != "text" else "'"

    def _next(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise MathError("Unexpected end of the expression")
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, sign: str) -> None:
        if self._next()[1] != sign:
            raise MathError(f"'{sign}' is missing")

    def _expression(self, lowest: int) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise MathError("The expression is nested too deeply")
        left = self._operand()
        while (level := _LEVELS.get(self._peek(), 0)) > lowest:
            sign = self._next()[1]
            right = self._expression(level - 1 if sign == "^" else level)
            left = Apply({"OR": "||", "AND": "&&"}.get(sign, sign), (left, right))
        self._depth -= 1
        return left

    def _operand(self) -> Node:
        kind, text = self._next()
        if kind == "number":
            return Number(float(text))
        if kind == "text":
            return Text(re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "name":
            return Apply(text, self._arguments(")")) if self._peek() == "(" and self._next() else Name(text)
        if text == "(":
            found = self._expression(0)
            self._expect(")")
            return found
        if text == "[":
            return Group(self._arguments("]"))
        if text == "-":
            return Apply("negative", (self._expression(_MINUS),))
        raise MathError(f"Unexpected token '{text}'")

    def _arguments(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        if self._peek() == end:
            self._next()
            return ()
        while True:
            found.append(self._expression(0))
            sign = self._next()[1]
            if sign == end:
                return tuple(found)
            if sign != ",":
                raise MathError(f"'{end}' is missing")
