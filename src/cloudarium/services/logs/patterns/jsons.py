"""JSON patterns: `{ ($.user.id = 1 || $.user.name = "x*") && $.errors[0] NOT EXISTS }`."""

from __future__ import annotations

import re
from typing import Any

import orjson

from cloudarium.services.logs.patterns.comparisons import compare
from cloudarium.services.logs.patterns.lexer import END, PatternError, Predicate, Tokens

_MOST_REGEXES = 2
_STEP = re.compile(r"""\.(?P<name>[A-Za-z0-9_-]+|\*)|\[(?P<index>\d{1,6}|\*)\]|\['(?P<key>[^']+)'\]""", re.ASCII)
Path = tuple[str | int | None, ...]  # a name, an index, None for a wildcard


def compile_json(text: str) -> Predicate:
    """The predicate over a message's text; a message that is not a JSON object never matches."""
    if not text.endswith("}"):
        raise PatternError("Invalid filter pattern")
    tokens = Tokens(text[1:-1])
    matches = tokens.expression(_condition)
    if tokens.peek() is not END:
        raise PatternError("Invalid filter pattern")
    if len(re.findall(r"%(?:[^%\\]|\\.)*%", re.sub(r'"(?:[^"\\]|\\.)*"', "", text))) > _MOST_REGEXES:
        raise PatternError("Invalid filter pattern: at most 2 regular expressions are allowed")

    def predicate(message: str) -> bool:
        if message.lstrip()[:1] != "{":
            return False
        try:
            document = orjson.loads(message)
        except ValueError:
            return False
        return matches(document)

    return predicate


def _condition(tokens: Tokens) -> Predicate:
    path = path_of(tokens.expect("selector").text)
    token = tokens.take()
    if token.kind == "operator":
        return _compared(path, "!=" if token.text == "=!" else token.text, tokens)
    words = token.text.upper()
    if token.kind == "word" and words in ("IS", "NOT"):
        words += " " + tokens.expect("word").text.upper()
    constants = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}
    if words in constants:
        wanted = constants[words]
        return lambda document: any(value is wanted for value in select(document, path))
    if words in ("NOT EXISTS", "EXISTS"):
        exists = words == "EXISTS"
        return lambda document: any(True for _ in select(document, path)) is exists
    raise PatternError("Invalid filter pattern")


def _compared(path: Path, sign: str, tokens: Tokens) -> Predicate:
    holds = compare(sign, tokens.take())

    def condition(document: Any) -> bool:
        # A selector that ends at an array or an object fits neither = nor !=.
        return any(holds(value) for value in select(document, path) if not isinstance(value, dict | list))

    return condition


def path_of(text: str) -> Path:
    """The steps of a selector. Raises PatternError."""
    steps: list[str | int | None] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise PatternError(f"Invalid filter pattern: invalid selector '{text}'")
        position = match.end()
        step = match["name"] or match["key"] or match["index"]
        if step == "*" and match["key"] is None:
            steps.append(None)
        else:
            steps.append(int(step) if match["index"] else step)
    if not steps:
        raise PatternError(f"Invalid filter pattern: invalid selector '{text}'")
    return tuple(steps)


def select(document: Any, path: Path) -> list[Any]:
    """Every value that `path` leads to. Steps visit distinct nodes: the document bounds the work."""
    values = [document]
    for step in path:
        following: list[Any] = []
        for value in values:
            if step is None:
                following += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            elif isinstance(step, int):
                if isinstance(value, list) and step < len(value):
                    following.append(value[step])
            elif isinstance(value, dict) and step in value:
                following.append(value[step])
        values = following
    return values
