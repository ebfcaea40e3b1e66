"""Many items in one call, each by itself."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import measuring, resources
from cloudarium.services.dynamodb.errors import ValidationException
from cloudarium.services.dynamodb.expressions import request
from cloudarium.services.dynamodb.expressions.request import Expressions
from cloudarium.services.dynamodb.operations.changes import State, present, write
from cloudarium.services.dynamodb.operations.encryption import keyed
from cloudarium.services.dynamodb.operations.items import OLDER_PROJECTION, PROJECTION, add_write, collection
from cloudarium.services.dynamodb.operations.lookup import find_table
from cloudarium.services.dynamodb.records import items
from cloudarium.services.dynamodb.rules import values, writes
from cloudarium.services.dynamodb.rules.capacity import Meter, read_units
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.services.dynamodb.rules.values import Item

MOST_READ = 100
MOST_WRITTEN = 25
MOST_ANSWERED = 16 * 1024 * 1024  # bytes as items are counted, before any projection
_DUPLICATES = "Provided list of item keys contains duplicates"


# ---- BatchGetItem ---------------------------------------------------------------------------------------------------


@operation("BatchGetItem", on=resources.batch)
@keyed
def batch_get_item(call: Call) -> dict[str, Any]:
    """Up to 100 items by key from any tables; what is past 16 MB comes back as UnprocessedKeys."""
    wanted: dict[str, dict[str, Any]] = call.input["RequestItems"]
    _limit("BatchGetItem", sum(len(each["Keys"]) for each in wanted.values()), MOST_READ)
    parts = {name: _projection(each) for name, each in wanted.items()}
    keys = {name: _keys(call, name, each["Keys"], parts[name]) for name, each in wanted.items()}
    answered = 0
    found: dict[str, list[Item]] = {}
    unprocessed: dict[str, Any] = {}
    meters = []
    for name, (table, places) in keys.items():
        meter = Meter(table)
        here = found[name] = []
        for at, key in enumerate(places):
            row = items.get(call.store, table, key)
            answered += 0 if row is None else row.size
            if answered > MOST_ANSWERED:
                unprocessed[name] = {**wanted[name], "Keys": wanted[name]["Keys"][at:]}
                break
            meter.add(read_units(row.size if row else 0, wanted[name].get("ConsistentRead", False)))
            if row is not None:
                shows = parts[name].projection
                whole = values.whole(row.item, call.protocol) if shows is None else shows.show(values.load(row.item))
                here.append(whole)
        meters.append(meter)
    for meter in meters:
        measuring.read(call, meter)
    return {"Responses": found, "UnprocessedKeys": unprocessed, **_consumed(call, meters)}


def _limit(name: str, count: int, most: int) -> None:
    if count > most:
        raise ValidationException(f"Too many items requested for the {name} call")


def _projection(each: dict[str, Any]) -> Expressions:
    request.check_together(each, PROJECTION, OLDER_PROJECTION)
    for key in each["Keys"]:
        values.measure(key)
    parts = request.parts_of(each, PROJECTION, OLDER_PROJECTION)
    if any(key in each["Keys"][:at] for at, key in enumerate(each["Keys"])):
        raise ValidationException(_DUPLICATES)  # before the table is looked for
    return parts


def _keys(call: Call, name: str, given: list[Item], parts: Expressions) -> tuple[Table, list[Key]]:
    table = find_table(call, name)
    parts.check_keys(table)
    places = [table.key(key) for key in given]
    if len(set(places)) != len(places):
        raise ValidationException(_DUPLICATES)
    return table, places


def _consumed(call: Call, meters: list[Meter]) -> dict[str, Any]:
    wanted = call.input.get("ReturnConsumedCapacity")
    reports = [report for meter in meters if (report := meter.report(wanted)) is not None]
    return {"ConsumedCapacity": reports} if reports else {}


# ---- BatchWriteItem -------------------------------------------------------------------------------------------------


@operation("BatchWriteItem", on=resources.batch)
@keyed
def batch_write_item(call: Call) -> dict[str, Any]:
    """Put and delete up to 25 items of any tables, without conditions."""
    wanted: dict[str, list[dict[str, Any]]] = call.input["RequestItems"]
    _limit("BatchWriteItem", sum(map(len, wanted.values())), MOST_WRITTEN)
    checked = {name: [_measured(each) for each in requests] for name, requests in wanted.items()}
    placed = {name: _placed(call, name, states) for name, states in checked.items()}
    meters = []
    collections: dict[str, list[dict[str, Any]]] = {}
    wants_size = call.input.get("ReturnItemCollectionMetrics") == "SIZE"
    for name, (table, changes) in placed.items():
        meter = Meter(table)
        for key, given, new in changes:
            old = present(call.store, table, key)
            write(call, table, key, old, new)
            add_write(meter, old, new)
            if wants_size and table.has_collections:
                collections.setdefault(name, []).append(collection(call, table, key, given))
        meters.append(meter)
    for meter in meters:
        measuring.wrote(call, meter)
    answer: dict[str, Any] = {"UnprocessedItems": {}, **_consumed(call, meters)}
    return {**answer, "ItemCollectionMetrics": collections} if wants_size else answer


def _measured(each: dict[str, Any]) -> tuple[Item, State | None]:
    """The item to put, or the key to delete."""
    put, delete = each.get("PutRequest"), each.get("DeleteRequest")
    if (put is None) == (delete is None):
        raise ValidationException(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported"
            " datatypes"
        )
    if put is not None:
        return put["Item"], State(put["Item"], writes.measured(put["Item"]))
    assert delete is not None
    values.measure(delete["Key"])
    return delete["Key"], None


def _placed(
    call: Call, name: str, states: list[tuple[Item, State | None]]
) -> tuple[Table, list[tuple[Key, Item, State | None]]]:
    table = find_table(call, name)
    changes = [(_place(table, given, new is not None), given, new) for given, new in states]
    if len({key for key, _, _ in changes}) != len(changes):
        raise ValidationException(_DUPLICATES)
    return table, changes


def _place(table: Table, given: Item, is_put: bool) -> Key:
    """The place of an item that is put, or of a key. A batch says of both alike that they do not fit the table."""
    place = table.key({name: given[name] for name in table.key_names if name in given} if is_put else given)
    if is_put:
        table.check_index_keys(given)
    return place
