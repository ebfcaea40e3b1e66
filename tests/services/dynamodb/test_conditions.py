"""Conditions: random ones against a naive evaluator, and the cases that surprise."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudarium.services.dynamodb.expressions import request

LABEL = ("ConditionExpression",)


def holds(
    text: str, item: dict[str, Any], values: dict[str, Any] | None = None, names: dict[str, str] | None = None
) -> bool:
    """Whether the condition holds for the item."""
    parameters: dict[str, Any] = {"ConditionExpression": text}
    if values:
        parameters["ExpressionAttributeValues"] = values
    if names:
        parameters["ExpressionAttributeNames"] = names
    parts = request.read(parameters, LABEL, (), LABEL)
    assert parts.condition is not None
    return parts.condition.test(item, parts.values)


# ---- A naive evaluator over a tree of tuples ------------------------------------------------------------------------

SIGNS = ["=", "<>", "<", "<=", ">", ">="]
names = st.sampled_from(["a", "b", "c.x", "c.l[0]", "c.l[9]", "absent"])
constants = st.one_of(
    st.integers(-3, 3).map(lambda each: {"N": str(each)}),
    st.sampled_from(["", "a", "ab", "b"]).map(lambda each: {"S": each}),
)
leaves = st.one_of(
    st.tuples(st.just("compare"), st.sampled_from(SIGNS), names, constants),
    st.tuples(st.just("exists"), names),
    st.tuples(st.just("missing"), names),
    st.tuples(st.just("in"), names, st.lists(constants, min_size=1, max_size=3)),
    st.tuples(st.just("begins"), names, st.sampled_from(["", "a", "b"])),
    st.tuples(st.just("contains"), names, constants),
    st.tuples(st.just("size"), st.sampled_from(SIGNS), names, st.integers(0, 3)),
    st.tuples(st.just("type"), names, st.sampled_from(["S", "N", "L", "M"])),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=10,
)
items = st.fixed_dictionaries(
    {"pk": st.just({"S": "k"})},
    optional={
        "a": constants,
        "b": st.one_of(constants, st.just({"SS": ["a", "b"]}), st.just({"NS": ["1", "2"]})),
        "c": st.fixed_dictionaries(
            {}, optional={"x": constants, "l": st.lists(constants, max_size=3).map(lambda each: {"L": each})}
        ).map(lambda each: {"M": each}),
    },
)


class Written:
    """Writes a tree as text, with placeholders for its constants."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def constant(self, value: dict[str, Any]) -> str:
        """The placeholder of one more constant."""
        name = f":v{len(self.values)}"
        self.values[name] = value
        return name

    def text(self, tree: Any) -> str:
        """The tree as an expression, with parentheses wherever the tree has a branch."""
        kind = tree[0]
        if kind in ("and", "or"):
            return f"{self.part(tree[1])} {kind} {self.part(tree[2])}"
        if kind == "not":
            return f"NOT {self.part(tree[1])}"
        if kind == "compare":
            return f"{tree[2]} {tree[1]} {self.constant(tree[3])}"
        if kind == "in":
            return f"{tree[1]} IN ({', '.join(self.constant(each) for each in tree[2])})"
        if kind == "size":
            return f"size({tree[2]}) {tree[1]} {self.constant({'N': str(tree[3])})}"
        if kind in ("exists", "missing"):
            return f"attribute_{'exists' if kind == 'exists' else 'not_exists'}({tree[1]})"
        function = {"begins": "begins_with", "contains": "contains", "type": "attribute_type"}[kind]
        content = tree[2] if isinstance(tree[2], dict) else {"S": tree[2]}
        return f"{function}({tree[1]}, {self.constant(content)})"

    def part(self, tree: Any) -> str:
        """A branch in parentheses, a leaf as it is."""
        return f"({self.text(tree)})" if tree[0] in ("and", "or", "not") else self.text(tree)


