"""From the parser's tree to the commands of a query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lark import Token, Tree

from cloudarium.services.logs.errors import MalformedQuery
from cloudarium.services.logs.insights.periods import PREVIOUS, Moment, moment
from cloudarium.services.logs.insights.syntax import (
    Column,
    Command,
    Duration,
    Expression,
    Field,
    Function,
    Literal,
    Operation,
    Place,
    Query,
    Regex,
    Source,
    Star,
    steps_of,
    unexpected,
    unquoted,
)
from cloudarium.shared.errors import NotBuilt

_MOST_PREFIXES = 5
# AWS's page has the second name of each in its text and the first in its examples.
_KEYWORDS = {
    "namePrefix": "prefixes",
    "class": "classes",
    "logGroupClass": "classes",
    "accountIdentifiers": "accounts",
    "accountIdentifier": "accounts",
}
_SHORTEST_PREFIX = 3


class Reader:
    """Reads one query's tree."""

    def __init__(self, text: str) -> None:
        self._text = text

    def query(self, tree: Tree[Token]) -> Query:
        """The whole query."""
        source: Source | None = None
        commands = []
        for child in tree.children:
            assert isinstance(child, Tree)
            if child.data == "source":
                source = self._source(child)
            else:
                commands.append(self._command(child))
        return Query(self._text, tuple(commands), source)

    # ---- Commands ----------------------------------------------------------------------------------------------------

    def _command(self, tree: Any) -> Command:
        word = tree.children[0]
        place = Place(word.start_pos, tree.meta.end_pos)
        if tree.data == "refused":
            raise NotBuilt(f"logs:StartQuery the command {word}")
        read: Callable[[list[Any]], dict[str, Any]] = getattr(self, f"_{tree.data}")
        return Command(str(tree.data), read(tree.children[1:]), place, str(word))

    def _fields(self, children: list[Any]) -> dict[str, Any]:
        return {"columns": [self._column(child) for child in children]}

    _display = _unmask = _fields

    def _filter(self, children: list[Any]) -> dict[str, Any]:
        return {"condition": self._expression(children[0])}

    def _stats(self, children: list[Any]) -> dict[str, Any]:
        if _named(children, "offset"):
            raise NotBuilt("logs:StartQuery the offset of stats")
        by = next((at for at, child in enumerate(children) if isinstance(child, Token)), len(children))
        return {
            "columns": [self._column(child) for child in children[:by]],
            "by": [self._column(child) for child in children[by + 1 :]],
        }

    def _sort(self, children: list[Any]) -> dict[str, Any]:
        keys = []
        for child in children:
            direction = child.children[1].lower() if len(child.children) > 1 else "asc"
            keys.append((self._expression(child.children[0]), direction == "desc"))
        return {"keys": keys}

    def _limit(self, children: list[Any]) -> dict[str, Any]:
        number = children[-1]
        if not number.isdecimal() or len(number) > 6 or not 1 <= int(number) <= 100_000:
            raise MalformedQuery(f"Invalid limit {number}", number.start_pos, number.end_pos)
        return {"number": int(number)}

    def _dedup(self, children: list[Any]) -> dict[str, Any]:
        return {"fields": [self._field(child) for child in children]}

    def _parse_glob(self, children: list[Any]) -> dict[str, Any]:
        *operand, pattern, _, names = children
        return {
            "of": self._expression(operand[0]) if operand else None,
            "glob": unquoted(pattern),
            "names": [self._field(child) for child in names.children],
            "place": Place(pattern.start_pos, pattern.end_pos),
        }

    def _parse_regex(self, children: list[Any]) -> dict[str, Any]:
        at = next(at for at, child in enumerate(children) if isinstance(child, Token))
        names = children[at + 2].children if len(children) > at + 1 else []
        return {
            "of": self._expression(children[0]) if at else None,
            "regex": self._regex(children[at]),
            "names": [self._field(child) for child in names],
            "place": Place(children[at].start_pos, children[at].end_pos),
        }

    def _pattern(self, children: list[Any]) -> dict[str, Any]:
        return {"of": self._expression(children[0])}

    def _diff(self, children: list[Any]) -> dict[str, Any]:
        modifier = str(children[0]).lower() if children else ""
        if modifier and modifier not in PREVIOUS:
            raise unexpected(self._text, str(children[0]), children[0].start_pos)
        return {"modifier": modifier}

    def _expand(self, children: list[Any]) -> dict[str, Any]:
        return {"of": self._field(children[0])}

    def _addtotals(self, children: list[Any]) -> dict[str, Any]:
        options = {
            str(each.children[0]).rstrip("= \t\n\r").lower(): each.children[1]
            for each in _named(children, "total_option")
        }
        given: dict[str, Any] = {"name": str(options.pop("fieldname", "Total"))}
        for name, usual in (("row", True), ("col", False)):
            word = options.get(name)
            if word is not None and word.lower() not in ("true", "false"):
                raise unexpected(self._text, str(word), word.start_pos)
            given[name] = usual if word is None else word.lower() == "true"
        return {**given, "fields": [self._field(each) for each in _named(children, "field")]}

    def _unnest(self, children: list[Any]) -> dict[str, Any]:
        return {"of": self._field(children[0]), "into": self._field(children[2])}

    def _source(self, tree: Tree[Token]) -> Source:
        parts: list[Any] = tree.children[1:]
        source = self._groups(parts)
        for part in parts:
            if part.data == "source_time":
                start, at = self._time(part)
                source = source._replace(start=at) if start else source._replace(end=at)
        return source

    def _groups(self, parts: list[Any]) -> Source:
        if parts[0].data == "source_data":
            raise NotBuilt("logs:StartQuery dataSource of SOURCE")
        if parts[0].data == "source_name":
            names = [part.children[0] for part in parts if part.data == "source_name"]
            return Source(tuple(unquoted(name) if name.type == "STRING" else str(name) for name in names))
        given: dict[str, tuple[str, ...]] = {}
        for argument in parts[0].children[1:]:
            key, value = argument.children
            name = _KEYWORDS.get(str(key))
            if name is None:
                raise MalformedQuery(f"Unknown argument {key} of SOURCE", key.start_pos, key.end_pos)
            given[name] = tuple(self._texts(one) for one in (value.children if isinstance(value, Tree) else [value]))
            _check_prefixes(given.get("prefixes", ()), Place(key.start_pos, argument.meta.end_pos))
        source = Source(prefixes=given.get("prefixes", ()), accounts=given.get("accounts", ()))
        return source._replace(classes=given.get("classes") or ("STANDARD",))

    def _time(self, tree: Any) -> tuple[bool, Moment]:
        """Whether it is the start, and the moment."""
        word, text = tree.children
        found = moment(str(text))
        if found is None:
            raise unexpected(self._text, str(text), text.start_pos)
        return word.lower().startswith("start"), found

    def _texts(self, one: Any) -> str:
        if isinstance(one, Token):
            return unquoted(one)
        value = self._expression(one)
        if not isinstance(value, Literal):
            raise MalformedQuery("SOURCE takes texts only", one.meta.start_pos, one.meta.end_pos)
        return str(value.value)

    # ---- Expressions -------------------------------------------------------------------------------------------------

    def _slice(self, tree: Any) -> str:
        return self._text[tree.meta.start_pos : tree.meta.end_pos]

    def _column(self, tree: Tree[Token]) -> Column:
        expression = self._expression(tree.children[0])
        if len(tree.children) > 1:
            return Column(expression, self._field(tree.children[2]).name, True)
        name = expression.name if isinstance(expression, Field) else expression.text
        return Column(expression, name, False)

    def _field(self, tree: Any) -> Field:
        token = tree.children[0]
        text = str(token)
        return Field(text.replace("`", ""), steps_of(text), Place(token.start_pos, token.end_pos), text)

    def _regex(self, token: Any) -> Regex:
        return Regex(str(token)[1:-1].replace("\\/", "/"), str(token))

    def _expression(self, tree: Any) -> Expression:
        if tree.data == "parenthesis":
            return self._expression(tree.children[0])
        simple: dict[str, Callable[[Any], Expression]] = {
            "field": self._name_or_truth,
            "number": lambda tree: Literal(_number(tree.children[0]), self._slice(tree)),
            "text": lambda tree: Literal(unquoted(tree.children[0]), self._slice(tree)),
            "duration": lambda tree: Duration(str(tree.children[0])),
            "regex": lambda tree: self._regex(tree.children[0]),
            "star": lambda tree: Star(),
            "function": self._function,
            "member": self._member,
            "like": self._like,
        }
        if tree.data in simple:
            return simple[tree.data](tree)
        return self._operation(tree)

    def _operation(self, tree: Any) -> Operation:
        operands = tuple(self._expression(child) for child in tree.children if isinstance(child, Tree))
        sign = {"disjunction": "or", "conjunction": "and", "negated": "not", "minus": "minus"}.get(tree.data)
        if sign is None:
            sign = next(str(child) for child in tree.children if isinstance(child, Token))
        return Operation(sign, operands, self._slice(tree))

    def _name_or_truth(self, tree: Any) -> Expression:
        field = self._field(tree)
        if field.text.lower() in ("true", "false"):
            return Literal(field.text.lower() == "true", field.text)
        return field

    def _function(self, tree: Any) -> Expression:
        name, *arguments = tree.children
        place = Place(name.start_pos, tree.meta.end_pos)
        return Function(str(name), tuple(self._expression(each) for each in arguments), place, self._slice(tree))

    def _member(self, tree: Any) -> Operation:
        left, *_, choices = tree.children
        values = tuple(self._expression(child) for child in choices.children)
        inside = Operation("in", (self._expression(left), *values), self._slice(tree))
        negated = any(isinstance(child, Token) and child.type == "NOT" for child in tree.children)
        return Operation("not", (inside,), inside.text) if negated else inside

    def _like(self, tree: Any) -> Operation:
        left, *_, right = tree.children
        wanted = self._regex(right) if right.type == "REGEX" else Literal(unquoted(right), str(right))
        like = Operation("like", (self._expression(left), wanted), self._slice(tree))
        matches = any(isinstance(child, Token) and child.type == "MATCHES" for child in tree.children)
        if matches and isinstance(wanted, Literal):
            like = Operation("like", (like.operands[0], Regex(str(wanted.value), str(right))), like.text)
        negated = any(isinstance(child, Token) and child.type == "NOT" for child in tree.children)
        return Operation("not", (like,), like.text) if negated else like


def _check_prefixes(prefixes: tuple[str, ...], place: Place) -> None:
    if len(prefixes) > _MOST_PREFIXES:
        raise MalformedQuery(f"SOURCE takes at most {_MOST_PREFIXES} values of namePrefix", *place)
    if any(len(prefix) < _SHORTEST_PREFIX or "*" in prefix for prefix in prefixes):
        raise MalformedQuery("A namePrefix of SOURCE has at least 3 characters and no *", *place)


def _named(children: list[Any], rule: str) -> list[Any]:
    return [child for child in children if isinstance(child, Tree) and child.data == rule]


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if text.isdecimal() and len(text) < 19 else value
