"""One item: get, put, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import measuring, resources
from cloudarium.services.dynamodb.errors import ConditionalCheckFailed, ValidationException
from cloudarium.services.dynamodb.expressions import paths, request, updates
from cloudarium.services.dynamodb.expressions.request import NOTHING, Expressions
from cloudarium.services.dynamodb.operations.changes import State, present, write
from cloudarium.services.dynamodb.operations.encryption import keyed
from cloudarium.services.dynamodb.operations.lookup import find_table
from cloudarium.services.dynamodb.records import items
from cloudarium.services.dynamodb.rules import values, writes
from cloudarium.services.dynamodb.rules.capacity import Meter, read_units
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.services.dynamodb.rules.values import Item

PROJECTION = ("ProjectionExpression",)
OLDER_PROJECTION = ("AttributesToGet",)
CONDITION = ("ConditionExpression",)
OLDER_CONDITION = ("Expected", "ConditionalOperator")
UPDATE = ("UpdateExpression", "ConditionExpression")
OLDER_UPDATE = ("AttributeUpdates", "Expected", "ConditionalOperator")


# ---- GetItem --------------------------------------------------------------------------------------------------------


@operation("GetItem", on=resources.table)
@keyed
def get_item(call: Call) -> dict[str, Any]:
    """The item with a key, or the part of it that a projection names; nothing is no error."""
    given = call.input
    request.check_together(given, PROJECTION, OLDER_PROJECTION)
    values.measure(given["Key"])
    parts = request.parts_of(given, PROJECTION, OLDER_PROJECTION)
    table = find_table(call, given["TableName"])
    key = table.key(given["Key"])
    parts.check_keys(table)
    row = items.get(call.store, table, key)
    answer: dict[str, Any] = {}
    if row is not None:
        shows = parts.projection
        answer["Item"] = values.whole(row.item, call.protocol) if shows is None else shows.show(values.load(row.item))
    meter = Meter(table)
    meter.add(read_units(0 if row is None else row.size, given.get("ConsistentRead", False)))
    measuring.read(call, meter)
    wanted = given.get("ReturnConsumedCapacity")
    if wanted is not None:
        answer["ConsumedCapacity"] = meter.report(wanted)
    return answer


# ---- PutItem, DeleteItem --------------------------------------------------------------------------------------------


@operation("PutItem", on=resources.table)
@keyed
def put_item(call: Call) -> dict[str, Any]:
    """Write an item in place of the one with its key, if the condition holds."""
    given = call.input
    request.check_together(given, CONDITION, OLDER_CONDITION, CONDITION)
    item = given["Item"]
    size = values.measure(item)
    only_old(given)
    writes.check_size(item, size)
    parts = request.parts_of(given, CONDITION, OLDER_CONDITION)
    table = find_table(call, given["TableName"])
    key = table.key_of(item)
    old = present(call.store, table, key)
    check_condition(parts, table, old, given)
    write(call, table, key, old, State(item, size))
    return written(call, table, key, old, State(item, size), old.item if old and wants_old(given) else None)


@operation("DeleteItem", on=resources.table)
@keyed
def delete_item(call: Call) -> dict[str, Any]:
    """Remove the item with a key, if the condition holds; that there is none is no error."""
    given = call.input
    request.check_together(given, CONDITION, OLDER_CONDITION, CONDITION)
    values.measure(given["Key"])
    only_old(given)
    parts = request.parts_of(given, CONDITION, OLDER_CONDITION)
    table = find_table(call, given["TableName"])
    key = table.key(given["Key"])
    old = present(call.store, table, key)
    check_condition(parts, table, old, given)
    write(call, table, key, old, None)
    return written(call, table, key, old, None, old.item if old and wants_old(given) else None)


def only_old(given: Mapping[str, Any]) -> None:
    """Refuse ReturnValues that only an update has."""
    if given.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise ValidationException("ReturnValues can only be ALL_OLD or NONE")


def wants_old(given: Mapping[str, Any]) -> bool:
    """Whether the answer shows the item as it was."""
    return given.get("ReturnValues") == "ALL_OLD"


def check_condition(parts: Expressions, table: Table, old: State | None, given: Mapping[str, Any]) -> None:
    """Raise ConditionalCheckFailed unless the request's condition holds for the item as it is."""
    if parts is NOTHING:
        return
    parts.check_keys(table)
    if parts.condition is not None and not parts.condition.test({} if old is None else old.item, parts.values):
        shown = given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old is not None
        raise ConditionalCheckFailed(old.item if shown and old else None)


