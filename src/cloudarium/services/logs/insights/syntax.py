"""What a query says: text in, a tree of commands out, or the error that AWS answers with its place in the text."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudarium.services.logs.errors import MalformedQuery
from cloudarium.services.logs.insights.periods import Moment
from cloudarium.shared.errors import NotBuilt

if TYPE_CHECKING:
    from lark import Lark, Token

_DEEPEST = 64  # of parentheses
_ESCAPED = re.compile(r"\\(.)", re.S)
_STEP = re.compile(r"`([^`]+)`|([\w@$]+)|\[(\d+)\]|\[\"([^\"]*)\"\]|\['([^']*)'\]")


class Place(NamedTuple):
    """Where in the query something stands."""

    start: int
    end: int


class Field(NamedTuple):
    """A field by its name; `steps` are the parts between dots and brackets."""

    name: str
    steps: tuple[str | int, ...]
    place: Place
    text: str


class Literal(NamedTuple):
    """A number, a text or a boolean."""

    value: float | int | str | bool
    text: str


class Duration(NamedTuple):
    """An amount of a unit of time, such as 5m."""

    text: str


class Regex(NamedTuple):
    """What stands between two slashes."""

    pattern: str
    text: str


class Star(NamedTuple):
    """The * of count(*)."""

    text: str = "*"


class Operation(NamedTuple):
    """An operator with its operands: arithmetic, a comparison, `and`, `or`, `not`, `like`, `in`, `-`."""

    sign: str
    operands: tuple[Any, ...]
    text: str


class Function(NamedTuple):
    """A function with its arguments."""

    name: str
    arguments: tuple[Any, ...]
    place: Place
    text: str


Expression = Field | Literal | Duration | Regex | Star | Operation | Function


class Column(NamedTuple):
    """An expression and the name of its result: its own text unless `as` says another."""

    expression: Expression
    name: str
    named: bool


class Command(NamedTuple):
    """One command: its kind and what it was given."""

    kind: str
    given: dict[str, Any]
    place: Place
    word: str


class Source(NamedTuple):
    """What a SOURCE command selects: groups by name, or by their class and the beginnings of their names, and times."""

    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    start: Moment | None = None
    end: Moment | None = None


class Query(NamedTuple):
    """A whole query."""

    text: str
    commands: tuple[Command, ...]
    source: Source | None


def calls(part: Any, name: str) -> bool:
    """Whether a part of a query calls a function, at any depth; raises RecursionError as other readers of depths do."""
    if isinstance(part, Function) and part.name.lower() == name:
        return True
    if isinstance(part, dict):
        return any(calls(each, name) for each in part.values())
    return isinstance(part, tuple | list) and any(calls(each, name) for each in part)


def parse(text: str) -> Query:
    """Read a query. Raises MalformedQuery with the place of the first problem."""
    _check_depth(text)
    from lark import UnexpectedInput

    from cloudarium.services.logs.insights.reading import Reader

    try:
        tree = _grammar().parse(text)
        return Reader(text).query(tree)
    except UnexpectedInput as problem:
        raise _unexpected(text, problem) from None
    except RecursionError:
        raise MalformedQuery("The query is nested too deeply", 0, len(text)) from None


@functools.cache
def _grammar() -> Lark:
    from lark import Lark

    grammar = Path(__file__).with_name("grammar.lark").read_text()
    return Lark(grammar, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False)


def _check_depth(text: str) -> None:
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth > _DEEPEST:
            raise MalformedQuery("The query is nested too deeply", place, place + 1)


def _unexpected(text: str, problem: Any) -> Exception:
    place = problem.pos_in_stream if problem.pos_in_stream is not None and problem.pos_in_stream >= 0 else len(text)
    token: Token | None = getattr(problem, "token", None)
    if token is not None and token.type == "$END":
        place = len(text)
    rest = text[place:]
    if re.match(r"\(?\s*source\b", rest, re.I) and text[:place].rstrip().lower().endswith((" in", "(")):
        return NotBuilt("logs:StartQuery subqueries")
    found = re.match(r"[\w@.]+|.", rest, re.S)
    word = found[0] if found else "<EOF>"
    return unexpected(text, word, place)


def unexpected(text: str, word: str, start: int) -> MalformedQuery:
    """The error for a symbol that may not stand where it does; lines count from 1, positions in a line from 0."""
    line = text.count("\n", 0, start) + 1
    position = start - (text.rfind("\n", 0, start) + 1)
    end = min(start + len(word), len(text)) if word != "<EOF>" else start
    return MalformedQuery(f"unexpected symbol found {word} at line {line} and position {position}", start, end)


def unquoted(text: str) -> str:
    """The characters of a quoted text; a backslash stands for what is behind it."""
    return _ESCAPED.sub(lambda match: {"n": "\n", "t": "\t", "r": "\r"}.get(match[1], match[1]), text[1:-1])


def steps_of(name: str) -> tuple[str | int, ...]:
    """The parts of a field's name between dots and brackets."""
    steps: list[str | int] = []
    for quoted, plain, index, *keys in _STEP.findall(name):
        steps.append(
            int(index) if index and len(index) < 10 else quoted or plain or index or next(filter(None, keys), "")
        )
    return tuple(steps)
