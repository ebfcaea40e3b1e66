"""One expression text with its names, compiled once and kept.

The values are checked with every request: they decide whether the operands' types are right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from cloudarium.services.dynamodb.errors import ValidationException
from cloudarium.services.dynamodb.expressions import checks
from cloudarium.services.dynamodb.expressions.conditions import Test, test_of
from cloudarium.services.dynamodb.expressions.keyconditions import KeyTest, key_tests
from cloudarium.services.dynamodb.expressions.parser import (
    Action,
    Between,
    CallNode,
    Node,
    Parser,
    Path,
    Placeholder,
    Update,
)
from cloudarium.services.dynamodb.expressions.paths import Projector, Steps, projector
from cloudarium.services.dynamodb.expressions.tokens import ExpressionError
from cloudarium.services.dynamodb.expressions.updates import Change, changes_of
from cloudarium.services.dynamodb.rules.values import Item, Value, kind_of

MAX_TEXT = 4096
MOST_SIGNATURES = 64
Values = Mapping[str, Value]
Names = tuple[tuple[str, str], ...]


class _Fitting:
    """Remembers with which types of values a tree passed its checks; when contents count too, it remembers nothing."""

    __slots__ = ("_known", "_names", "by_content")

    def __init__(self, names: frozenset[str], by_content: bool) -> None:
        self._names = tuple(names)
        self._known: set[tuple[str, ...]] = set()
        self.by_content = by_content

    def known(self, given: Values) -> bool:
        """Whether values of these types have passed before."""
        if self.by_content or any(name not in given for name in self._names):
            return False
        return tuple(kind_of(given[name]) for name in self._names) in self._known

    def note(self, given: Values) -> None:
        """Values of these types have passed."""
        if not self.by_content and len(self._known) < MOST_SIGNATURES:
            self._known.add(tuple(kind_of(given[name]) for name in self._names))


class Condition(NamedTuple):
    """A compiled condition and what it mentions: placeholders, top-level attributes, and those it looks into."""

    node: Node
    test: Test
    names: frozenset[str]
    values: frozenset[str]
    heads: frozenset[str]
    nested: frozenset[str]
    fitting: _Fitting

    def check_defined(self, given: Sequence[str]) -> None:
        """A condition is checked part by part: `check` comes to what is not defined in its turn."""

    def check(self, given: Values) -> None:
        """Refuse values that are undefined or of a type an operator does not take."""
        if not self.fitting.known(given):
            checks.check_condition_values(self.node, given)
            self.fitting.note(given)


class Changes(NamedTuple):
    """A compiled update; `heads` are the top-level attributes that it sets or reads."""

    tree: Update
    changes: tuple[Change, ...]
    names: frozenset[str]
    values: frozenset[str]
    heads: frozenset[str]
    nested: frozenset[str]
    fitting: _Fitting

    def check_defined(self, given: Sequence[str]) -> None:
        """Refuse a :value that is not among `given`; AWS begins with the last action."""
        for action in reversed(self.tree.actions):
            for node in checks.walk(action.operand) if action.operand is not None else ():
                if isinstance(node, Placeholder):
                    checks.check_defined(node, given)

    def check(self, given: Values) -> None:
        """Refuse values that are undefined or of a type an action does not take."""
        if not self.fitting.known(given):
            checks.check_update_values(self.tree, given)
            self.fitting.note(given)


class Projection(NamedTuple):
    """A compiled projection."""

    paths: tuple[Steps, ...]
    names: frozenset[str]
    nested: frozenset[str]
    show: Projector

    def check_defined(self, given: Sequence[str]) -> None:
        """A projection has no values."""

    @property
    def heads(self) -> frozenset[str]:
        """The top-level attributes it shows something of."""
        return frozenset(str(steps[0]) for steps in self.paths)


# ---- Compiling one text ---------------------------------------------------------------------------------------------


def _parser(text: str) -> Parser:
    if not text:
        raise ExpressionError("The expression can not be empty;")
    size = len(text.encode())
    if size > MAX_TEXT:
        raise ExpressionError(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
    return Parser(text)


@lru_cache(maxsize=1024)
def compile_condition(text: str, names: Names) -> Condition:
    """A condition, filter or key condition. Raises ExpressionError."""
    parser = _parser(text)
    tree = parser.whole(parser.condition)
    checks.check_condition_text(tree)
    return condition_of(checks.resolve(tree, dict(names), checks.path_or_undefined), _used_names(parser))


def condition_of(tree: Node, used: frozenset[str] = frozenset()) -> Condition:
    """The compiled form of a tree with resolved paths."""
    nodes = list(checks.walk(tree))
    found = [node for node in nodes if isinstance(node, Path)]
    given = frozenset(node.name for node in nodes if isinstance(node, Placeholder))
    by_content = any(_by_content(node) for node in nodes)
    return Condition(
        node=tree,
        test=test_of(tree) if checks.fits(nodes) else _never,
        names=used,
        values=given,
        heads=frozenset(str(path.steps[0]) for path in found),
        nested=_nested(found),
        fitting=_Fitting(given, by_content),
    )


def _never(item: Item, values: Values) -> bool:
    """The test of a condition that no values pass the checks of."""
    return False


def _by_content(node: Node) -> bool:
    """Whether a check looks at what a value holds: the bounds of BETWEEN, the type's name."""
    return isinstance(node, Between) or (isinstance(node, CallNode) and node.name == "attribute_type")


