"""ARNs, and what a call touches: for authorize."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.services.dynamodb.expressions import request
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError

ACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def table_arn(call: Call, reference: Any) -> str:
    """The ARN of the table that a TableName names, which may be an ARN already."""
    if isinstance(reference, str) and reference.startswith("arn:"):
        return reference
    return arn.make("dynamodb", call.scope, f"table/{reference or ''}")


def table(call: Call) -> str:
    """The table that the call names."""
    return table_arn(call, call.input.get("TableName"))


def table_or_index(call: Call) -> str:
    """The index that the call reads, or the table."""
    index = call.input.get("IndexName")
    return f"{table(call)}/index/{index}" if index else table(call)


def tagged(call: Call) -> str:
    """The resource that the call names by its ARN."""
    return str(call.input.get("ResourceArn") or "*")


def batch(call: Call) -> list[Need]:
    """Every table of a batch."""
    action = f"dynamodb:{call.operation_name}"
    requests: Mapping[str, Any] = call.input.get("RequestItems") or {}
    if not requests:
        return [Need(action, table_arn(call, "*"))]
    return [Need(action, table_arn(call, name), _batch_keys(call, name, wanted)) for name, wanted in requests.items()]


def _batch_keys(call: Call, name: str, wanted: Any) -> dict[str, Any]:
    given = wanted.get("Keys") if isinstance(wanted, dict) else [_written(each) for each in wanted or ()]
    return _leading(_find(call, name), given or ())


def _written(each: Any) -> Mapping[str, Any]:
    put, delete = (each or {}).get("PutRequest") or {}, (each or {}).get("DeleteRequest") or {}
    return put.get("Item") or delete.get("Key") or {}


def transaction(call: Call) -> list[Need]:
    """Every action of a transaction on its table."""
    needs = []
    for each in call.input.get("TransactItems") or ():
        for kind, given in (each or {}).items():
            given = given or {}
            context = _leading(_find(call, given.get("TableName")), [given.get("Key") or given.get("Item") or {}])
            context["dynamodb:EnclosingOperation"] = call.operation_name
            action = "GetItem" if kind == "Get" else ACTIONS.get(kind, kind)
            needs.append(Need(f"dynamodb:{action}", table_arn(call, given.get("TableName")), context))
    return needs or [Need(f"dynamodb:{_ALONE[call.operation_name]}", table_arn(call, "*"))]


_ALONE = {"TransactWriteItems": "PutItem", "TransactGetItems": "GetItem"}


def tags_of(call: Call, resource: str) -> dict[str, str]:
    """The tags of a table, which its indexes share."""
    head, table, rest = resource.partition(":table/")
    return call.tags.of(f"{head}{table}{rest.partition('/')[0]}")


# ---- Condition keys -------------------------------------------------------------------------------------------------
#
# Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html


def conditions(call: Call) -> dict[str, Any]:
    """DynamoDB's own condition keys; asked for only when a policy mentions one."""
    given = call.input
    found: dict[str, Any] = {}
    for name in ("Select", "ReturnValues", "ReturnConsumedCapacity"):
        if isinstance(given.get(name), str):
            found[f"dynamodb:{name}"] = given[name]
    here = _find(call, given.get("TableName"))
    if here is not None and call.operation_name in _READERS:
        try:
            found.update(_READERS[call.operation_name](here, given))
        except AwsError:
            return found  # the request is wrong, and validation will say so
    return found


def _find(call: Call, reference: Any) -> Table | None:
    parsed = arn.parse(reference)
    name = parsed.resource.removeprefix("table/") if parsed is not None else reference
    return tables.find(call.store, call.scope, name) if isinstance(name, str) else None


def _leading(here: Table | None, items: Iterable[Mapping[str, Any] | None]) -> dict[str, Any]:
    if here is None:
        return {}
    return {"dynamodb:LeadingKeys": [text for item in items for text in _text((item or {}).get(here.hash.name))]}


def _text(value: Any) -> list[str]:
    """A key's value as a policy writes it."""
    for content in (value or {}).values():
        return [base64.b64encode(content).decode() if isinstance(content, bytes) else str(content)]
    return []


def _attributes(parts: request.Expressions, *more: Iterable[str]) -> dict[str, Any]:
    names: set[str] = set()
    for part in (parts.projection, parts.filter, parts.condition):
        if part is not None:
            names |= part.heads
    if parts.update is not None:
        names |= {str(change.steps[0]) for change in parts.update.changes}
    for each in more:
        names.update(each)
    return {"dynamodb:Attributes": sorted(names)} if names else {}


def _one_item(here: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    item = given.get("Item") or given.get("Key") or {}
    labels = ("ProjectionExpression", "UpdateExpression", "ConditionExpression")
    parts = request.read(given, labels, ("AttributesToGet", "AttributeUpdates", "Expected"), labels[1:])
    # Without a projection GetItem reads all attributes, which no list of names can grant.
    listed = parts is not request.NOTHING or "Item" in given
    return {**_leading(here, [item]), **(_attributes(parts, item) if listed else {})}


def _many_items(here: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    labels = ("FilterExpression", "ProjectionExpression", "KeyConditionExpression")
    parts = request.read(given, labels, ("AttributesToGet", "QueryFilter", "ScanFilter", "KeyConditions"), labels)
    index = here.index(given["IndexName"]) if given.get("IndexName") else None
    hash_name = here.hash.name if index is None else index.hash.name
    tests = parts.key or ()
    leading = [
        text
        for test in tests
        if test.attribute == hash_name and test.operands
        for text in _text(parts.values.get(test.operands[0]))
    ]
    found = {"dynamodb:LeadingKeys": leading} if leading else {}
    if parts.projection is not None:
        found.update(_attributes(parts, (test.attribute for test in tests)))
    return found


_READERS = {
    "GetItem": _one_item,
    "PutItem": _one_item,
    "UpdateItem": _one_item,
    "DeleteItem": _one_item,
    "Query": _many_items,
    "Scan": _many_items,
}
