"""All expressions of one request, with their names and values: compiled, checked, ready to use.

AWS's order: the parameters that exclude each other, the maps of names and values, each expression in turn, then
names and values that nothing uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from cloudarium.services.dynamodb.errors import Invalid, ValidationException
from cloudarium.services.dynamodb.expressions import legacy
from cloudarium.services.dynamodb.expressions.compiled import (
    Changes,
    Condition,
    Names,
    Projection,
    changes_in,
    compile_condition,
    compile_key_condition,
    compile_projection,
    compile_update,
    condition_of,
    projection_of,
)
from cloudarium.services.dynamodb.expressions.keyconditions import KeyTest
from cloudarium.services.dynamodb.expressions.parser import Action, Update
from cloudarium.services.dynamodb.expressions.tokens import ExpressionError
from cloudarium.services.dynamodb.expressions.updates import OLDER_WRONG_TYPE, WRONG_TYPE
from cloudarium.services.dynamodb.rules import values
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.services.dynamodb.rules.values import Value

MAX_PLACEHOLDER = 255
_NAME_KEY = re.compile(r"#[A-Za-z0-9_]+\Z", re.ASCII)
_VALUE_KEY = re.compile(r":[A-Za-z0-9_]+\Z", re.ASCII)


# ---- A request ------------------------------------------------------------------------------------------------------


class Expressions:
    """What the expressions (or legacy parameters) of one request say; parts that are absent are None."""

    __slots__ = ("condition", "filter", "filter_name", "key", "key_condition", "projection", "update", "values",
                 "wrong_type")  # fmt: skip

    def __init__(self) -> None:
        self.values: Mapping[str, Value] = {}
        self.condition: Condition | None = None
        self.filter: Condition | None = None
        self.filter_name = "Filter Expression"
        self.key: tuple[KeyTest, ...] | None = None
        self.key_condition: Condition | None = None
        self.projection: Projection | None = None
        self.update: Changes | None = None
        self.wrong_type = WRONG_TYPE

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
        for attribute in index.hashes + index.ranges:
            if attribute.name in nested:
                raise ValidationException(f"{text}IndexKey: {attribute.name}")


NOTHING = Expressions()


def read(
    given: Mapping[str, Any], expressions: Sequence[str], older: Sequence[str] = (), values_for: Sequence[str] = ()
) -> Expressions:
    """The expressions of a request's (or a part's) parameters. Raises ValidationException.

    `expressions` are those the operation has, in AWS's order of checking; `older` the legacy parameters that exclude
    them; `values_for` the expressions that ExpressionAttributeValues may serve.
    """
    check_together(given, expressions, older, values_for)
    return parts_of(given, expressions, older)


def check_together(
    given: Mapping[str, Any], expressions: Sequence[str], older: Sequence[str] = (), values_for: Sequence[str] = ()
) -> None:
    """Refuse parameters that exclude each other: AWS looks at this before the values of an item or a key."""
    used = [name for name in expressions if name in given]
    if used or "ExpressionAttributeNames" in given or "ExpressionAttributeValues" in given:
        _exclude(given, used, older, values_for)


def parts_of(given: Mapping[str, Any], expressions: Sequence[str], older: Sequence[str] = ()) -> Expressions:
    """The expressions of parameters that may stand together. Raises ValidationException."""
    used = [name for name in expressions if name in given]
    if not used:
        return _older(given, older) if older else NOTHING
    names, values_given = given.get("ExpressionAttributeNames"), given.get("ExpressionAttributeValues")
    texts = tuple((label, given[label]) for label in used)
    listed = None if names is None else tuple(names.items())
    keys = None if values_given is None else tuple(values_given)
    try:
        prepared = _prepare(texts, listed, keys)
    except ValidationException:
        _in_order(texts, listed, keys, values_given or {})
        raise
    return prepared.bound(_check_values(values_given or {}), given)


class _Prepared(NamedTuple):
    """A request's expressions without its values: everything that is right whatever they are."""

    parts: tuple[tuple[str, Condition | Changes | Projection], ...]  # by label
    key: tuple[KeyTest, ...] | None

    def bound(self, values_given: Mapping[str, Value], given: Mapping[str, Any]) -> Expressions:
        """The expressions with the request's values, whose types are checked."""
        made = Expressions()
        made.values = values_given
        made.key = self.key
        for label, part in self.parts:
            if not isinstance(part, Projection):
                try:
                    part.check(values_given)
                except ExpressionError as error:
                    raise error.labelled(label) from None
            setattr(made, _PLACES[label], part)
        if "KeyConditions" in given or "AttributesToGet" in given:
            _mix_older(made, given)
        return made


_PLACES = {
    "ConditionExpression": "condition",
    "FilterExpression": "filter",
    "KeyConditionExpression": "key_condition",
    "ProjectionExpression": "projection",
    "UpdateExpression": "update",
}


