"""What a Query asks of the keys: equality on the partition key, and perhaps one condition on the sort key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cloudarium.services.dynamodb.errors import Invalid, ValidationException
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
from cloudarium.services.dynamodb.rules import keys
from cloudarium.services.dynamodb.rules.keys import Attribute
from cloudarium.services.dynamodb.rules.values import Value

Values = Mapping[str, Value]
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


_INDEXABLE = (*_MIRRORED, "BETWEEN", "begins_with")


class KeyTest(NamedTuple):
    """One condition on a key attribute: `operator` is a comparator, BETWEEN or begins_with.

    From the legacy KeyConditions it may be another, which AWS refuses only when it knows the table.
    """

    attribute: str
    operator: str
    operands: tuple[str, ...]  # :placeholders


class KeyRange(NamedTuple):
    """What the sort key must satisfy, as encoded operands."""

    operator: str
    operands: tuple[bytes, ...]

    def holds(self, encoded: bytes) -> bool:
        """Whether an encoded sort key satisfies it."""
        first = self.operands[0]
        if self.operator == "BETWEEN":
            return first <= encoded <= self.operands[1]
        if self.operator == "begins_with":
            return encoded.startswith(first)
        return {
            "=": encoded == first,
            "<": encoded < first,
            "<=": encoded <= first,
            ">": encoded > first,
            ">=": encoded >= first,
        }[self.operator]


def key_tests(node: Node) -> tuple[KeyTest, ...]:
    """The conditions in a key condition's checked tree. Raises ValidationException for what may not be in it."""
    found: dict[str, KeyTest] = {}
    for part in _parts(node):
        test = _test(part)
        if test.attribute in found:
            raise ValidationException("KeyConditionExpressions must only contain one condition per key")
        found[test.attribute] = test
    if len(found) > 2:
        raise ValidationException("Conditions can be of length 1 or 2 only")
    return tuple(found.values())


def _parts(node: Node) -> list[Node]:
    if isinstance(node, Chain) and node.word == "AND":
        return [part for each in node.parts for part in _parts(each)]
    return [node]


def _refused(node: Node) -> str | None:
    if isinstance(node, Chain):
        return node.word
    if isinstance(node, Not):
        return "NOT"
    if isinstance(node, In):
        return "IN"
    if isinstance(node, Compare) and node.sign == "<>":
        return "<>"
    if isinstance(node, CallNode) and node.name not in ("begins_with", "size"):
        return node.name
    return None


def _test(node: Node) -> KeyTest:
    operator = _refused(node)
    if operator is not None:
        raise ValidationException(f"Invalid operator used in KeyConditionExpression: {operator}")
    operands: tuple[Node, ...]
    if isinstance(node, Compare):
        operator, operands = node.sign, (node.left, node.right)
    elif isinstance(node, Between):
        operator, operands = "BETWEEN", tuple(node)
    else:
        assert isinstance(node, CallNode)
        operator, operands = "begins_with", node.arguments
    first = operands[0]
    if operator in ("BETWEEN", "begins_with") and not isinstance(first, Path | CallNode):
        raise ValidationException(
            f"Invalid condition in KeyConditionExpression: {operator} operator must have the key attribute as its"
            " first operand"
        )
    return _one_attribute(operator, operands)


def _one_attribute(operator: str, operands: tuple[Node, ...]) -> KeyTest:
    attribute = None
    for operand in operands:
        if isinstance(operand, CallNode):
            raise ValidationException("KeyConditionExpressions cannot contain nested operations")
        if isinstance(operand, Path):
            if attribute is not None:
                raise ValidationException(
                    "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
                )
            if len(operand.steps) > 1:
                raise ValidationException("KeyConditionExpressions cannot have conditions on nested attributes")
            attribute = str(operand.steps[0])
    if attribute is None:
        raise ValidationException("Invalid condition in KeyConditionExpression: No key attribute specified")
    given = tuple(operand.name for operand in operands if isinstance(operand, Placeholder))
    return KeyTest(attribute, operator if isinstance(operands[0], Path) else _MIRRORED[operator], given)


def bind(
    tests: tuple[KeyTest, ...], hash_: Attribute, range_: Attribute | None, given: Values
) -> tuple[bytes, KeyRange | None]:
    """The slotted partition key and the sort key's range. Raises ValidationException when they do not fit."""
    by_name = {test.attribute: test for test in tests}
    if range_ is None and len(tests) > 1:
        raise ValidationException("Query key condition not supported")
    equality = by_name.get(hash_.name)
    if equality is None:
        raise ValidationException(f"Query condition missed key schema element: {hash_.name}")
    hashed = _operands(equality, hash_, given, keys.MAX_HASH)
    if equality.operator != "=":
        raise ValidationException("Query key condition not supported")
    if range_ is None or len(tests) == 1:
        return keys.slotted(hashed[0]), None
    test = by_name.get(range_.name)
    if test is None:
        raise ValidationException(f"Query condition missed key schema element: {range_.name}")
    return keys.slotted(hashed[0]), KeyRange(test.operator, _operands(test, range_, given, keys.MAX_RANGE))


def _operands(test: KeyTest, attribute: Attribute, given: Values, limit: int) -> tuple[bytes, ...]:
    if test.operator not in _INDEXABLE:
        raise ValidationException("Attempted conditional constraint is not an indexable operation")
    found = []
    for name in test.operands:
        value = given[name]
        if attribute.type not in value or (test.operator == "begins_with" and attribute.type == "N"):
            raise Invalid("Condition parameter type does not match schema type")
        found.append(keys.content(attribute, value, limit))
    return tuple(found)