def at(item: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The value at one of the paths above."""
    if path in ("a", "b", "absent"):
        return item.get(path)
    inside = item.get("c", {}).get("M", {})
    if path == "c.x":
        return inside.get("x")
    members = inside.get("l", {}).get("L", [])
    index = int(path[path.index("[") + 1 : -1])
    return members[index] if index < len(members) else None


def compared(sign: str, left: dict[str, Any] | None, right: dict[str, Any]) -> bool:
    """A comparison by the book."""
    if sign == "<>":
        return left != right
    if left is None:
        return False
    if sign == "=":
        return left == right
    ((kind, one),), ((other_kind, other),) = left.items(), right.items()
    if kind != other_kind or kind not in ("S", "N"):
        return False
    if kind == "N":
        one, other = Decimal(one), Decimal(other)
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[sign]


def naive(tree: Any, item: dict[str, Any]) -> bool:
    """Whether the tree holds, without any of the code under test."""
    kind = tree[0]
    if kind == "not":
        return not naive(tree[1], item)
    if kind in ("and", "or"):
        return (all if kind == "and" else any)(naive(each, item) for each in tree[1:])
    if kind == "compare":
        return compared(tree[1], at(item, tree[2]), tree[3])
    if kind == "size":
        return compared(tree[1], _size(at(item, tree[2])), {"N": str(tree[3])})
    return _about(kind, at(item, tree[1]), tree)


def _about(kind: str, value: dict[str, Any] | None, tree: Any) -> bool:
    if kind in ("exists", "missing"):
        return (value is not None) is (kind == "exists")
    if value is None:
        return False
    ((own, content),) = value.items()
    if kind == "in":
        return value in tree[2]
    if kind == "type":
        return own == tree[2]
    if kind == "begins":
        return own == "S" and content.startswith(tree[2])
    ((wanted, part),) = tree[2].items()
    if own == "S":
        return wanted == "S" and part in content
    if own == "L":
        return tree[2] in content
    return (own, wanted) in (("SS", "S"), ("NS", "N")) and part in content


def _size(value: dict[str, Any] | None) -> dict[str, Any] | None:
    if value is None:
        return None
    ((kind, content),) = value.items()
    return None if kind == "N" else {"N": str(len(content))}


@settings(max_examples=200)
@given(trees, items)
def test_conditions_agree_with_the_naive_evaluator(tree: Any, item: dict[str, Any]) -> None:
    written = Written()
    text = written.text(tree)
    assert holds(text, item, written.values) is naive(tree, item)


# ---- Cases ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NOT a = :one AND b = :two", False),  # NOT binds tighter than AND
        ("a = :one OR b = :one AND b = :one", True),  # AND tighter than OR
        ("(a = :one OR b = :one) AND b = :one", False),
        ("a BETWEEN :one AND :two AND b = :two", True),
        ("not(a <> :one)", True),
        ("(a) = (:one)", True),
        ("((a = :one) AND (b = :two))", True),
        ("size(s) = :one", True),
        ("(size(s)) < :two", True),
        ("nil <> :one AND NOT nil = :one AND NOT nil < :one", True),
        ("a < b", True),
        ("b IN (a, :two)", True),
    ],
)
def test_precedence_and_parentheses(text: str, expected: bool) -> None:
    item = {"a": {"N": "1"}, "b": {"N": "2"}, "s": {"SS": ["x"]}}
    wanted = {":one": {"N": "1"}, ":two": {"N": "2"}}
    used = {name: value for name, value in wanted.items() if name in text}
    assert holds(text, item, used) is expected


def test_text_sorts_by_code_points_not_by_utf16() -> None:
    assert holds("a < :v", {"a": {"S": "\ue000"}}, {":v": {"S": "\U00010000"}})


def test_sets_are_equal_in_any_order_and_numbers_by_value() -> None:
    assert holds("a = :v", {"a": {"NS": ["1", "2"]}}, {":v": {"NS": ["2.0", "1"]}})
    assert holds("a = :v", {"a": {"N": "100"}}, {":v": {"N": "1E2"}})


def test_names_stand_for_any_attribute_even_with_dots_and_brackets() -> None:
    item = {"a.b[0]": {"M": {"#x": {"S": "here"}}}}
    assert holds("#n.#x = :v", item, {":v": {"S": "here"}}, {"#n": "a.b[0]", "#x": "#x"})


def test_the_largest_condition_is_judged_without_exhausting_the_stack() -> None:
    chain = " AND ".join(["a=:v"] * 150)
    assert holds(chain, {"a": {"N": "1"}}, {":v": {"N": "1"}})
    nested = "a=:v"
    for _ in range(100):
        nested = f"NOT({nested})"
    assert holds(nested, {"a": {"N": "1"}}, {":v": {"N": "1"}})
