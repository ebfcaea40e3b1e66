"""Filter expressions: compiled once, asked of one trace after the other.

The grammar is filters.lark; what a keyword means depends on where it stands: of a trace, of a service() or an edge(),
of an element of a root cause.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import lark

from cloudarium.traces import aspects
from cloudarium.traces.aspects import Aspect, OfTrace
from cloudarium.traces.assembled import Node

_LONGEST = 10_000  # characters
_DEEPEST = 50  # conditions inside of one another
_CAUSES_JSON = re.compile(r"rootcause(?:\.(fault|error|responsetime))?\.json", re.I)
_GROUP = {"group.name": "name", "groupname": "name", "group.arn": "arn", "grouparn": "arn"}
_KINDS = ("fault", "error", "responsetime")


class InvalidFilter(Exception):
    """The text is no filter expression."""


class Groups(NamedTuple):
    """How a group's expression is found, by its name or ARN; None when there is no such group."""

    find: Callable[[str], str | None]


class Test(NamedTuple):
    """A compiled condition; `names` are what a service() or an edge() is about."""

    holds: Callable[[Aspect], bool]
    depth: int = 1
    names: tuple[Callable[[Node], bool], ...] = ()
    annotated: bool = False  # whether it asks for an annotation, which only a trace has


def compiled(text: str, groups: Groups) -> Callable[[OfTrace], bool]:
    """Whether a trace fits the expression. Raises InvalidFilter."""
    return _Conditions(groups, 0).of(text).holds


def selector(text: str) -> tuple[Callable[[Node], bool], ...]:
    """The node (service()) or the two nodes (edge()) that an expression is about. Raises InvalidFilter."""
    names = _Conditions(Groups(lambda _: None), 0).of(text).names
    if not names:
        raise InvalidFilter("only service(), edge() and id() select")
    return names


@cache
def _parser() -> lark.Lark:
    grammar = Path(__file__).with_name("filters.lark").read_text()
    return lark.Lark(grammar, parser="lalr", maybe_placeholders=True)


@lru_cache(maxsize=256)
def _tree(text: str) -> lark.Tree[Any]:
    return _parser().parse(text)


def _unexpected(text: str, problem: lark.exceptions.UnexpectedInput) -> str:
    at = problem.pos_in_stream
    token = getattr(problem, "token", None)
    if at is None or at < 0 or at >= len(text) or (token is not None and token.type == "$END"):
        return "it ends too early"
    word = re.match(r"[\w.]+|.", text[at:], re.S)
    return f"{word[0] if word else text[at]} does not belong at position {at + 1}"


