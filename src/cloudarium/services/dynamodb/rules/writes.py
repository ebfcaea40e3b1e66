"""What an item or an update must satisfy to be written."""

from __future__ import annotations

from collections.abc import Mapping

from cloudarium.services.dynamodb.errors import Invalid, ValidationException
from cloudarium.services.dynamodb.expressions.checks import static_type
from cloudarium.services.dynamodb.expressions.compiled import Changes
from cloudarium.services.dynamodb.expressions.parser import Arithmetic, CallNode
from cloudarium.services.dynamodb.rules import keys, values
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.services.dynamodb.rules.keys import Attribute
from cloudarium.services.dynamodb.rules.values import Item, Value

_TOO_LARGE = "Item size has exceeded the maximum allowed size"
_GREW_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"


def measured(item: Item) -> int:
    """The size of an item that is put, checked."""
    size = values.measure(item)
    check_size(item, size)
    return size


def check_size(item: Item, size: int) -> None:
    """Refuse an item that is too large, or that has a name that is."""
    if size > values.MAX_NAME:  # else none of its names is
        values.check_names(item)
    if size > values.MAX_ITEM:
        raise ValidationException(_TOO_LARGE)


def check_update(update: Changes, given: Mapping[str, Value], table: Table) -> None:
    """Refuse an update of the table's key, and one that must give an index's key a wrong type."""
    heads = {str(change.steps[0]) for change in update.changes}
    for name in table.key_names:
        if name in heads:
            raise Invalid(f"Cannot update attribute {name}. This attribute is part of the key")
    if not table.indexes:
        return
    kinds = {
        str(action.path.steps[0]): _kind(action.operand, given)
        for action in update.tree.actions
        if len(action.path.steps) == 1 and action.operand is not None
    }
    for index in reversed(table.indexes):
        for attribute in index.hashes + index.ranges:
            kind = kinds.get(attribute.name)
            if kind is not None and kind != attribute.type:
                raise Invalid(
                    f"Type mismatch for Index Key {attribute.name} Expected: {attribute.type} Actual: {kind}"
                    f" IndexName: {index.name}"
                )


def _kind(operand: object, given: Mapping[str, Value]) -> str | None:
    """The type that an action gives its attribute whatever the item is."""
    if isinstance(operand, Arithmetic):
        return "N"
    if isinstance(operand, CallNode):
        return "L" if operand.name == "list_append" else None
    return static_type(operand, given)  # type: ignore[arg-type]


def measured_update(item: Item, update: Changes, table: Table) -> int:
    """The size of an item after an update, checked."""
    touched = {str(change.steps[0]) for change in update.changes} if table.indexes else ()
    for index in table.indexes:
        for attributes, limit in ((index.hashes, keys.MAX_HASH), (index.ranges, keys.MAX_RANGE)):
            for attribute in attributes:
                if attribute.name in touched and attribute.name in item:
                    _check_index_key(attribute, item[attribute.name], limit)
            keys.check_joined(attributes, item, limit)
    size = values.measure(item)
    if size > values.MAX_NAME:
        values.check_names(item)
    if size > values.MAX_ITEM:
        raise ValidationException(_GREW_TOO_LARGE)
    return size


def _check_index_key(attribute: Attribute, value: Value, limit: int) -> None:
    if attribute.type not in value:
        raise ValidationException(
            "The update expression attempted to update the secondary index key to unsupported type"
        )
    length = 1 if attribute.type == "N" else len(keys.encode(attribute.type, value[attribute.type]))
    if length == 0:
        kind = "string" if attribute.type == "S" else "binary"
        raise ValidationException(
            "One or more parameter values are not valid. The update expression attempted to update a secondary index"
            " key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty"
            f" {kind} value."
        )
    if length > limit:
        raise Invalid(keys.HASH_TOO_LONG if limit == keys.MAX_HASH else keys.RANGE_TOO_LONG)
