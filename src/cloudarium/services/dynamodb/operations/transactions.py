"""Many items in one call, all or nothing.

What can be known from the request alone is refused at once; what depends on the tables or items cancels the
transaction, with a reason for each action. The first action with a wrong key or update is the only one reported;
failed conditions are all reported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import measuring, resources
from cloudarium.services.dynamodb.errors import (
    ConditionalCheckFailed,
    IdempotentParameterMismatch,
    TransactionCanceled,
    ValidationException,
)
from cloudarium.services.dynamodb.expressions import request
from cloudarium.services.dynamodb.expressions.request import Expressions
from cloudarium.services.dynamodb.operations.changes import State, present, write
from cloudarium.services.dynamodb.operations.encryption import keyed
from cloudarium.services.dynamodb.operations.items import (
    CONDITION,
    PROJECTION,
    UPDATE,
    add_write,
    check_condition,
    check_update,
    collection,
    updated,
)
from cloudarium.services.dynamodb.operations.lookup import find_table
from cloudarium.services.dynamodb.records import items, tokens
from cloudarium.services.dynamodb.rules import values, writes
from cloudarium.services.dynamodb.rules.capacity import Meter, read_units
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.services.dynamodb.rules.keys import Key
from cloudarium.services.dynamodb.rules.values import Item

MOST_BYTES = 4 * 1024 * 1024
TOKEN_SECONDS = 600
NO_REASON = {"Code": "None"}
_TWICE = "Transaction request cannot include multiple operations on one item"
_TOO_MUCH = "Transaction payload size cannot exceed 4194304 bytes"
_KINDS = ("ConditionCheck", "Put", "Update", "Delete")


class Action(NamedTuple):
    """One action of a transaction: what the request says of it, checked as far as that goes alone."""

    kind: str
    given: Mapping[str, Any]
    parts: Expressions
    size: int  # of the item that is put, else of the key
    table: Table


class Planned(NamedTuple):
    """An action with the item it touches, before and after."""

    action: Action
    key: Key
    old: State | None
    new: State | None


# ---- TransactWriteItems ---------------------------------------------------------------------------------------------


@operation("TransactWriteItems", on=resources.transaction)
@keyed
def transact_write_items(call: Call) -> dict[str, Any]:
    """Put, update, delete and check up to 100 items, all or nothing; once per token within ten minutes."""
    token, digest = call.input.get("ClientRequestToken"), b""
    actions = [_action(call, each) for each in call.input["TransactItems"]]
    if sum(action.size for action in actions) > MOST_BYTES:
        raise ValidationException(_TOO_MUCH)
    if token is not None:
        digest = hashlib.sha256(orjson.dumps(call.input["TransactItems"], default=bytes.hex)).digest()
        before = tokens.find(call.store, call.scope, token, call.now)
        if before is not None:
            return _repeated(call, before, digest, actions)
    planned = _plan(call, actions, _places(actions))
    for each in planned:
        if each.action.kind != "ConditionCheck":
            write(call, each.action.table, each.key, each.old, each.new)
    if token is not None:
        expires = call.now + TOKEN_SECONDS
        tokens.keep(call.store, call.scope, token, digest, b"", call.now, expires)
    return _answer(call, planned)


def _action(call: Call, each: dict[str, Any]) -> Action:
    if len(each) != 1:
        raise ValidationException("TransactItems can only contain one of Check, Put, Update or Delete")
    ((kind, given),) = each.items()
    labels = UPDATE if kind == "Update" else CONDITION
    request.check_together(given, labels, (), labels)
    size = writes.measured(given["Item"]) if kind == "Put" else values.measure(given["Key"])
    parts = request.parts_of(given, labels)
    table = find_table(call, given["TableName"])
    parts.check_keys(table)
    if kind == "Update":
        check_update(parts, table)
    return Action(kind, given, parts, size, table)


def _places(actions: list[Action]) -> list[Key]:
    """Where each action's item is. Raises TransactionCanceled for the first key that does not fit its table."""
    places = []
    for at, action in enumerate(actions):
        try:
            if action.kind == "Put":
                places.append(action.table.key_of(action.given["Item"]))
            else:
                places.append(action.table.key(action.given["Key"]))
        except ValidationException as error:
            if "cannot contain an empty" in error.message:  # AWS sees an empty key before it begins
                raise
            raise _canceled(len(actions), at, error) from None
    if len({(action.table.id, key) for action, key in zip(actions, places, strict=True)}) != len(actions):
        raise ValidationException(_TWICE)
    return places


