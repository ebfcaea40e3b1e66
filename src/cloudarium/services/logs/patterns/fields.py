"""Space-delimited patterns: `[ip, user, ..., status_code = 4* && status_code != 403, bytes > 1000]`."""

from __future__ import annotations

import re

from cloudarium.services.logs.patterns.comparisons import compare
from cloudarium.services.logs.patterns.lexer import END, PatternError, Predicate, Tokens

_MOST_FIELDS = 100
_MOST_REGEXES = 2
_FIELD = re.compile(r'"([^"]*)"|\[([^\]]*)\]|(\S+)')
_NAME = re.compile(r"[\s(]*\$?(\w+)")
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)*%|,|[^",%]+|["%]', re.S)


def split_fields(message: str) -> list[str]:
    """The fields of a log line: words, and what stands between brackets or double quotes."""
    return [match[match.lastindex or 0] for match in _FIELD.finditer(message)]


def compile_fields(text: str) -> Predicate:
    """The predicate over a message's text."""
    if not text.endswith("]") or len(text) < 3:
        raise PatternError("Invalid filter pattern")
    pieces = _pieces(text[1:-1])
    if len(pieces) > _MOST_FIELDS or pieces.count("...") > 1:
        raise PatternError("Invalid filter pattern")
    if sum(piece.count("%") for piece in pieces) > 2 * _MOST_REGEXES:
        raise PatternError("Invalid filter pattern: at most 2 regular expressions are allowed")
    if "..." not in pieces:
        exact = [_compile_field(piece) for piece in pieces]
        return lambda message: _all(exact, split_fields(message))
    at = pieces.index("...")
    head = [_compile_field(piece) for piece in pieces[:at]]
    tail = [_compile_field(piece) for piece in pieces[at + 1 :]]
    return lambda message: _ends(head, tail, split_fields(message))


def _pieces(inside: str) -> list[str]:
    """The text between the commas, where quotes and regular expressions keep theirs."""
    pieces = [""]
    for match in _PIECE.finditer(inside):
        if match[0] == ",":
            pieces.append("")
        else:
            pieces[-1] += match[0]
    return [piece.strip() for piece in pieces]


def named_fields(text: str, message: str) -> dict[str, str]:
    """The fields of a message by the names that a pattern gives them, with a $ ahead."""
    pieces = _pieces(text.strip()[1:-1])
    values = split_fields(message)
    at = pieces.index("...") if "..." in pieces else len(pieces)
    tail = pieces[at + 1 :]
    pairs = [*zip(pieces[:at], values, strict=False)]
    pairs += zip(tail, values[len(values) - len(tail) :] if tail else [], strict=False)
    names = [(_NAME.match(piece), value) for piece, value in pairs]
    return {f"${name[1]}": value for name, value in names if name is not None}


def _all(conditions: list[Predicate | None], values: list[str]) -> bool:
    return len(conditions) == len(values) and all(
        condition is None or condition(value) for condition, value in zip(conditions, values, strict=True)
    )


def _ends(head: list[Predicate | None], tail: list[Predicate | None], values: list[str]) -> bool:
    if len(values) < len(head) + len(tail):
        return False
    return _all(head, values[: len(head)]) and _all(tail, values[len(values) - len(tail) :])


def _compile_field(piece: str) -> Predicate | None:
    """The condition of one field; None when any value will do (a bare name, or nothing at all)."""
    if not piece:
        return None
    tokens = Tokens(piece)
    if tokens.peek().kind == "word" and len(piece.split()) == 1 and re.fullmatch(r"\$?\w+", piece):
        return None
    names: set[str] = set()

    def condition(cursor: Tokens) -> Predicate:
        names.add(cursor.expect("word").text)
        sign = cursor.expect("operator").text
        # AWS writes [w1=!ERROR] for [w1!=ERROR] in its own examples.
        return compare("!=" if sign == "=!" else sign, cursor.take())

    predicate = tokens.expression(condition)
    if tokens.peek() is not END or len(names) != 1:
        raise PatternError("Invalid filter pattern")
    return predicate
