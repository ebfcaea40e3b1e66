"""Tables: create, describe, list, delete."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import resources
from cloudarium.services.dynamodb.errors import LimitExceeded, TableInUse, ValidationException
from cloudarium.services.dynamodb.operations import copies, encryption, tags
from cloudarium.services.dynamodb.operations.lookup import KEY, named_table, place_of, settled_table
from cloudarium.services.dynamodb.operations.policies import checked
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules import tables as rules
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.shared import ids
from cloudarium.shared.clock import iso_millis
from cloudarium.shared.scope import Scope
from cloudarium.streams import records as streams

MOST_TABLES = 2500
PAGE = 100
UNBUILT = ("GlobalTableSettingsReplicationMode",)


@operation(
    "CreateTable",
    on=resources.created,
    refuses=("GlobalTableSourceArn", "VectorIndexes", *UNBUILT),
)
def create_table(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Make a table; it is usable at once, though the answer says CREATING as AWS's does."""
    return _create_under_key(call) if encryption.names_key(call.input) else _create(call)


async def _create_under_key(call: Call) -> dict[str, Any]:
    _check_new(call)
    wanted = call.input["SSESpecification"]["KMSMasterKeyId"]
    key = await encryption.new_key(call, wanted, *place_of(call, call.input["TableName"]))
    with call.transaction():
        return _create(call, key)


def _check_new(call: Call) -> tuple[str, dict[str, str]]:
    """The name and the tags of a new table. Raises unless it may be made."""
    given = call.input
    if not given["TableName"].startswith("arn:") and not 3 <= len(given["TableName"]) <= 255:
        raise ValidationException("TableName must be at least 3 characters long and at most 255 characters long")
    scope, name = place_of(call, given["TableName"])
    if scope != call.scope:
        raise ValidationException("Table ARN of another account: a table is made in one's own account")
    rules.check_create(given)
    wanted = tags.checked(given.get("Tags"))
    if tables.find(call.store, call.scope, name) is not None:
        raise TableInUse(name)
    if tables.how_many(call.store, call.scope) >= MOST_TABLES:
        raise LimitExceeded(f"Subscriber limit exceeded: There is a limit of {MOST_TABLES} tables per subscriber")
    return name, wanted


def _create(call: Call, key: dict[str, Any] | None = None) -> dict[str, Any]:
    given = call.input
    name, wanted = _check_new(call)
    made = rules.definition(given, ids.uuid(), call.now)
    if key is not None:
        made[KEY] = key
    if given.get("ResourcePolicy") is not None:
        made["ResourcePolicy"] = checked(call, resources.table_arn(call, name), given["ResourcePolicy"])
    stream = given.get("StreamSpecification")
    if stream is not None and stream["StreamEnabled"]:
        made["Stream"] = open_stream(call, call.scope, name, made, stream["StreamViewType"])
    table = tables.add(call.store, call.scope, name, made)
    if wanted:
        call.tags.put(table.arn, wanted)
    return {"TableDescription": rules.describe(table, {}, "CREATING")}


def open_stream(call: Call, scope: Scope, name: str, made: dict[str, Any], view: str) -> dict[str, Any]:
    """Open a stream for a table; what its definition records of it."""
    label, moment = stream_label(call.now), call.now
    while streams.find(call.store, scope, name, label) is not None:  # the clock may stand still
        moment += 0.001
        label = stream_label(moment)
    stream = streams.add(call.store, scope, name, label, view, made["KeySchema"], call.now)
    return {"On": True, "Id": stream, "View": view, "Label": label}


def stream_label(moment: float) -> str:
    """The label of a stream that is opened at a moment."""
    return iso_millis(moment).removesuffix("Z")


def close_stream(call: Call, stream: int) -> None:
    """End a stream, which goes in a day, and tell those who wait for it."""
    streams.end(call.store, stream, call.now)
    call.later("TrimStream", {"stream": stream}, due=call.now + streams.KEPT, key=f"{stream} whole")
    call.cloud.bells.ring_for_all(streams.bell(stream))


@operation("DescribeTable", on=resources.table)
def describe_table(call: Call) -> dict[str, Any]:
    """Everything about a table."""
    return {"Table": described(call, named_table(call, call.input["TableName"]))}


def described(call: Call, table: Table, status: str = "") -> dict[str, Any]:
    """A table's description with its present counts."""
    status = status or ("CREATING" if "Restoring" in table.definition else "ACTIVE")
    return rules.describe(table, tables.counts(call.store, table), status)


@operation("ListTables", on=resources.tables_of_account)
def list_tables(call: Call) -> dict[str, Any]:
    """The names of the account's tables in the region, in order."""
    limit = call.input.get("Limit", PAGE)
    after = call.input.get("ExclusiveStartTableName", "")
    names = tables.names(call.store, call.scope, after, limit + 1)
    answer: dict[str, Any] = {"TableNames": names[:limit]}
    if len(names) > limit:
        answer["LastEvaluatedTableName"] = names[limit - 1]
    return answer


@operation("DeleteTable", on=resources.table)
def delete_table(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Remove a table with all it holds; its rows go in steps afterwards, and nobody sees them."""
    table = settled_table(call, call.input["TableName"])
    return _delete_under_key(call, table) if KEY in table.definition else _delete(call, table)


async def _delete_under_key(call: Call, table: Table) -> dict[str, Any]:
    with call.transaction():
        answer = _delete(call, table)
    await encryption.retire(call, table.scope, table.definition[KEY])
    return answer


def _delete(call: Call, table: Table) -> dict[str, Any]:
    if table.definition["DeletionProtectionEnabled"]:
        raise ValidationException(
            "Resource cannot be deleted as it is currently protected against deletion."
            " Disable deletion protection first."
        )
    answer = described(call, table, "DELETING")
    if table.recovers:
        copies.leave(call, table)
        call.not_later("TrimChanges", str(table.id))
    tables.remove(call.store, table)
    call.tags.drop(table.arn)
    call.not_later("ExpireItems", str(table.id))
    if table.stream is not None:
        close_stream(call, table.stream.id)
    call.later("EmptyTable", {"table": table.id})
    for part in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        answer.pop(part, None)
    return {"TableDescription": answer}