def _canceled(count: int, at: int, error: ValidationException) -> TransactionCanceled:
    reasons: list[dict[str, Any]] = [dict(NO_REASON) for _ in range(count)]
    reasons[at] = {"Code": "ValidationError", "Message": error.message}
    return TransactionCanceled(reasons)


def _plan(call: Call, actions: list[Action], places: list[Key]) -> list[Planned]:
    """Every action's outcome. Raises TransactionCanceled when a condition does not hold or an update does not fit."""
    planned = []
    reasons: list[dict[str, Any]] = []
    for at, (action, key) in enumerate(zip(actions, places, strict=True)):
        old = present(call.store, action.table, key)
        reason: dict[str, Any] = dict(NO_REASON)
        try:
            check_condition(action.parts, action.table, old, action.given)
            planned.append(Planned(action, key, old, _after(action, old)))
        except ConditionalCheckFailed as error:
            reason = {"Code": "ConditionalCheckFailed", "Message": error.message, **error.fields}
        except ValidationException as error:
            raise _canceled(len(actions), at, error) from None
        reasons.append(reason)
    if len(planned) < len(actions):
        raise TransactionCanceled(reasons)
    return planned


def _after(action: Action, old: State | None) -> State | None:
    if action.kind == "Put":
        return State(action.given["Item"], action.size)
    if action.kind == "Update":
        return updated(action.parts, action.table, action.given["Key"], old)
    return None if action.kind == "Delete" else old


def _answer(call: Call, planned: list[Planned]) -> dict[str, Any]:
    meters: dict[int, Meter] = {}
    for each in planned:
        meter = meters.setdefault(each.action.table.id, Meter(each.action.table))
        add_write(meter, each.old, each.new, 2)
    answer = _consumed(call, meters, "WriteCapacityUnits")
    if call.input.get("ReturnItemCollectionMetrics") == "SIZE":
        found: dict[str, list[dict[str, Any]]] = {}
        for each in planned:
            table = each.action.table
            if table.has_collections and each.action.kind != "ConditionCheck":
                given: Item = each.action.given.get("Key") or each.action.given["Item"]
                found.setdefault(table.name, []).append(collection(call, table, each.key, given))
        answer["ItemCollectionMetrics"] = found
    return answer


def _consumed(call: Call, meters: dict[int, Meter], split: str) -> dict[str, Any]:
    wanted = call.input.get("ReturnConsumedCapacity")
    count = measuring.wrote if split == "WriteCapacityUnits" else measuring.read
    for meter in meters.values():
        count(call, meter)
    reports = [report for meter in meters.values() if (report := meter.report(wanted, split)) is not None]
    return {"ConsumedCapacity": reports} if reports else {}


def _repeated(call: Call, before: tuple[bytes, bytes], digest: bytes, actions: list[Action]) -> dict[str, Any]:
    """The answer to a repetition: nothing is done, and its items are only read."""
    if before[0] != digest:
        raise IdempotentParameterMismatch
    meters: dict[int, Meter] = {}
    for action, key in zip(actions, _places(actions), strict=True):
        row = items.get(call.store, action.table, key)
        meter = meters.setdefault(action.table.id, Meter(action.table))
        meter.add(2 * read_units(row.size if row else 0, True))
    return _consumed(call, meters, "ReadCapacityUnits")


# ---- TransactGetItems -----------------------------------------------------------------------------------------------


@operation("TransactGetItems", on=resources.transaction)
@keyed
def transact_get_items(call: Call) -> dict[str, Any]:
    """Up to 100 items by key, as they are at one moment."""
    actions = []
    for each in call.input["TransactItems"]:
        given = each["Get"]
        request.check_together(given, PROJECTION)
        size = values.measure(given["Key"])
        parts = request.parts_of(given, PROJECTION)
        table = find_table(call, given["TableName"])
        parts.check_keys(table)
        actions.append(Action("Get", given, parts, size, table))
    meters: dict[int, Meter] = {}
    responses: list[dict[str, Any]] = []
    total = 0
    for action, key in zip(actions, _places(actions), strict=True):
        row = items.get(call.store, action.table, key)
        meter = meters.setdefault(action.table.id, Meter(action.table))
        meter.add(2 * read_units(row.size if row else 0, True))
        total += row.size if row else 0
        responses.append({"Item": _shown(action, values.load(row.item))} if row else {})
    if total > MOST_BYTES:
        raise ValidationException(_TOO_MUCH)
    return {"Responses": responses, **_consumed(call, meters, "ReadCapacityUnits")}


def _shown(action: Action, item: Item) -> Item:
    projection = action.parts.projection
    return item if projection is None else projection.show(item)