# ---- UpdateItem -----------------------------------------------------------------------------------------------------


@operation("UpdateItem", on=resources.table)
@keyed
def update_item(call: Call) -> dict[str, Any]:
    """Change an item, or make one, if the condition holds."""
    given = call.input
    request.check_together(given, UPDATE, OLDER_UPDATE, UPDATE)
    values.measure(given["Key"])
    parts = request.parts_of(given, UPDATE, OLDER_UPDATE)
    table = find_table(call, given["TableName"])
    key = table.key(given["Key"])
    check_update(parts, table)
    old = present(call.store, table, key)
    check_condition(parts, table, old, given)
    new = updated(parts, table, given["Key"], old)
    write(call, table, key, old, new)
    return written(call, table, key, old, new, _shown(given.get("ReturnValues"), parts, old, new))


def check_update(parts: Expressions, table: Table) -> None:
    """Refuse an update that touches the table's key, or gives an index's key a wrong type."""
    if parts.update is not None:
        writes.check_update(parts.update, parts.values, table)


def updated(parts: Expressions, table: Table, key: Item, old: State | None) -> State | None:
    """The item after the request's update, None where there was none and the update only takes things away.

    Raises ValidationException when the update does not fit the item.
    """
    before = key if old is None else old.item
    if parts.update is None:
        return State(before, values.measure(before)) if old is None else old
    changes = parts.update.changes
    if old is None:  # AWS does not look at what is taken from nothing, whatever its path
        changes = tuple(change for change in changes if change.word not in ("REMOVE", "DELETE"))
        if len(changes) < len(parts.update.changes) and not changes:
            return None
    item = updates.apply(changes, before, parts.values, parts.wrong_type)
    return State(item, writes.measured_update(item, parts.update, table))


def _shown(kind: str | None, parts: Expressions, old: State | None, new: State | None) -> Item | None:
    """The Attributes that ReturnValues asks for."""
    if kind == "ALL_NEW":
        return new.item if new else None
    if kind == "ALL_OLD":
        return old.item if old else None
    if kind not in ("UPDATED_OLD", "UPDATED_NEW") or parts.update is None:
        return None
    state = old if kind == "UPDATED_OLD" else new
    touched = [change.steps for change in parts.update.changes]
    return paths.projector(touched)(state.item) or None if state is not None else None


# ---- What writes answer ---------------------------------------------------------------------------------------------


def written(
    call: Call, table: Table, key: Key, old: State | None, new: State | None, shown: Item | None
) -> dict[str, Any]:
    """The answer to a write: attributes, capacity and collection, as far as they are asked for."""
    answer: dict[str, Any] = {}
    if shown is not None:
        answer["Attributes"] = shown
    meter = Meter(table)
    add_write(meter, old, new)
    measuring.wrote(call, meter)
    wanted = call.input.get("ReturnConsumedCapacity")
    if wanted is not None:
        answer["ConsumedCapacity"] = meter.report(wanted)
    if call.input.get("ReturnItemCollectionMetrics") == "SIZE" and table.has_collections:
        state = new or old
        given = call.input.get("Key") or (state.item if state else {})
        answer["ItemCollectionMetrics"] = collection(call, table, key, given)
    return answer


def add_write(meter: Meter, old: State | None, new: State | None, factor: int = 1) -> None:
    """Count one item's write."""
    meter.add_write(
        old.item if old else None, old.size if old else 0, new.item if new else None, new.size if new else 0, factor
    )


def collection(call: Call, table: Table, key: Key, item: Item) -> dict[str, Any]:
    """The ItemCollectionMetrics of the collection that an item is in: its key and between which GB its size lies."""
    whole = items.collection_size(call.store, table, key.hash) // 2**30
    return {
        "ItemCollectionKey": {table.hash.name: item[table.hash.name]},
        "SizeEstimateRangeGB": [float(whole), float(whole + 1)],
    }
