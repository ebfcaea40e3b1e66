"""What a Query asks of the keys: equality on the partition key, and perhaps conditions on the sort key.

Either may be several attributes of a global index; conditions on sort keys go from the left, only the last may be more
than an equality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """What the sort key must satisfy, as encoded operands; WITHIN is from the first up to before the second."""

    operator: str
    operands: tuple[bytes, ...]

    def holds(self, encoded: bytes) -> bool:
        """Whether an encoded sort key satisfies it."""
        first = self.operands[0]
        if self.operator == "BETWEEN":
            return first <= encoded <= self.operands[1]
        if self.operator == "WITHIN":
            return first <= encoded and (len(self.operands) == 1 or encoded < self.operands[1])
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
    tests: tuple[KeyTest, ...], hashes: Sequence[Attribute], ranges: Sequence[Attribute], given: Values
) -> tuple[bytes, KeyRange | None]:
    """The slotted partition key and the sort key's range. Raises ValidationException when they do not fit."""
    several = len(hashes) > 1 or len(ranges) > 1
    if len(tests) > 2 and not several:
        raise ValidationException("Conditions can be of length 1 or 2 only")
    by_name = {test.attribute: test for test in tests}
    if len(tests) > len(hashes) + len(ranges):
        raise ValidationException("Query key condition not supported")
    pieces = [_equality(by_name, attribute, given) for attribute in hashes]
    hashed = keys.slotted(_together(pieces, keys.MAX_HASH))
    if len(tests) == len(hashes):
        return hashed, None
    if len(ranges) > 1:
        return hashed, _within(by_name, ranges, len(tests) - len(hashes), given)
    test = by_name.get(ranges[0].name)
    if test is None:
        raise ValidationException(f"Query condition missed key schema element: {ranges[0].name}")
    return hashed, KeyRange(test.operator, _operands(test, ranges[0], given, keys.MAX_RANGE))


def _equality(by_name: Mapping[str, KeyTest], attribute: Attribute, given: Values, limit: int = keys.MAX_HASH) -> bytes:
    test = by_name.get(attribute.name)
    if test is None:
        raise ValidationException(f"Query condition missed key schema element: {attribute.name}")
    found = _operands(test, attribute, given, limit)
    if test.operator != "=":
        raise ValidationException("Query key condition not supported")
    return found[0]


def _together(pieces: Sequence[bytes], limit: int) -> bytes:
    if len(pieces) == 1:
        return pieces[0]
    if sum(map(len, pieces)) > limit:
        raise Invalid(keys.HASH_TOO_LONG if limit == keys.MAX_HASH else keys.RANGE_TOO_LONG)
    return keys.joined(pieces)


def _within(by_name: Mapping[str, KeyTest], ranges: Sequence[Attribute], count: int, given: Values) -> KeyRange:
    """The range of a sort key of several attributes whose first `count` have conditions."""
    before = [_equality(by_name, attribute, given, keys.MAX_RANGE) for attribute in ranges[: count - 1]]
    last = ranges[count - 1]
    test = by_name.get(last.name)
    if test is None:
        raise ValidationException(f"Query condition missed key schema element: {last.name}")
    if test.operator == "begins_with" and last.type == "N":
        raise ValidationException(
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function;"
            " operator or function: begins_with, operand type: N"
        )
    operands = _operands(test, last, given, keys.MAX_RANGE)
    for operand in operands:
        _together([*before, operand], keys.MAX_RANGE)
    start = keys.joined(before)
    first, final = start + keys.joined(operands[:1]), start + keys.joined(operands[-1:])
    if test.operator == "begins_with":
        first = final = start + keys.escaped(operands[0])
    low = {"<": start, "<=": start, ">": keys.successor(first)}.get(test.operator, first)
    high = {"<": first, ">": keys.successor(start), ">=": keys.successor(start)}.get(
        test.operator, keys.successor(final)
    )
    assert low is not None  # what ends a value is never the last of all bytes
    return KeyRange("WITHIN", (low,) if high is None else (low, high))


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