class _Conditions(lark.Transformer[Any, Any]):
    """Makes conditions of a parsed expression, from its leaves up."""

    def __init__(self, groups: Groups, within: int) -> None:
        super().__init__()
        self._groups = groups
        self._within = within  # how many groups led here
        self._json: list[Any] = []

    def of(self, text: str) -> Test:
        """The condition that a text says. Raises InvalidFilter."""
        if len(text) > _LONGEST:
            raise InvalidFilter("it is too long")
        plain = self._without_json(text)
        try:
            found = self._walk(_tree(plain))
        except lark.exceptions.VisitError as error:
            raise InvalidFilter(str(error.orig_exc)) from None
        except lark.exceptions.UnexpectedInput as error:
            raise InvalidFilter(_unexpected(plain, error)) from None
        except RecursionError:
            raise InvalidFilter("it is nested too deeply") from None
        return found

    def _walk(self, tree: lark.Tree[Any]) -> Test:
        found = self.transform(tree)
        assert isinstance(found, Test)
        return found

    def _without_json(self, text: str) -> str:
        """Replace each JSON object by its number: no regular expression finds where one ends."""
        made, at = [], 0
        for place in re.finditer(r"""#(?=\s*[\[{])|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", text):
            if place[0] != "#" or place.start() < at:
                continue
            try:
                rest = text[place.end() :]
                value, length = json.JSONDecoder().raw_decode(rest.lstrip())
            except (ValueError, RecursionError):
                raise InvalidFilter("the JSON in it is not valid") from None
            made.append(text[at : place.start()] + f"#{len(self._json)}")
            self._json.append(value)
            at = place.end() + length + (len(rest) - len(rest.lstrip()))
        return "".join(made) + text[at:]

    # ---- Values -----------------------------------------------------------------------------------------------------

    def text(self, given: list[lark.Token]) -> str:
        """A string without its quotes."""
        return re.sub(r"\\(.)", r"\1", str(given[0])[1:-1])

    def number(self, given: list[lark.Token]) -> float:
        """A number."""
        return float(given[0])

    def word(self, given: list[lark.Token]) -> str | bool:
        """true, false, or a string that came without quotes."""
        text = str(given[0])
        return {"true": True, "false": False}.get(text.lower(), text)

    def json(self, given: list[lark.Token]) -> Any:
        """A JSON object."""
        number = int(given[0][1:])
        if number >= len(self._json):
            raise InvalidFilter("# stands before JSON")
        return _Json(self._json[number])

    def part(self, given: list[Any]) -> tuple[str, Any]:
        """One part of an id()."""
        return str(given[0]).lower(), given[1]

    def name(self, given: list[lark.Token]) -> Callable[[Node], bool]:
        """A node by its name."""
        token = given[0]
        wanted = self.text(given) if token.type == "STRING" else str(token)
        return lambda node: node.name == wanted

    def id(self, given: list[tuple[str, Any]]) -> Callable[[Node], bool]:
        """A node by its name, type and account."""
        wanted = dict(one for one in given if one is not None)
        if not wanted or wanted.keys() - {"name", "type", "account.id"}:
            raise InvalidFilter("id() takes name, type and account.id")
        return lambda node: (
            wanted.get("name", node.name) == node.name
            and wanted.get("type", node.type) == node.type
            and str(wanted.get("account.id", node.account)) == node.account
        )

    # ---- Conditions -------------------------------------------------------------------------------------------------

    def both(self, given: list[Test]) -> Test:
        """All of them."""
        holds = [one.holds for one in given]
        return self._made(lambda what: all(each(what) for each in holds), given)

    def either(self, given: list[Test]) -> Test:
        """One of them."""
        holds = [one.holds for one in given]
        return self._made(lambda what: any(each(what) for each in holds), given)

    def opposite(self, given: list[Test]) -> Test:
        """Not it."""
        holds = given[0].holds
        return self._made(lambda what: not holds(what), given)

    def is_set(self, given: list[lark.Token]) -> Test:
        """A keyword alone: true, or there at all."""
        key = _annotation(given[0])
        if key is not None:
            return Test(lambda what: any(one is not False for one in what.annotations(key)), annotated=True)
        keyword = aspects.keyword(str(given[0]))
        if keyword is None:
            raise InvalidFilter(f"{given[0]} is no keyword")
        if keyword in aspects.BOOLEANS:
            return Test(lambda what: True in what.values(keyword))
        return Test(lambda what: bool(what.values(keyword)))

    def compared(self, given: list[Any]) -> Test:
        """A keyword and what it is compared with."""
        token, operator, value = given[0], str(given[1]).lower(), given[2]
        if isinstance(value, _Json):
            return _caused_by(str(token), operator, value.value)
        if str(token).lower() in _GROUP:
            return self._of_group(operator, value)
        key = _annotation(token)
        if key is not None:
            test = _comparison(operator, value)
            return Test(lambda what: test(what.annotations(key)), annotated=True)
        keyword = aspects.keyword(str(token))
        if keyword is None:
            raise InvalidFilter(f"{token} is no keyword")
        _check(keyword, operator, value)
        test = _comparison(operator, value)
        return Test(lambda what: test(what.values(keyword)))

    def service(self, given: list[Any]) -> Test:
        """A node of the trace that fits."""
        name, inner = given
        holds = None if inner is None else inner.holds
        return self._made(
            lambda what: any(
                (name is None or name(node)) and (holds is None or holds(one)) for node, one in what.services()
            ),
            [] if inner is None else [inner],
            (name or _any,),
        )

    def edge(self, given: list[Any]) -> Test:
        """A request from one node to another that fits."""
        source, target, inner = given
        holds = None if inner is None else inner.holds
        return self._made(
            lambda what: any(
                source(first) and target(last) and (holds is None or holds(one)) for first, last, one in what.edges()
            ),
            [] if inner is None else [inner],
            (source, target),
        )

    def cause(self, given: list[Any]) -> Test:
        """An element of a root cause that fits."""
        _, kind, element = str(given[0]).lower().split(".")
        inner = given[1] if len(given) > 1 else None
        holds = None if inner is None else inner.holds
        return self._made(
            lambda what: any(holds is None or holds(one) for one in what.causes(kind, element)),
            [] if inner is None else [inner],
        )

    def _made(
        self,
        holds: Callable[[Any], bool],
        of: list[Test],
        names: tuple[Callable[[Node], bool], ...] = (),
    ) -> Test:
        depth = 1 + max((one.depth for one in of), default=0)
        if depth > _DEEPEST:
            raise InvalidFilter("it is nested too deeply")
        annotated = any(one.annotated for one in of)
        if annotated and names:
            raise InvalidFilter("annotation cannot be asked for in a service() or an edge()")
        return Test(holds, depth, names, annotated)

    def _of_group(self, operator: str, value: Any) -> Test:
        if operator not in ("=", "!=") or not isinstance(value, str):
            raise InvalidFilter("a group is compared by = and !=")
        text = self._groups.find(value) if self._within < 5 else None
        if text is None:
            raise InvalidFilter(f"there is no group {value}")
        test = _Conditions(self._groups, self._within + 1).of(text) if text else Test(lambda what: True)
        return test if operator == "=" else self.opposite([test])


class _Json(NamedTuple):
    value: Any


def _any(node: Node) -> bool:
    return True


def _annotation(token: lark.Token) -> str | None:
    """The key in annotation.KEY or annotation[KEY]."""
    text = str(token)
    if token.type == "ANNOTATION" or text.lower().startswith("annotation."):
        return text[11:].rstrip("]").strip("\"' ")
    return None


def _check(keyword: str, operator: str, value: Any) -> None:
    """Whether this keyword can be compared so. Raises InvalidFilter."""
    if keyword in aspects.BOOLEANS:
        fits = isinstance(value, bool) and operator in ("=", "!=")
    elif keyword in aspects.NUMBERS:
        fits = isinstance(value, float) and operator in ("=", "!=", "<", "<=", ">", ">=")
    else:
        fits = isinstance(value, str) and operator in ("=", "!=", "contains", "beginswith", "endswith")
    if not fits:
        raise InvalidFilter(f"{keyword} cannot be compared with {value!r} by {operator.upper()}")


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, wanted: found == wanted,
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
    ">": lambda found, wanted: found > wanted,
    ">=": lambda found, wanted: found >= wanted,
    "contains": lambda found, wanted: wanted in found,
    "beginswith": lambda found, wanted: found.startswith(wanted),
    "endswith": lambda found, wanted: found.endswith(wanted),
}


def _comparison(operator: str, wanted: Any) -> Callable[[list[Any]], bool]:
    """Whether one of the values that are there compares so; of != none may be equal."""
    if operator == "!=":
        return lambda found: bool(found) and not any(_same_kind(one, wanted) and one == wanted for one in found)
    if operator not in ("=",) and isinstance(wanted, bool):
        raise InvalidFilter(f"{operator.upper()} does not compare truth")
    if operator in ("contains", "beginswith", "endswith") and not isinstance(wanted, str):
        raise InvalidFilter(f"{operator.upper()} compares text")
    compare = _COMPARED[operator]
    return lambda found: any(_same_kind(one, wanted) and compare(one, wanted) for one in found)


def _same_kind(one: Any, other: Any) -> bool:
    kinds = (bool, str, (int, float))
    return next((isinstance(other, kind) for kind in kinds if isinstance(one, kind)), False)


def _caused_by(keyword: str, operator: str, wanted: Any) -> Test:
    place = _CAUSES_JSON.fullmatch(keyword)
    if place is None or operator not in ("=", "!="):
        raise InvalidFilter("JSON is compared with rootcause.json")
    kinds = (place[1].lower(),) if place[1] else _KINDS
    ways = [one.get("Services") for one in (wanted if isinstance(wanted, list) else [wanted]) if isinstance(one, dict)]

    def holds(what: Aspect) -> bool:
        found = any(_says(way, one["Services"]) for way in ways for one in _causes(what, kinds))
        return found is (operator == "=")

    return Test(holds)


def _causes(what: Aspect, kinds: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for kind in kinds:
        yield from what.root_causes(kind)


def _says(wanted: Any, found: Any) -> bool:
    """Whether all that is wanted is found so; members that are not mentioned may be anything."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_says(value, found.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(_says, wanted, found))
    return bool(wanted == found)
