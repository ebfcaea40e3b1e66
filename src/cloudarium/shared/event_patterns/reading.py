"""The text of a pattern, token by token, with the places that AWS names in its errors.

AWS reads patterns with Jackson, and its errors carry Jackson's sentences and columns: a string that nobody has looked
at ends behind its opening quote, and a field's name is read together with the beginning of its value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from enum import Enum, auto
from typing import NamedTuple, NoReturn

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"')
_WORD = re.compile(r"[A-Za-z0-9_$]+")
_EXPECTED = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_SHOWN = 500  # characters of the source in an error
_DEEPEST = 400


class Kind(Enum):
    """What a token is."""

    BEGIN_OBJECT = auto()
    END_OBJECT = auto()
    BEGIN_ARRAY = auto()
    END_ARRAY = auto()
    NAME = auto()
    STRING = auto()
    NUMBER = auto()
    TRUE = auto()
    FALSE = auto()
    NULL = auto()


class Token(NamedTuple):
    """One token: its value, and the places that an error names before and after its text was looked at."""

    kind: Kind
    value: str | int | float | bool | None
    start: int
    end: int


class PatternError(ValueError):
    """A text that is no pattern; the message is AWS's reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason.encode("utf-8", "replace").decode())  # an escape may stand for half a character


_LITERALS = {"true": (Kind.TRUE, True), "false": (Kind.FALSE, False), "null": (Kind.NULL, None)}


class Reader:
    """A pattern's tokens, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._scan()
        self._ahead: Token | None = None
        self._place = 0
        self.token = Token(Kind.NULL, None, 0, 0)

    def next(self) -> Token:
        """The next token."""
        token = self._ahead or self._take()
        self._ahead = None
        self._place = token.start
        if token.kind is Kind.NAME:
            self._ahead = self._take()
            self._place = self._ahead.start
        self.token = token
        return token

    def text(self) -> str:
        """The present string; from here on its end is the place of an error."""
        if self._ahead is None:
            self._place = self.token.end
        return str(self.token.value)

    def fail(self, message: str) -> NoReturn:
        """Raise an error at the present place."""
        self._fail_at(message, self._place)

    def _take(self) -> Token:
        token = next(self._tokens, None)
        if token is None:
            self._fail_at("Unexpected end-of-input", len(self._text))
        return token

    def _fail_at(self, message: str, place: int) -> NoReturn:
        before = self._text[:place]
        line, column = before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1
        more = len(self._text) - _SHOWN
        source = f'"{self._text[:_SHOWN]}"' + (f"[truncated {more} chars]" if more > 0 else "")
        raise PatternError(f"{message}\n at [Source: (String){source}; line: {line}, column: {column}]")

    # ---- The grammar -------------------------------------------------------------------------------------------------

    def _scan(self) -> Iterator[Token]:
        open_with: list[str] = []
        place = self._skip(0)
        while True:
            if open_with and open_with[-1] == "{":
                place = yield from self._member(place)
            token = self._value(place)
            yield token
            place = token.end
            if token.kind in (Kind.BEGIN_OBJECT, Kind.BEGIN_ARRAY):
                open_with.append("{" if token.kind is Kind.BEGIN_OBJECT else "[")
                if len(open_with) > _DEEPEST:
                    self._fail_at(f"Document nesting depth ({_DEEPEST + 1}) exceeds the maximum allowed", place)
                place = self._skip(place)
                if not self._closes(place, open_with[-1]):
                    continue
            place = yield from self._close(place, open_with)
            if not open_with:
                return

    def _member(self, place: int) -> Generator[Token, None, int]:
        if self._text[place : place + 1] != '"':
            self._unexpected(place, "was expecting double-quote to start field name")
        name = self._string(place, Kind.NAME)
        yield name
        place = self._skip(name.end)
        if self._text[place : place + 1] != ":":
            self._unexpected(place, "was expecting a colon to separate field name and value")
        return self._skip(place + 1)

    def _close(self, place: int, open_with: list[str]) -> Generator[Token, None, int]:
        """The ends of what ends here, and the comma before what follows."""
        while open_with:
            place = self._skip(place)
            if self._closes(place, open_with[-1]):
                kind = Kind.END_OBJECT if open_with.pop() == "{" else Kind.END_ARRAY
                place += 1
                yield Token(kind, None, place, place)
            elif self._text[place : place + 1] == ",":
                return self._skip(place + 1)
            else:
                container = "Object" if open_with[-1] == "{" else "Array"
                self._unexpected(place, f"was expecting comma to separate {container} entries")
        return place

    def _closes(self, place: int, opened: str) -> bool:
        return self._text[place : place + 1] == ("}" if opened == "{" else "]")

    def _value(self, place: int) -> Token:
        sign = self._text[place : place + 1]
        if sign == "{" or sign == "[":
            return Token(Kind.BEGIN_OBJECT if sign == "{" else Kind.BEGIN_ARRAY, None, place + 1, place + 1)
        if sign == '"':
            return self._string(place, Kind.STRING)
        word = _WORD.match(self._text, place)
        number = _NUMBER.match(self._text, place)
        if number is not None:
            return self._number(number[0], number.end())
        if word is None:
            self._unexpected(
                place, "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            )
        if word[0] not in _LITERALS:
            self._fail_at(f"Unrecognized token '{word[0]}': {_EXPECTED}", word.end())
        kind, value = _LITERALS[word[0]]
        return Token(kind, value, word.end(), word.end())

    def _number(self, text: str, end: int) -> Token:
        if len(text) > 1000:
            self._fail_at(f"Number value length ({len(text)}) exceeds the maximum allowed", end)
        value: int | float = float(text) if any(sign in text for sign in ".eE") else int(text)
        return Token(Kind.NUMBER, value, end, end)

    def _string(self, place: int, kind: Kind) -> Token:
        found = _STRING.match(self._text, place)
        if found is None:
            self._fail_at("Unexpected end-of-input in VALUE_STRING", len(self._text))
        return Token(kind, json.loads(found[0]), place + 1, found.end())

    def _skip(self, place: int) -> int:
        return _SPACE.match(self._text, place).end()  # type: ignore[union-attr]  # it matches nothing, too

    def _unexpected(self, place: int, expected: str) -> NoReturn:
        sign = self._text[place : place + 1]
        if not sign:
            self._fail_at("Unexpected end-of-input", place)
        self._fail_at(f"Unexpected character ('{sign}' (code {ord(sign)})): {expected}", place)
