"""Patterns of plain terms: all must occur, `-term` must not, `?term`s are alternatives, `%…%` is a regex."""

from __future__ import annotations

import re

from cloudarium.services.logs.patterns.lexer import PatternError, Predicate, unquote
from cloudarium.services.logs.patterns.regex import Regex

_TERM = re.compile(
    r"""\s*(?P<sign>[-?]?)\s*(?:
        (?P<quoted>"(?:[^"\\]|\\.)*") | (?P<regex>%(?:[^%\\]|\\.)*%) | (?P<word>[^\s"]+)
    )""",
    re.VERBOSE | re.DOTALL,
)


def compile_terms(text: str) -> Predicate:
    """The predicate over a message's text. Case counts; a term may be any part of a word."""
    required: list[Predicate] = []
    excluded: list[Predicate] = []
    optional: list[Predicate] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise PatternError("Invalid filter pattern")
        position = match.end()
        {"": required, "-": excluded, "?": optional}[match["sign"]].append(_term(match))
    if optional and not required and not excluded:
        return lambda message: any(term(message) for term in optional)
    # AWS ignores the ? terms of a pattern that also includes or excludes terms.
    return lambda message: all(term(message) for term in required) and not any(term(message) for term in excluded)


def _term(match: re.Match[str]) -> Predicate:
    if match["regex"] is not None:
        return Regex(match["regex"][1:-1]).search
    if match["quoted"] is not None:
        text = unquote(match["quoted"])
    else:
        text = match["word"]
        if not all(character.isalnum() or character == "_" for character in text):
            raise PatternError(f"Invalid character(s) in term '{text}'")
    return lambda message: text in message
