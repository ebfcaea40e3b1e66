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
from cloudarium.services.dynamodb.expressions.parser import Action, Node, Parser, Path, Placeholder, Update
from cloudarium.services.dynamodb.expressions.paths import Steps
from cloudarium.services.dynamodb.expressions.tokens import ExpressionError
from cloudarium.services.dynamodb.expressions.updates import Change, changes_of

MAX_TEXT = 4096
Names = tuple[tuple[str, str], ...]


class Condition(NamedTuple):
    """A compiled condition and what it mentions: placeholders, top-level attributes, and those it looks into."""

    node: Node
    test: Test
    names: frozenset[str]
    values: frozenset[str]
    heads: frozenset[str]
    nested: frozenset[str]


class Changes(NamedTuple):
    """A compiled update."""

    tree: Update
    changes: tuple[Change, ...]
    names: frozenset[str]
    values: frozenset[str]
    nested: frozenset[str]


class Projection(NamedTuple):
    """A compiled projection."""

    paths: tuple[Steps, ...]
    names: frozenset[str]
    nested: frozenset[str]

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
    return condition_of(checks.resolve(tree, dict(names)), _used_names(parser))


def condition_of(tree: Node, used: frozenset[str] = frozenset()) -> Condition:
    """The compiled form of a tree with resolved paths."""
    nodes = list(checks.walk(tree))
    found = [node for node in nodes if isinstance(node, Path)]
    return Condition(
        node=tree,
        test=test_of(tree),
        names=used,
        values=frozenset(node.name for node in nodes if isinstance(node, Placeholder)),
        heads=frozenset(str(path.steps[0]) for path in found),
        nested=_nested(found),
    )


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
    sections = tuple(
        (word, tuple(_resolved(action, given) for action in actions)) for word, actions in tree.sections
    )
    resolved = Update(sections)
    operands = [node for action in resolved.actions if action.operand for node in checks.walk(action.operand)]
    found = [node for node in operands if isinstance(node, Path)] + targets
    return Changes(
        tree=resolved,
        changes=changes_of(resolved.actions),
        names=_used_names(parser),
        values=frozenset(node.name for node in operands if isinstance(node, Placeholder)),
        nested=_nested(found),
    )


def _resolved(action: Action, given: Mapping[str, str]) -> Action:
    operand = None if action.operand is None else checks.resolve(action.operand, given)
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
    return Projection(tuple(path.steps for path in resolved), _used_names(parser), _nested(resolved))


def _used_names(parser: Parser) -> frozenset[str]:
    return frozenset(token.text for token in parser.tokens if token.kind == "name")


def _nested(found: Sequence[Path]) -> frozenset[str]:
    return frozenset(str(path.steps[0]) for path in found if len(path.steps) > 1)
