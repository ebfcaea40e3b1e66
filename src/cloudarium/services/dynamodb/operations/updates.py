"""UpdateTable: throughput, billing, indexes, stream, protection; one kind of change at a time where AWS demands it."""

from __future__ import annotations

import copy
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import resources
from cloudarium.services.dynamodb.errors import IndexNotFound, Invalid, LimitExceeded, ValidationException
from cloudarium.services.dynamodb.operations import backfills, encryption
from cloudarium.services.dynamodb.operations.lookup import KEY, settled_table
from cloudarium.services.dynamodb.operations.tables import UNBUILT, close_stream, described, open_stream
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules import tables as rules
from cloudarium.services.dynamodb.rules import throughput
from cloudarium.services.dynamodb.rules.definition import Table

Definition = dict[str, Any]
_NEEDED = (
    "ProvisionedThroughput", "BillingMode", "StreamSpecification", "GlobalSecondaryIndexUpdates", "SSESpecification",
    "DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput", "TableClass",
)  # fmt: skip
_ALONE = {"SSESpecification": "Server-Side Encryption", "TableClass": "TableClass",
          "DeletionProtectionEnabled": "DeletionProtection"}  # fmt: skip
_UPDATES = "GlobalSecondaryIndexUpdates"
_ONE_INDEX = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"


