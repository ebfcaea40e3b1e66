"""The parameters from before expressions (Expected, QueryFilter, AttributeUpdates, …), as the same trees.

Values get placeholders that no expression can write ("0", "1", … without a colon), so one evaluator serves both.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.services.dynamodb.errors import Invalid, ValidationException
from cloudarium.services.dynamodb.expressions.keyconditions import KeyTest
from cloudarium.services.dynamodb.expressions.parser import (
    Action,
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
from cloudarium.services.dynamodb.rules import values
from cloudarium.services.dynamodb.rules.values import Value

_SIGNS = {"EQ": "=", "NE": "<>", "LE": "<=", "LT": "<", "GE": ">=", "GT": ">"}
_COUNTS = {"NULL": (0, 0), "NOT_NULL": (0, 0), "BETWEEN": (2, 2), "IN": (1, 100)}
_SCALARS = ("S", "N", "B")
_SETS = (*_SCALARS, "SS", "NS", "BS", "L", "M", "BOOL", "NULL")
_TYPES = {
    "EQ": _SETS, "NE": _SETS, "LE": _SCALARS, "LT": _SCALARS, "GE": _SCALARS, "GT": _SCALARS, "IN": _SCALARS,
    "BETWEEN": _SCALARS, "CONTAINS": (*_SCALARS, "BOOL", "NULL"), "NOT_CONTAINS": (*_SCALARS, "BOOL", "NULL"),
    "BEGINS_WITH": ("S", "B"),
}  # fmt: skip


class Given:
    """Collects the values under placeholders."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}

    def placeholder(self, value: Value) -> Placeholder:
        """The placeholder of one more value."""
        name = str(len(self.values))
        self.values[name] = value
        return Placeholder(name)


def _top(name: str) -> Path:
    return Path((name,), (False,))


# ---- Conditions: QueryFilter, ScanFilter, KeyConditions, Expected ---------------------------------------------------


def check_conditions(conditions: Mapping[str, Any]) -> None:
    """Refuse conditions with wrong values, a wrong number of them, or types their operator does not take."""
    for condition in conditions.values():
        operands = condition.get("AttributeValueList", [])
        for value in operands:
            values.measure_value(value)
        _check_operands(condition["ComparisonOperator"], operands)


def _check_operands(operator: str, operands: list[Value]) -> None:
    low, high = _COUNTS.get(operator, (1, 1))
    if not low <= len(operands) <= high:
        raise Invalid(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = [values.kind_of(value) for value in operands]
    if len(set(kinds)) > 1:
        raise Invalid("AttributeValues inside AttributeValueList must be of same type")
    for kind in kinds:
        if kind not in _TYPES[operator]:
            raise Invalid(f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    if operator == "BETWEEN" and (values.compare(operands[0], operands[1]) or 0) > 0:
        raise ValidationException(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )


def condition_tree(conditions: Mapping[str, Any], joined: str, given: Given) -> Node | None:
    """Checked conditions as one tree, joined by AND or OR."""
    parts = [
        _comparison(name, condition["ComparisonOperator"], condition.get("AttributeValueList", []), given)
        for name, condition in conditions.items()
    ]
    return _joined(parts, joined)


def _joined(parts: list[Node], word: str) -> Node | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Chain(word, tuple(parts))


def _comparison(name: str, operator: str, operands: list[Value], given: Given) -> Node:
    path = _top(name)
    places = tuple(given.placeholder(value) for value in operands)
    if operator in _SIGNS:
        return Compare(_SIGNS[operator], path, places[0])
    if operator == "BETWEEN":
        return Between(path, places[0], places[1])
    if operator == "IN":
        return In(path, places)
    if operator == "NULL":
        return CallNode("attribute_not_exists", (path,))
    if operator == "NOT_NULL":
        return CallNode("attribute_exists", (path,))
    if operator == "BEGINS_WITH":
        return CallNode("begins_with", (path, places[0]))
    holds = CallNode("contains", (path, places[0]))
    # A missing attribute "does not contain" nothing: NOT_CONTAINS asks for one.
    return holds if operator == "CONTAINS" else Chain("AND", (CallNode("attribute_exists", (path,)), Not(holds)))


def expected_tree(expected: Mapping[str, Any], joined: str, given: Given) -> Node | None:
    """The Expected parameter as one tree. Raises ValidationException when it contradicts itself."""
    return _joined([_expectation(name, each, given) for name, each in expected.items()], joined)


def _expectation(name: str, each: Mapping[str, Any], given: Given) -> Node:
    operator, value = each.get("ComparisonOperator"), each.get("Value")
    if "AttributeValueList" in each and value is not None:
        raise Invalid(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
    if operator is None:
        return _existence(name, each, given)
    if "Exists" in each:
        raise Invalid(f"Exists and ComparisonOperator cannot be used together for Attribute: {name}")
    operands = each.get("AttributeValueList", [] if value is None else [value])
    if operator not in ("NULL", "NOT_NULL") and "AttributeValueList" not in each and value is None:
        raise Invalid(
            f"Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
        )
    for operand in operands:
        values.measure_value(operand)
    _check_operands(operator, operands)
    return _comparison(name, operator, operands, given)


def _existence(name: str, each: Mapping[str, Any], given: Given) -> Node:
    value, exists = each.get("Value"), each.get("Exists")
    if "AttributeValueList" in each:
        raise Invalid(f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
    if exists is False:
        if value is not None:
            raise Invalid(f"Value cannot be used when Exists is false for Attribute: {name}")
        return CallNode("attribute_not_exists", (_top(name),))
    if value is None:
        shown = "null" if exists is None else "true"
        raise Invalid(f"Value must be provided when Exists is {shown} for Attribute: {name}")
    values.measure_value(value)
    return Compare("=", _top(name), given.placeholder(value))


def key_tests(conditions: Mapping[str, Any], given: Given) -> tuple[KeyTest, ...]:
    """The KeyConditions parameter as tests on keys."""
    check_conditions(conditions)
    if not 1 <= len(conditions) <= 2:
        raise ValidationException("Conditions can be of length 1 or 2 only")
    tests = []
    for name, condition in conditions.items():
        operator = condition["ComparisonOperator"]
        sign = {"BEGINS_WITH": "begins_with", **_SIGNS}.get(operator, operator)
        places = tuple(given.placeholder(value).name for value in condition.get("AttributeValueList", ()))
        tests.append(KeyTest(name, sign, places))
    return tuple(tests)


# ---- AttributeUpdates -----------------------------------------------------------------------------------------------


def update_actions(updates: Mapping[str, Any], given: Given) -> tuple[Action, ...]:
    """The AttributeUpdates parameter as the actions of an update."""
    return tuple(_action(name, update, given) for name, update in updates.items())


def _action(name: str, update: Mapping[str, Any], given: Given) -> Action:
    word, value = update.get("Action", "PUT"), update.get("Value")
    if value is None:
        if word != "DELETE":
            raise Invalid("Only DELETE action is allowed when no attribute value is specified")
        return Action("REMOVE", _top(name), None)
    values.measure_value(value)
    kind = values.kind_of(value)
    if word == "DELETE" and kind not in ("SS", "NS", "BS"):
        raise Invalid(f"DELETE action with value is not supported for the type {kind}")
    if word == "ADD" and kind not in ("N", "SS", "NS", "BS", "L"):
        raise Invalid(f"ADD action is not supported for the type {kind}")
    return Action("SET" if word == "PUT" else word, _top(name), given.placeholder(value))