@lru_cache(maxsize=1024)
def compile_key_condition(text: str, names: Names) -> tuple[Condition, tuple[KeyTest, ...] | str]:
    """A key condition and its tests, or why it may not be one: AWS says so only when all else is right."""
    condition = compile_condition(text, names)
    try:
        return condition, key_tests(condition.node)
    except ValidationException as error:
        return condition, error.message


@lru_cache(maxsize=1024)
def compile_update(text: str, names: Names) -> Changes:
    """An update. Raises ExpressionError."""
    parser = _parser(text)
    tree = parser.whole(parser.update)
    checks.check_update_text(tree)
    given = dict(names)
    targets = [checks.resolve_path(action.path, given) for action in tree.actions]
    checks.check_overlap(targets)
    return changes_in(
        Update(tuple((word, tuple(_resolved(action, given) for action in actions)) for word, actions in tree.sections)),
        _used_names(parser),
    )


def changes_in(tree: Update, used: frozenset[str] = frozenset()) -> Changes:
    """The compiled form of an update with resolved paths."""
    operands = [node for action in tree.actions if action.operand for node in checks.walk(action.operand)]
    found = [node for node in operands if isinstance(node, Path)] + [action.path for action in tree.actions]
    given = frozenset(node.name for node in operands if isinstance(node, Placeholder))
    changes = changes_of(tree.actions) if checks.fits(operands) else ()  # no values pass the checks of such a tree
    heads = frozenset(str(path.steps[0]) for path in found)
    return Changes(tree, changes, used, given, heads, _nested(found), _Fitting(given, False))


def _resolved(action: Action, given: Mapping[str, str]) -> Action:
    operand = None if action.operand is None else checks.resolve(action.operand, given, checks.resolve_path)
    return Action(action.word, checks.resolve_path(action.path, given), operand)


@lru_cache(maxsize=1024)
def compile_projection(text: str, names: Names) -> Projection:
    """A projection. Raises ExpressionError."""
    parser = _parser(text)
    found = parser.whole(parser.projection)
    checks.check_projection_text(found)
    given = dict(names)
    resolved = [checks.resolve_path(path, given) for path in found]
    checks.check_overlap(resolved)
    return projection_of(tuple(path.steps for path in resolved), _used_names(parser))


def projection_of(found: tuple[Steps, ...], used: frozenset[str] = frozenset()) -> Projection:
    """The compiled form of resolved paths."""
    return Projection(found, used, frozenset(str(steps[0]) for steps in found if len(steps) > 1), projector(found))


def _used_names(parser: Parser) -> frozenset[str]:
    return frozenset(token.text for token in parser.tokens if token.kind == "name")


def _nested(found: Sequence[Path]) -> frozenset[str]:
    return frozenset(str(path.steps[0]) for path in found if len(path.steps) > 1)
