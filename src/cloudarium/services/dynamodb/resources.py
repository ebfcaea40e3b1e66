"""ARNs, and what a call touches: for authorize."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.services.dynamodb.expressions import request
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules import policies
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.streams import records as streams

POLICY_TOPIC = tables.TOPIC

ACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def table_arn(call: Call, reference: Any) -> str:
    """The ARN of the table that a TableName names, which may be an ARN already."""
    if isinstance(reference, str) and reference.startswith("arn:"):
        return reference
    return arn.make("dynamodb", call.scope, f"table/{reference or ''}")


def table(call: Call) -> str:
    """The table that the call names."""
    return table_arn(call, call.input.get("TableName"))


def tables_of_account(call: Call) -> str:
    """What ListTables is asked on, as AWS's denials name it."""
    return table_arn(call, "*")


def created(call: Call) -> list[str | Need]:
    """The table that is to be made; tags (even an empty list of them) and a policy need permissions of their own.

    Source: github.com/hashicorp/terraform-provider-aws/issues/10943; for policies rbac-create-table.html of AWS's guide
    """
    arn = table(call)
    needs: list[str | Need] = [arn]
    if call.input.get("Tags") is not None:
        needs.append(Need("dynamodb:TagResource", arn))
    if call.input.get("ResourcePolicy") is not None:
        needs.append(Need("dynamodb:PutResourcePolicy", arn))
    return needs


def place(call: Call, reference: str) -> tuple[Scope, str]:
    """The account and region, and the name, of the table that a name or an ARN stands for."""
    parsed = arn.parse(reference)
    if parsed is None:
        return call.scope, reference
    return Scope(parsed.account, parsed.region), parsed.resource.removeprefix("table/")


def backup(call: Call) -> str:
    """The backup that the call names by its ARN."""
    return str(call.input.get("BackupArn") or "*")


# Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html
_FILLING = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")


def restored_backup(call: Call) -> list[str | Need]:
    """A backup and the table that is made of it, which is written and read in the caller's name."""
    target = table_arn(call, call.input.get("TargetTableName"))
    return [backup(call), target, *(Need(f"dynamodb:{action}", target) for action in _FILLING)]


def restored_table(call: Call) -> list[str | Need]:
    """A table that is restored, and the one that is made of it, which is written and read in the caller's name."""
    target = table_arn(call, call.input.get("TargetTableName"))
    source = table_arn(call, call.input.get("SourceTableArn") or call.input.get("SourceTableName"))
    return [source, *(Need(f"dynamodb:{action}", target) for action in _FILLING)]


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
    return [
        Need(action, table_arn(call, name), _Keys(partial(_batch_keys, call, name, wanted)))
        for name, wanted in requests.items()
    ]


def _batch_keys(call: Call, name: str, wanted: Any) -> dict[str, Any]:
    if isinstance(wanted, dict):
        found = _of_each(_find(call, name), [{**wanted, "Key": key} for key in wanted.get("Keys") or ()])
        return {**found, "dynamodb:Select": _selected(wanted)}
    return _of_each(_find(call, name), [_written(each or {}) for each in wanted or ()])


def _written(each: Mapping[str, Any]) -> Mapping[str, Any]:
    return each.get("PutRequest") or each.get("DeleteRequest") or {}


def transaction(call: Call) -> list[Need]:
    """Every action of a transaction on its table."""
    needs = []
    for each in call.input.get("TransactItems") or ():
        for kind, given in (each or {}).items():
            given = given or {}
            action = "GetItem" if kind == "Get" else ACTIONS.get(kind, kind)
            context = _Keys(partial(_enclosed, call, kind, given))
            needs.append(Need(f"dynamodb:{action}", table_arn(call, given.get("TableName")), context))
    return needs or [Need(f"dynamodb:{_ALONE[call.operation_name]}", table_arn(call, "*"))]


