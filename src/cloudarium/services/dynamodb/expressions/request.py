"""All expressions of one request, with their names and values: compiled, checked, ready to use.

AWS's order: the parameters that exclude each other, the maps of names and values, each expression in turn, then
names and values that nothing uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cloudarium.services.dynamodb.errors import Invalid, ValidationException
from cloudarium.services.dynamodb.expressions import checks, legacy
from cloudarium.services.dynamodb.expressions.compiled import (
    Changes,
    Condition,
    Names,
    Projection,
    compile_condition,
    compile_key_condition,
    compile_projection,
    compile_update,
    condition_of,
)
from cloudarium.services.dynamodb.expressions.keyconditions import KeyTest
from cloudarium.services.dynamodb.expressions.parser import Action, Update
from cloudarium.services.dynamodb.expressions.tokens import ExpressionError
from cloudarium.services.dynamodb.expressions.updates import changes_of
from cloudarium.services.dynamodb.rules import values
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.services.dynamodb.rules.values import Value

MAX_PLACEHOLDER = 255
_NAME_KEY = re.compile(r"#[A-Za-z0-9_]+\Z", re.ASCII)
_VALUE_KEY = re.compile(r":[A-Za-z0-9_]+\Z", re.ASCII)


# ---- A request ------------------------------------------------------------------------------------------------------


class Expressions:
    """What the expressions (or legacy parameters) of one request say; parts that are absent are None."""

    __slots__ = ("condition", "filter", "filter_name", "key", "key_error", "projection", "update", "values")

    def __init__(self) -> None:
        self.values: Mapping[str, Value] = {}
        self.condition: Condition | None = None
        self.filter: Condition | None = None
        self.filter_name = "Filter Expression"
        self.key: tuple[KeyTest, ...] | None = None
        self.key_error: str | None = None
        self.projection: Projection | None = None
        self.update: Changes | None = None

    def check_keys(self, table: Table) -> None:
        """Refuse paths that look into a key attribute, which is never a document."""
        for part in (self.projection, self.filter, self.condition, self.update):
            if part is not None and part.nested:
                check_scalar_keys(part.nested, table)


def check_scalar_keys(nested: frozenset[str], table: Table) -> None:
    """Refuse to look into a key attribute of the table or of an index."""
    text = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
    for name in table.key_names:
        if name in nested:
            raise ValidationException(f"{text}Key: {name}")
    for index in table.indexes:
        for attribute in (index.hash, index.range):
            if attribute is not None and attribute.name in nested:
                raise ValidationException(f"{text}IndexKey: {attribute.name}")


NOTHING = Expressions()


def read(
    given: Mapping[str, Any], expressions: Sequence[str], older: Sequence[str] = (), values_for: Sequence[str] = ()
) -> Expressions:
    """The expressions of a request's (or a part's) parameters. Raises ValidationException.

    `expressions` are those the operation has, in AWS's order of checking; `older` the legacy parameters that exclude
    them; `values_for` the expressions that ExpressionAttributeValues may serve.
    """
    used = [name for name in expressions if name in given]
    if not used and "ExpressionAttributeNames" not in given and "ExpressionAttributeValues" not in given:
        return _older(given, older) if older else NOTHING
    _exclude(given, used, older, values_for)
    names = _names(given.get("ExpressionAttributeNames"))
    made = Expressions()
    made.values = _values(given.get("ExpressionAttributeValues"))
    for label in used:
        try:
            _READERS[label](made, given[label], names)
        except ExpressionError as error:
            raise error.labelled(label) from None
    _unused("Names", dict(names), [part.names for part in _parts(made)] + [_key_names(given, names)])
    _unused("Values", made.values, [part.values for part in _parts(made) if not isinstance(part, Projection)]
            + [_key_values(given, names)])  # fmt: skip
    if made.key_error is not None:
        raise ValidationException(made.key_error)
    if "KeyConditions" in given or "AttributesToGet" in given:
        _mix_older(made, given)
    return made


def _parts(made: Expressions) -> list[Any]:
    return [part for part in (made.condition, made.filter, made.projection, made.update) if part is not None]


def _key_names(given: Mapping[str, Any], names: Names) -> frozenset[str]:
    text = given.get("KeyConditionExpression")
    return frozenset() if text is None else compile_condition(text, names).names


def _key_values(given: Mapping[str, Any], names: Names) -> frozenset[str]:
    text = given.get("KeyConditionExpression")
    return frozenset() if text is None else compile_condition(text, names).values


def _exclude(
    given: Mapping[str, Any], used: Sequence[str], older: Sequence[str], values_for: Sequence[str]
) -> None:
    if used:
        others = [name for name in older if name in given]
        if "KeyConditionExpression" not in given and "KeyConditions" in others:
            others.remove("KeyConditions")
        if others:
            raise ValidationException(
                "Can not use both expression and non-expression parameters in the same request: Non-expression"
                f" parameters: {{{', '.join(others)}}} Expression parameters: {{{', '.join(used)}}}"
            )
    elif "ExpressionAttributeNames" in given:
        raise ValidationException("ExpressionAttributeNames can only be specified when using expressions")
    if "ExpressionAttributeValues" in given and not any(name in given for name in values_for):
        verb = "is" if len(values_for) == 1 else "are"
        raise ValidationException(
            "ExpressionAttributeValues can only be specified when using expressions:"
            f" {' and '.join(values_for)} {verb} null"
        )


def _names(given: Mapping[str, str] | None) -> Names:
    if given is None:
        return ()
    if not given:
        raise ValidationException("ExpressionAttributeNames must not be empty")
    for key, name in given.items():
        _placeholder("Names", key, _NAME_KEY)
        if not name:
            raise ValidationException(
                f"ExpressionAttributeNames contains invalid value: Empty attribute name for key {key}"
            )
    return tuple(given.items())


def _values(given: Mapping[str, Value] | None) -> Mapping[str, Value]:
    if given is None:
        return {}
    if not given:
        raise ValidationException("ExpressionAttributeValues must not be empty")
    for key in given:
        _placeholder("Values", key, _VALUE_KEY)
    for key, value in given.items():
        try:
            values.measure_value(value)
        except ValidationException as error:
            raise ValidationException(
                f"ExpressionAttributeValues contains invalid value: {error.message} for key {key}"
            ) from None
    return given


def _placeholder(which: str, key: str, pattern: re.Pattern[str]) -> None:
    if len(key.encode()) > MAX_PLACEHOLDER:
        raise ValidationException(
            f"ExpressionAttribute{which} contains invalid key: The expression attribute map contains a key that is"
            f" too long; size of key: {len(key.encode())}"
        )
    if not pattern.match(key):
        raise ValidationException(f'ExpressionAttribute{which} contains invalid key: Syntax error; key: "{key}"')


def _unused(which: str, given: Mapping[str, Any], used: Sequence[frozenset[str]]) -> None:
    left = [key for key in given if not any(key in each for each in used)]
    if left:
        raise ValidationException(
            f"Value provided in ExpressionAttribute{which} unused in expressions: keys: {{{', '.join(left)}}}"
        )


def _read_condition(made: Expressions, text: str, names: Names) -> None:
    made.condition = compile_condition(text, names)
    checks.check_condition_values(made.condition.node, made.values)


def _read_filter(made: Expressions, text: str, names: Names) -> None:
    made.filter = compile_condition(text, names)
    checks.check_condition_values(made.filter.node, made.values)


def _read_key(made: Expressions, text: str, names: Names) -> None:
    condition, tests = compile_key_condition(text, names)
    checks.check_condition_values(condition.node, made.values)
    if isinstance(tests, str):
        made.key_error = tests
    else:
        made.key = tests


def _read_projection(made: Expressions, text: str, names: Names) -> None:
    made.projection = compile_projection(text, names)


def _read_update(made: Expressions, text: str, names: Names) -> None:
    made.update = compile_update(text, names)
    checks.check_update_values(made.update.tree, made.values)


_READERS = {
    "ConditionExpression": _read_condition,
    "FilterExpression": _read_filter,
    "KeyConditionExpression": _read_key,
    "ProjectionExpression": _read_projection,
    "UpdateExpression": _read_update,
}


# ---- Legacy parameters ----------------------------------------------------------------------------------------------


def _older(given: Mapping[str, Any], older: Sequence[str]) -> Expressions:
    if not any(name in given for name in older):
        return NOTHING
    made = Expressions()
    _mix_older(made, given)
    return made


def _mix_older(made: Expressions, given: Mapping[str, Any]) -> None:
    """Add what legacy parameters say."""
    collected = legacy.Given()
    word = given.get("ConditionalOperator", "AND")
    made.projection = made.projection or _attributes_to_get(given.get("AttributesToGet"))
    if "AttributeUpdates" in given:
        made.update = _attribute_updates(legacy.update_actions(given["AttributeUpdates"], collected))
    if "Expected" in given:
        tree = legacy.expected_tree(given["Expected"], word, collected)
        made.condition = None if tree is None else condition_of(tree)
    elif word_alone := given.get("ConditionalOperator"):
        _operator_alone(given, word_alone)
    for name in ("QueryFilter", "ScanFilter"):
        if name in given:
            legacy.check_conditions(given[name])
            tree = legacy.condition_tree(given[name], word, collected)
            made.filter = None if tree is None else condition_of(tree)
            made.filter_name = name
    if "KeyConditions" in given:
        made.key = legacy.key_tests(given["KeyConditions"], collected)
    made.values = {**made.values, **collected.values}


def _operator_alone(given: Mapping[str, Any], word: str) -> None:
    if not any(name in given for name in ("QueryFilter", "ScanFilter")):
        raise Invalid("ConditionalOperator cannot be used without Filter or Expected")


def _attributes_to_get(names: Sequence[str] | None) -> Projection | None:
    if names is None:
        return None
    seen = set()
    for name in names:
        if name in seen:
            raise Invalid(f"Duplicate value in attribute name: {name}")
        seen.add(name)
    return Projection(tuple((name,) for name in names), frozenset(), frozenset())


def _attribute_updates(actions: tuple[Action, ...]) -> Changes:
    tree = Update(tuple((action.word, (action,)) for action in actions))
    return Changes(tree, changes_of(actions), frozenset(), frozenset(), frozenset())
