"""Wildcard patterns of policies: `*` any text, `?` one character; matched in linear passes, never by backtracking.

A policy is hostile input: `*a*a*a*a*b` as a regular expression takes minutes on a long resource name. A glob needs
none: its pieces between the stars are searched from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

Matcher = Callable[[str], bool]

# Stand-ins for a literal star and question mark: values of policy variables never act as wildcards.
LITERAL_STAR = "\ue000"
LITERAL_MARK = "\ue001"
_RESTORE = str.maketrans({LITERAL_STAR: "*", LITERAL_MARK: "?"})


def literal(text: str) -> str:
    """The text as a pattern that matches only itself."""
    if "*" in text or "?" in text:
        return text.replace("*", LITERAL_STAR).replace("?", LITERAL_MARK)
    return text


def restore(pattern: str) -> str:
    """The pattern's text with stand-ins turned back into the characters they stand for."""
    return pattern.translate(_RESTORE)


class _Piece:
    """A star-free part of a pattern that holds question marks."""

    __slots__ = ("length", "regex")

    def __init__(self, text: str) -> None:
        self.length = len(text)
        self.regex = re.compile("".join("." if c == "?" else re.escape(restore(c)) for c in text), re.DOTALL)

    def find(self, text: str, start: int) -> int:
        found = self.regex.search(text, start)
        return -1 if found is None else found.start()

    def at(self, text: str, start: int) -> bool:
        return self.regex.match(text, start) is not None


class _Text:
    """A star-free part of a pattern without question marks."""

    __slots__ = ("length", "text")

    def __init__(self, text: str) -> None:
        self.text = restore(text)
        self.length = len(text)

    def find(self, text: str, start: int) -> int:
        return text.find(self.text, start)

    def at(self, text: str, start: int) -> bool:
        return text.startswith(self.text, start)


def _piece(text: str) -> _Piece | _Text:
    return _Piece(text) if "?" in text else _Text(text)


def _anything(_text: str) -> bool:
    return True


@lru_cache(maxsize=16384)
def glob(pattern: str) -> Matcher:
    """A function that says whether a whole text matches the pattern, case-sensitively."""
    if "*" not in pattern:
        if "?" not in pattern:
            return restore(pattern).__eq__
        only = _Piece(pattern)
        return lambda text: len(text) == only.length and only.at(text, 0)
    if not pattern.strip("*"):
        return _anything
    parts = pattern.split("*")
    first, last = _piece(parts[0]), _piece(parts[-1])
    middle = [_piece(part) for part in parts[1:-1] if part]
    return _starred(first, middle, last)


def _starred(first: _Piece | _Text, middle: list[_Piece | _Text], last: _Piece | _Text) -> Matcher:
    shortest = first.length + last.length

    def matches(text: str) -> bool:
        end = len(text) - last.length
        if len(text) < shortest or not first.at(text, 0) or not last.at(text, end):
            return False
        position = first.length
        for piece in middle:
            position = piece.find(text, position)
            if position < 0:
                return False
            position += piece.length
        return position <= end

    return matches


@lru_cache(maxsize=16384)
def resource(pattern: str) -> Matcher:
    """A matcher for a statement's Resource: a star that ends an ARN segment may run over colons, another may not.

    AWS: "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon
    boundaries." The sixth segment holds the rest, so there every star may run over colons.
    """
    segments = pattern.split(":", 5)
    if len(segments) == 6 and any("?" in segment or "*" in segment[:-1] for segment in segments[:5]):
        return arn(pattern)
    return glob(pattern)


@lru_cache(maxsize=16384)
def arn(pattern: str) -> Matcher:
    """A matcher for the Arn* operators: each of the six segments is compared on its own."""
    segments = pattern.split(":", 5)
    if len(segments) < 6:
        return glob(pattern)
    globs = [glob(segment) for segment in segments]

    def matches(text: str) -> bool:
        parts = text.split(":", 5)
        return len(parts) == 6 and all(one(part) for one, part in zip(globs, parts, strict=True))

    return matches
