"""A condition's checked tree as a function of an item and the request's values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cloudarium.services.dynamodb.expressions import paths
from cloudarium.services.dynamodb.expressions.parser import (
    Between,
    CallNode,
    Chain,
    Compare,
    In,
    Node,
    Not,
    Path,
    Placeholder,
)
from cloudarium.services.dynamodb.rules.values import Item, Value, compare, equal

Values = Mapping[str, Value]
Test = Callable[[Item, Values], bool]
Operand = Callable[[Item, Values], "Value | None"]


def test_of(node: Node) -> Test:
    """The function that says whether the condition holds."""
    if isinstance(node, Chain):
        return _chain(node.word, tuple(map(test_of, node.parts)))
    if isinstance(node, Not):
        inner = test_of(node.operand)
        return lambda item, values: not inner(item, values)
    if isinstance(node, Compare):
        return _compare(node)
    if isinstance(node, Between):
        return _between(operand_of(node.operand), operand_of(node.low), operand_of(node.high))
    if isinstance(node, In):
        return _in(operand_of(node.operand), tuple(map(operand_of, node.candidates)))
    assert isinstance(node, CallNode)
    return _FUNCTIONS[node.name](*map(operand_of, node.arguments))


def operand_of(node: Node) -> Operand:
    """The function that gives an operand's value for an item, None when the item has none."""
    if isinstance(node, Placeholder):
        name = node.name
        return lambda item, values: values[name]
    if isinstance(node, Path):
        steps = node.steps
        if len(steps) == 1:
            top = str(steps[0])
            return lambda item, values: item.get(top)
        return lambda item, values: paths.read(item, steps)
    assert isinstance(node, CallNode)
    return _size(operand_of(node.arguments[0]))


def _chain(word: str, parts: tuple[Test, ...]) -> Test:
    if word == "AND":
        return lambda item, values: all(part(item, values) for part in parts)
    return lambda item, values: any(part(item, values) for part in parts)


def _compare(node: Compare) -> Test:
    left, right = operand_of(node.left), operand_of(node.right)
    if node.sign == "=":
        return _equals(left, right)
    if node.sign == "<>":  # true as well when one side is missing
        same = _equals(left, right)
        return lambda item, values: not same(item, values)
    return _ordered(left, right, _SIGNS[node.sign])


_SIGNS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def _equals(left: Operand, right: Operand) -> Test:
    def test(item: Item, values: Values) -> bool:
        one, other = left(item, values), right(item, values)
        return one is not None and other is not None and equal(one, other)

    return test


def _ordered(left: Operand, right: Operand, fits: Callable[[int], bool]) -> Test:
    def test(item: Item, values: Values) -> bool:
        one, other = left(item, values), right(item, values)
        if one is None or other is None:
            return False
        order = compare(one, other)
        return order is not None and fits(order)

    return test


def _between(operand: Operand, low: Operand, high: Operand) -> Test:
    above, below = _ordered(operand, low, _SIGNS[">="]), _ordered(operand, high, _SIGNS["<="])
    return lambda item, values: above(item, values) and below(item, values)


def _in(operand: Operand, candidates: tuple[Operand, ...]) -> Test:
    def test(item: Item, values: Values) -> bool:
        value = operand(item, values)
        if value is None:
            return False
        return any(other is not None and equal(value, other) for other in (each(item, values) for each in candidates))

    return test


def _size(operand: Operand) -> Operand:
    """Bytes of text and binary, members of sets, lists and maps; nothing else has a size."""

    def size(item: Item, values: Values) -> Value | None:
        value = operand(item, values)
        if value is None:
            return None
        ((kind, content),) = value.items()
        if kind == "S":
            return {"N": str(len(content.encode()))}
        return None if kind in ("N", "BOOL", "NULL") else {"N": str(len(content))}

    return size


def _exists(operand: Operand) -> Test:
    return lambda item, values: operand(item, values) is not None


def _not_exists(operand: Operand) -> Test:
    return lambda item, values: operand(item, values) is None


def _has_type(operand: Operand, kind: Operand) -> Test:
    def test(item: Item, values: Values) -> bool:
        value, wanted = operand(item, values), kind(item, values)
        return value is not None and wanted is not None and wanted.get("S") in value

    return test


def _begins_with(operand: Operand, prefix: Operand) -> Test:
    def test(item: Item, values: Values) -> bool:
        value, start = operand(item, values), prefix(item, values)
        if value is None or start is None:
            return False
        for kind in ("S", "B"):
            if kind in value and kind in start:
                return value[kind].startswith(start[kind])
        return False

    return test


_MEMBERS = {"SS": "S", "NS": "N", "BS": "B"}


def contains(value: Value, part: Value) -> bool:
    """Whether text has a piece of text, binary a piece of binary, a set a member, or a list an element."""
    ((kind, content),) = value.items()
    if kind in ("S", "B"):
        return kind in part and part[kind] in content
    if kind in _MEMBERS:
        member = part.get(_MEMBERS[kind])
        return member is not None and member in content
    return kind == "L" and any(equal(each, part) for each in content)


def _contains(operand: Operand, part: Operand) -> Test:
    def test(item: Item, values: Values) -> bool:
        value, piece = operand(item, values), part(item, values)
        return value is not None and piece is not None and contains(value, piece)

    return test


_FUNCTIONS: dict[str, Callable[..., Test]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _has_type,
    "begins_with": _begins_with,
    "contains": _contains,
}