@operation(
    "UpdateTable",
    on=resources.table,
    refuses=(
        "ReplicaUpdates",
        "MultiRegionConsistency",
        "GlobalTableWitnessUpdates",
        "DisassociationProtectionEnabled",
        "VectorIndexUpdates",
        *UNBUILT,
    ),
)
def update_table(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Change a table; it is done at once (an index over many items is built in steps), the answer says UPDATING."""
    _check(call.input)
    table = settled_table(call, call.input["TableName"])
    if "SSESpecification" in call.input and (encryption.names_key(call.input) or KEY in table.definition):
        return _update_key(call, table)
    return _update(call)


async def _update_key(call: Call, table: Table) -> dict[str, Any]:
    _encryption(table.definition, call.input["SSESpecification"])
    wanted = call.input["SSESpecification"].get("KMSMasterKeyId")
    key = await encryption.new_key(call, wanted, table.scope, table.name) if wanted else None
    with call.transaction():
        answer = _update(call, key)
    await encryption.retire(call, table.scope, table.definition.get(KEY))
    return answer


def _update(call: Call, key: dict[str, Any] | None = None) -> dict[str, Any]:
    given = call.input
    table = settled_table(call, given["TableName"])
    made = copy.deepcopy(table.definition)
    warm = {record.get("IndexName"): throughput.warm(record) for record in _bearing(made)}
    _billing(made, given, call.now)
    _throughput(table, made, given, call.now)
    for record in _bearing(made):
        throughput.keep_warm(record, warm[record.get("IndexName")])
    _indexes(call, table, made, given)
    _stream(call, table, made, given)
    if "DeletionProtectionEnabled" in given:
        made["DeletionProtectionEnabled"] = given["DeletionProtectionEnabled"]
    if "TableClass" in given:
        made["TableClass"] = {"TableClass": given["TableClass"], "LastUpdateDateTime": call.now}
    if "SSESpecification" in given:
        made["SSE"] = _encryption(made, given["SSESpecification"])
        made.pop(KEY, None)
        if key is not None:
            made[KEY] = key
    table = tables.replace(call.store, table, made)
    answer = described(call, table, "ACTIVE" if "WarmThroughput" in given else "UPDATING")
    if given.get("OnDemandThroughput"):  # AWS shows a ceiling that is taken away as it was asked for
        answer["OnDemandThroughput"] = {**answer.get("OnDemandThroughput", {}), **given["OnDemandThroughput"]}
    _show_indexes(answer, table, given)
    backfills.begin(call, table)
    return {"TableDescription": answer}


def _check(given: Mapping[str, Any]) -> None:
    present = [name for name in _NEEDED if name in given and given[name] not in ([], {})]
    if not present:
        raise ValidationException(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates,"
            " SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn,"
            " MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is"
            " required"
        )
    for name, shown in _ALONE.items():
        if name in given and len(present) > 1:
            raise Invalid(f"{shown} modification must be the only operation in the request")
    if "OnDemandThroughput" in present and not {"OnDemandThroughput", "BillingMode", _UPDATES}.issuperset(present):
        raise Invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    if "WarmThroughput" in present and len(present) > 1:
        raise Invalid("WarmThroughput must be the only operation in the request")
    stream, updates = given.get("StreamSpecification"), given.get(_UPDATES) or ()
    if stream is not None and "ProvisionedThroughput" in given:
        raise Invalid("You cannot modify stream status while updating table IOPS")
    if any("Create" in each for each in updates) and any(
        "WarmThroughput" in (each.get("Update") or {}) for each in updates
    ):
        raise Invalid("Create global secondary index cannot be specified when updating WarmThroughput")
    structural = any("Create" in each or "Delete" in each for each in updates)
    if structural and "ProvisionedThroughput" in given and given.get("BillingMode") != "PROVISIONED":
        raise Invalid("You cannot create or delete index while updating table IOPS")
    if structural and stream is not None:
        raise Invalid("You cannot create or delete index while changing stream status")
    _check_updates(updates)


def _check_updates(updates: Sequence[Mapping[str, Any]]) -> None:
    """Refuse what is wrong in GlobalSecondaryIndexUpdates whatever the table is."""
    seen: set[str] = set()
    for each in updates:
        if len(each) != 1:
            raise Invalid(
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"
                if each
                else "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create,"
                " GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        ((_, update),) = each.items()
        if update["IndexName"] in seen:
            raise Invalid(
                "Only one global secondary index update per index is allowed simultaneously. Index: "
                + update["IndexName"]
            )
        seen.add(update["IndexName"])


# ---- Billing and throughput -----------------------------------------------------------------------------------------


def _billing(made: Definition, given: Mapping[str, Any], now: float) -> None:
    mode = given.get("BillingMode")
    if mode == "PAY_PER_REQUEST" or (mode is None and made["BillingMode"] == "PAY_PER_REQUEST"):
        if given.get("ProvisionedThroughput"):
            raise Invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
    elif mode == "PROVISIONED" and "ProvisionedThroughput" not in given:
        raise Invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    if mode is None or mode == made["BillingMode"]:
        return
    made["BillingMode"] = mode
    if mode == "PAY_PER_REQUEST":
        made["LastUpdateToPayPerRequestDateTime"] = now
        for each in (made, *made.get("GlobalSecondaryIndexes", ())):
            each["ProvisionedThroughput"] = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    else:
        for each in _bearing(made):
            each.pop("OnDemandThroughput", None)


def _bearing(made: Definition) -> list[Definition]:
    """The records of what has a throughput: the table and its global indexes."""
    return [made, *made.get("GlobalSecondaryIndexes", ())]


def _throughput(table: Table, made: Definition, given: Mapping[str, Any], at: float) -> None:
    units = given.get("ProvisionedThroughput")
    if units is not None:
        rules.check_units(units, "")
        _change_units(made, units, "for the table", at)
    throughput.change_most(made, given.get("OnDemandThroughput") or {}, made["BillingMode"] == "PAY_PER_REQUEST")
    throughput.change_warm(made, given.get("WarmThroughput") or {})
    for each in given.get("GlobalSecondaryIndexUpdates", ()):
        update = each.get("Update")
        if update is not None:
            _update_index(table, made, update, at)
    if made["BillingMode"] == "PROVISIONED":
        for index in made.get("GlobalSecondaryIndexes", ()):
            if not index["ProvisionedThroughput"]["ReadCapacityUnits"]:
                raise Invalid(f"ProvisionedThroughput must be specified for index: {index['IndexName']}")


_DATES = ("LastIncreaseDateTime", "LastDecreaseDateTime")


def _change_units(record: Definition, units: Mapping[str, int], where: str, at: float) -> None:
    now = {name: record["ProvisionedThroughput"][name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
    if now == units:
        of = where.replace("for the index", "for index")  # sic
        raise ValidationException(
            f"The provisioned throughput {where} will not change. The requested value equals the current value."
            f" Current ReadCapacityUnits provisioned {of}: {now['ReadCapacityUnits']}. Requested ReadCapacityUnits:"
            f" {units['ReadCapacityUnits']}. Current WriteCapacityUnits provisioned {of}:"
            f" {now['WriteCapacityUnits']}. Requested WriteCapacityUnits: {units['WriteCapacityUnits']}."
            " Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
        )
    dates = {name: record["ProvisionedThroughput"][name] for name in _DATES if name in record["ProvisionedThroughput"]}
    for date, sign in zip(_DATES, (1, -1), strict=True):
        if any(sign * (units[name] - now[name]) > 0 for name in now):
            dates[date] = at
    record["ProvisionedThroughput"] = {**dates, **units}


def _update_index(table: Table, made: Definition, update: Mapping[str, Any], at: float) -> None:
    name, units = update["IndexName"], update.get("ProvisionedThroughput")
    index = _find(made, name)
    if index is None:
        raise _no_index(table, made, name, "update")
    most, warm = update.get("OnDemandThroughput"), update.get("WarmThroughput")
    if units is None and most is None and warm is None:
        raise Invalid(f"ProvisionedThroughput must be specified for index: {name}")
    on_demand = made["BillingMode"] == "PAY_PER_REQUEST"
    throughput.change_most(index, most or {}, on_demand, name)
    throughput.change_warm(index, warm or {}, name)
    if units is None:
        return
    if on_demand:
        raise Invalid(
            f"The only Updates for index: {name} when TableThroughputMode is PAY_PER_REQUEST can be to"
            " OnDemandThroughput, WarmThroughput"
        )
    rules.check_units(units, f" for index {name}")
    _change_units(index, units, f"for the index {name}", at)


# ---- Indexes --------------------------------------------------------------------------------------------------------


def _find(made: Definition, name: str) -> Definition | None:
    return next((each for each in made.get("GlobalSecondaryIndexes", ()) if each["IndexName"] == name), None)


def _no_index(table: Table, made: Definition, name: str, verb: str) -> Exception:
    if any(each["IndexName"] == name for each in made.get("LocalSecondaryIndexes", ())):
        return ValidationException(f"Cannot {verb} an index that is not a GlobalSecondaryIndex: {name}")
    return IndexNotFound(table.name, name)


def _indexes(call: Call, table: Table, made: Definition, given: Mapping[str, Any]) -> None:
    updates = given.get("GlobalSecondaryIndexUpdates", ())
    structural = sum("Update" not in each for each in updates)
    if structural > 1 or (structural and any(index.backfilling for index in table.indexes)):
        raise LimitExceeded(_ONE_INDEX)
    for each in updates:
        ((word, update),) = each.items()
        if word == "Create":
            _create(call, table, made, update, given.get("AttributeDefinitions"))
        elif word == "Delete":
            _delete(call, table, made, update["IndexName"])


def _create(
    call: Call, table: Table, made: Definition, index: Mapping[str, Any], given: list[dict[str, str]] | None
) -> None:
    name = index["IndexName"]
    if table.index(name) is not None:
        raise ValidationException("Attempting to create an index which already exists")
    if given is None:
        raise Invalid(f"AttributeDefinitions is not specified for index: {name}")
    types = {each["AttributeName"]: each["AttributeType"] for each in made["AttributeDefinitions"]}
    rules.check_global(index, [each["AttributeName"] for each in given], made["BillingMode"] == "PAY_PER_REQUEST")
    for each in given:
        known = types.setdefault(each["AttributeName"], each["AttributeType"])
        if known != each["AttributeType"]:
            new = {each["AttributeName"]: each["AttributeType"] for each in given}
            raise Invalid(
                "Attributes cannot be redefined. Please check that your attribute has the same type as previously"
                f" defined. Existing schema: {rules.shown_schema(_user(made, each['AttributeName']), types)}"
                f" New schema: {rules.shown_schema(index['KeySchema'], {**types, **new})}"
            )
    if len(made.get("GlobalSecondaryIndexes", ())) >= rules.MOST_GLOBAL:
        raise LimitExceeded(
            f"Subscriber limit exceeded: GlobalSecondaryIndex count exceeds the per-table limit of {rules.MOST_GLOBAL}"
        )
    made["AttributeDefinitions"] = [{"AttributeName": key, "AttributeType": kind} for key, kind in types.items()]
    record = rules.add_index(made, "GlobalSecondaryIndexes", index)
    record["Backfilling"] = True
    rules.prune_attributes(made)
    tables.add_slot(call.store, table.id, record["Slot"])


def _user(made: Definition, name: str) -> list[dict[str, str]]:
    """The first key schema that an attribute is in: the table's or an index's."""
    indexes = (*made.get("LocalSecondaryIndexes", ()), *made.get("GlobalSecondaryIndexes", ()))
    schemas = [made["KeySchema"], *(each["KeySchema"] for each in indexes)]
    return next(schema for schema in schemas if name in rules.key_names(schema))


def _delete(call: Call, table: Table, made: Definition, name: str) -> None:
    index = _find(made, name)
    if index is None:
        raise _no_index(table, made, name, "delete")
    made["GlobalSecondaryIndexes"] = [each for each in made["GlobalSecondaryIndexes"] if each["IndexName"] != name]
    rules.prune_attributes(made)
    tables.drop_slot(call.store, table.id, index["Slot"])
    call.later("EmptyIndex", {"table": table.id, "slot": index["Slot"]})


def _show_indexes(answer: dict[str, Any], table: Table, given: Mapping[str, Any]) -> None:
    """The answer shows what is under way, as AWS's does while it is."""
    shown = {each["IndexName"]: each for each in answer.get("GlobalSecondaryIndexes", ())}
    for each in given.get("GlobalSecondaryIndexUpdates", ()):
        if "Update" in each and each["Update"]["IndexName"] in shown:
            shown[each["Update"]["IndexName"]]["IndexStatus"] = "UPDATING"


# ---- Stream and encryption ------------------------------------------------------------------------------------------


def _stream(call: Call, table: Table, made: Definition, given: Mapping[str, Any]) -> None:
    wanted = given.get("StreamSpecification")
    if wanted is None:
        return
    view = wanted.get("StreamViewType")
    if wanted["StreamEnabled"]:
        if table.stream is not None:
            raise ValidationException(f"Table already has an enabled stream: TableName: {table.name}")
        if view is None:
            raise Invalid("If stream is being enabled then UpdateViewType is required")
        made["Stream"] = open_stream(call, table.scope, table.name, made, view)
        return
    if view is not None:
        raise Invalid("If stream is being disabled, then UpdateViewType must not be specified")
    if table.stream is None:
        raise ValidationException(f"Table has no stream to disable: TableName: {table.name}")
    close_stream(call, table.stream.id)
    made["Stream"] = {**made["Stream"], "On": False}


def _encryption(made: Definition, given: Mapping[str, Any]) -> dict[str, Any] | None:
    wanted = rules.encryption(given)
    if wanted is None and not made.get("SSE"):
        raise Invalid("Table is already encrypted by default")
    return wanted