def _enclosed(call: Call, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    found = _of_each(_find(call, given.get("TableName")), [given])
    found["dynamodb:EnclosingOperation"] = call.operation_name
    if kind == "Get":
        found["dynamodb:Select"] = _selected(given)
    elif isinstance(returned := given.get("ReturnValuesOnConditionCheckFailure"), str):
        found["dynamodb:ReturnValues"] = returned
    return found


_ALONE = {"TransactWriteItems": "PutItem", "TransactGetItems": "GetItem"}


def tags_of(call: Call, resource: str) -> dict[str, str]:
    """The tags of a table, which its indexes share; streams have none."""
    return {} if policies.is_stream(resource) else call.tags.of(policies.table_of(resource))


def resource_policy(call: Call, resource: str) -> str | None:
    """The policy of a table, which speaks on its indexes too, or that of a stream."""
    if call.principal.kind == "root" and call.operation_name == "DeleteResourcePolicy":
        return None  # so that nobody locks himself out
    if policies.is_stream(resource):
        stream = streams.by_arn(call.store, resource)
        of_stream = streams.policy(call.store, stream.id) if stream is not None else None
        return of_stream["Policy"] if of_stream is not None else None
    here = _find(call, policies.table_of(resource))
    found = here.definition.get("ResourcePolicy") if here is not None else None
    return found["Policy"] if found is not None else None


def policy_holder(resource: str) -> str:
    """The table whose policy speaks on an index; streams have their own."""
    return resource if policies.is_stream(resource) else policies.table_of(resource)


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the policies of tables and streams that name the principal `old` name it `new`."""
    account = old.split(":")[4]
    for stream, made in streams.policies_on(store, account):
        renamed = principals.renamed(made["Policy"], old, new)
        if renamed != made["Policy"]:
            streams.set_policy(store, stream, {**made, "Policy": renamed})
            store.changed(POLICY_TOPIC)
    for here in tables.with_policy_on(store, account):
        found = here.definition["ResourcePolicy"]
        text = principals.renamed(found["Policy"], old, new)
        if text != found["Policy"]:
            tables.replace(store, here, {**here.definition, "ResourcePolicy": {**found, "Policy": text}})


# ---- Condition keys -------------------------------------------------------------------------------------------------
#
# Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html


class _Keys(Mapping[str, Any]):
    """Condition keys that are worked out when a policy asks for one, which most never do."""

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make = make

    @cached_property
    def _all(self) -> dict[str, Any]:
        return self._make()

    def __getitem__(self, key: str) -> Any:
        return self._all[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def conditions(call: Call) -> dict[str, Any]:
    """DynamoDB's own condition keys; asked for only when a policy mentions one."""
    given = call.input
    found: dict[str, Any] = {}
    for name in ("Select", "ReturnValues", "ReturnConsumedCapacity"):
        if isinstance(given.get(name), str):
            found[f"dynamodb:{name}"] = given[name]
    if call.operation_name in ("GetItem", "Query", "Scan"):
        found.setdefault("dynamodb:Select", _selected(given))
    here = _find(call, given.get("TableName"))
    if here is not None and call.operation_name in _READERS:
        try:
            found.update(_READERS[call.operation_name](here, given))
        except AwsError:
            return found  # the request is wrong, and validation will say so
    return found


def _selected(given: Mapping[str, Any]) -> str:
    """What a read selects when it does not say it: all attributes, or those that it names."""
    if given.get("ProjectionExpression") or given.get("AttributesToGet"):
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if given.get("IndexName") else "ALL_ATTRIBUTES"


def _find(call: Call, reference: Any) -> Table | None:
    parsed = arn.parse(reference)
    name = parsed.resource.removeprefix("table/") if parsed is not None else reference
    scope = Scope(parsed.account, parsed.region) if parsed is not None else call.scope
    return tables.find(call.store, scope, name) if isinstance(name, str) else None


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
    for part in (parts.projection, parts.filter, parts.condition, parts.update):
        if part is not None:
            names |= part.heads
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


def _of_each(here: Table | None, entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The keys of several items' own operations together."""
    if here is None:
        return {}
    leading: list[str] = []
    names: set[str] = set()
    for each in entries:
        try:
            found = _one_item(here, each)
        except AwsError:  # validation will say so
            found = _leading(here, [each.get("Item") or each.get("Key")])
        leading += found["dynamodb:LeadingKeys"]
        names.update(found.get("dynamodb:Attributes", ()))
    return {"dynamodb:LeadingKeys": leading, **({"dynamodb:Attributes": sorted(names)} if names else {})}


def _many_items(here: Table, given: Mapping[str, Any]) -> dict[str, Any]:
    labels = ("FilterExpression", "ProjectionExpression", "KeyConditionExpression")
    parts = request.read(given, labels, ("AttributesToGet", "QueryFilter", "ScanFilter", "KeyConditions"), labels)
    index = here.index(given["IndexName"]) if given.get("IndexName") else None
    hash_names = [attribute.name for attribute in ((here.hash,) if index is None else index.hashes)]
    tests = parts.key or ()
    leading = [
        text
        for test in tests
        if test.attribute in hash_names and test.operands
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
