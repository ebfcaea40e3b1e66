"""The tokens that JSON and space-delimited patterns share, and the grammar of their conditions.

expression = all { "||" all } ;  all = primary { "&&" primary } ;  primary = "(" expression ")" | condition
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

Predicate = Callable[[Any], bool]

_DEEPEST = 32  # of parentheses: a pattern has at most 1,024 characters, the parser must not run out of stack
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<join>&&|\|\|)
    | (?P<operator>!=|>=|<=|=!|=|<|>)
    | (?P<open>\() | (?P<close>\))
    | (?P<selector>\$[^\s()&|=!<>"%]*)
    | (?P<quoted>"(?:[^"\\]|\\.)*")
    | (?P<regex>%(?:[^%\\]|\\.)*%)
    | (?P<word>[\w*.+\-:/@]+)
    )""",
    re.VERBOSE | re.DOTALL,
)


class PatternError(ValueError):
    """The text is no filter pattern; the message says where."""


class Token(NamedTuple):
    """One piece of a pattern: its kind (a group name of the token grammar) and its text."""

    kind: str
    text: str


END = Token("end", "")


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, END last. Raises PatternError at the first character that starts none."""
    found: list[Token] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise PatternError("Invalid filter pattern")
        found.append(Token(match.lastgroup, match[match.lastgroup]))
        position = match.end()
    found.append(END)
    return found


def unquote(text: str) -> str:
    """The characters between the quotes of a quoted token, a backslash standing for the character behind it."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


class Tokens:
    """A cursor over tokens, and the boolean grammar over them; `condition` parses one leaf at the cursor."""

    def __init__(self, text: str) -> None:
        self._tokens = tokenize(text)
        self._position = 0
        self._depth = 0

    def peek(self) -> Token:
        """The next token, left where it is."""
        return self._tokens[self._position]

    def take(self) -> Token:
        """The next token, consumed (END stays)."""
        token = self._tokens[self._position]
        if token is not END:
            self._position += 1
        return token

    def expect(self, kind: str) -> Token:
        """The next token, which must be of `kind`."""
        token = self.take()
        if token.kind != kind:
            raise PatternError("Invalid filter pattern")
        return token

    def expression(self, condition: Callable[[Tokens], Predicate]) -> Predicate:
        """Parse `all { "||" all }`."""
        parts = [self._all(condition)]
        while self.peek() == ("join", "||"):
            self.take()
            parts.append(self._all(condition))
        return parts[0] if len(parts) == 1 else lambda value: any(part(value) for part in parts)

    def _all(self, condition: Callable[[Tokens], Predicate]) -> Predicate:
        parts = [self._primary(condition)]
        while self.peek() == ("join", "&&"):
            self.take()
            parts.append(self._primary(condition))
        return parts[0] if len(parts) == 1 else lambda value: all(part(value) for part in parts)

    def _primary(self, condition: Callable[[Tokens], Predicate]) -> Predicate:
        if self.peek().kind != "open":
            return condition(self)
        self.take()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise PatternError("Invalid filter pattern: nested too deeply")
        inside = self.expression(condition)
        self._depth -= 1
        self.expect("close")
        return inside
