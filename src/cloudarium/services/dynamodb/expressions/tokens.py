"""Expression text to tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from cloudarium.services.dynamodb.errors import ValidationException

RESERVED = frozenset(Path(__file__).with_name("reserved_words.txt").read_text().split())

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<word>[A-Za-z][A-Za-z0-9_]*)|(?P<name>\#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)"
    r"|(?P<number>0|[1-9][0-9]*)|(?P<sign><>|<=|>=|[=<>()\[\],.+\-])|(?P<end>\Z)|(?P<bad>.))",
    re.ASCII | re.DOTALL,
)
_KEYWORDS = frozenset(("AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"))


class Token(NamedTuple):
    """A piece of the text: `kind` is word, name (#x), value (:x), number, bad, end, the sign or the keyword itself."""

    kind: str
    text: str
    start: int
    end: int


class ExpressionError(ValidationException):
    """A wrong expression; `labelled` adds which one it is."""

    def labelled(self, label: str) -> ValidationException:
        """The error as it is answered: Invalid UpdateExpression: …."""
        return ValidationException(f"Invalid {label}: {self.message}")


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, with an `end` token last."""
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "bad"
        piece = match.group(kind)
        start, end = match.span(kind)
        if kind == "sign":
            kind = piece
        elif kind == "word" and piece.upper() in _KEYWORDS:
            kind = piece.upper()
        elif kind == "end":
            tokens.append(Token("end", "<EOF>", start, end))
            break
        tokens.append(Token(kind, piece, start, end))
    return tokens


def syntax_error(text: str, tokens: list[Token], at: int) -> ExpressionError:
    """Where reading stopped, and the text from the token before it to the one after, as AWS quotes it."""
    before = tokens[at - 1].start if at else tokens[at].start
    last = tokens[min(at + 1, len(tokens) - 1)]
    after = tokens[at].end if last.kind == "end" else last.end
    if tokens[at].kind == "end":
        after = tokens[at - 1].end if at else 0
    return ExpressionError(f'Syntax error; token: "{tokens[at].text}", near: "{text[before:after]}"')