@lru_cache(maxsize=1024)
def _prepare(texts: tuple[tuple[str, str], ...], names: Names | None, keys: tuple[str, ...] | None) -> _Prepared:
    """Compile a request's expressions, and refuse names and values that nothing uses."""
    _check_names(names)
    _check_keys(keys)
    parts = [(label, _compiled(label, text, names or (), keys or ())) for label, text in texts]
    found = [part for _, part in parts]
    _unused("Names", [name for name, _ in names or ()], [part.names for part in found])
    _unused("Values", keys or (), [part.values for part in found if not isinstance(part, Projection)])
    text = dict(texts).get("KeyConditionExpression")
    key = None if text is None else compile_key_condition(text, names or ())[1]
    if isinstance(key, str):
        raise ValidationException(key)
    return _Prepared(tuple(parts), key)


def _compiled(label: str, text: str, names: Names, keys: tuple[str, ...]) -> Condition | Changes | Projection:
    try:
        part = _COMPILERS[label](text, names)
        part.check_defined(keys)
    except ExpressionError as error:
        raise error.labelled(label) from None
    return part


def _in_order(
    texts: tuple[tuple[str, str], ...], names: Names | None, keys: tuple[str, ...] | None, given: Mapping[str, Value]
) -> None:
    """Raise what AWS finds before what was found: wrong values and their types, expression by expression."""
    _check_names(names)
    _check_keys(keys)
    _check_values(given)
    for label, text in texts:
        part = _compiled(label, text, names or (), keys or ())
        if not isinstance(part, Projection):
            try:
                part.check(given)
            except ExpressionError as error:
                raise error.labelled(label) from None


_COMPILERS: dict[str, Callable[[str, Names], Condition | Changes | Projection]] = {
    "ConditionExpression": compile_condition,
    "FilterExpression": compile_condition,
    "KeyConditionExpression": compile_condition,
    "ProjectionExpression": compile_projection,
    "UpdateExpression": compile_update,
}


def _exclude(given: Mapping[str, Any], used: Sequence[str], older: Sequence[str], values_for: Sequence[str]) -> None:
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


def _check_names(names: Names | None) -> None:
    if names is None:
        return
    if not names:
        raise ValidationException("ExpressionAttributeNames must not be empty")
    for key, name in names:
        _placeholder("Names", key, _NAME_KEY)
        if not name:
            raise ValidationException(
                f"ExpressionAttributeNames contains invalid value: Empty attribute name for key {key}"
            )
        if len(name.encode()) > values.MAX_NAME:
            raise ValidationException(
                f"ExpressionAttributeNames contains invalid value: {values.NAME_TOO_LONG} for key {key}"
            )


def _check_keys(keys: tuple[str, ...] | None) -> None:
    if keys is None:
        return
    if not keys:
        raise ValidationException("ExpressionAttributeValues must not be empty")
    for key in keys:
        _placeholder("Values", key, _VALUE_KEY)


def _check_values(given: Mapping[str, Value]) -> Mapping[str, Value]:
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


def _unused(which: str, given: Sequence[str], used: Sequence[frozenset[str]]) -> None:
    left = [key for key in given if not any(key in each for each in used)]
    if left:
        raise ValidationException(
            f"Value provided in ExpressionAttribute{which} unused in expressions: keys: {{{', '.join(left)}}}"
        )


# ---- Legacy parameters ----------------------------------------------------------------------------------------------


def _older(given: Mapping[str, Any], older: Sequence[str]) -> Expressions:
    if not any(name in given for name in older):
        return NOTHING
    made = Expressions()
    _mix_older(made, {name: given[name] for name in older if name in given})
    return made


def _mix_older(made: Expressions, given: Mapping[str, Any]) -> None:
    """Add what legacy parameters say."""
    collected = legacy.Given()
    word = given.get("ConditionalOperator", "AND")
    if "AttributeUpdates" in given:
        made.wrong_type = OLDER_WRONG_TYPE
        values.check_names(given["AttributeUpdates"])
        made.update = _attribute_updates(legacy.update_actions(given["AttributeUpdates"], collected))
    if "Expected" in given:
        tree = legacy.expected_tree(given["Expected"], word, collected)
        made.condition = None if tree is None else condition_of(tree)
    elif word_alone := given.get("ConditionalOperator"):
        _operator_alone(given, word_alone)
    if "QueryFilter" in given:
        _filter(made, "QueryFilter", given, collected)
    made.projection = made.projection or _attributes_to_get(given.get("AttributesToGet"))
    if "ScanFilter" in given:
        _filter(made, "ScanFilter", given, collected)
    if "KeyConditions" in given:
        made.key = legacy.key_tests(given["KeyConditions"], collected)
    made.values = {**made.values, **collected.values}


def _filter(made: Expressions, name: str, given: Mapping[str, Any], collected: legacy.Given) -> None:
    legacy.check_conditions(given[name])
    tree = legacy.condition_tree(given[name], given.get("ConditionalOperator", "AND"), collected)
    made.filter = None if tree is None else condition_of(tree)
    made.filter_name = name


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
    values.check_names(names)
    return projection_of(tuple((name,) for name in names))


def _attribute_updates(actions: tuple[Action, ...]) -> Changes:
    return changes_in(Update(tuple((action.word, (action,)) for action in actions)))
