"""What CreateTable and UpdateTable accept, the definition that is recorded, and how DescribeTable shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudarium.services.dynamodb.errors import Invalid, ValidationException
from cloudarium.services.dynamodb.rules import throughput
from cloudarium.services.dynamodb.rules.definition import Table
from cloudarium.shared import arn

Input = Mapping[str, Any]
Schema = Sequence[Mapping[str, str]]

MOST_LOCAL = 5
MOST_KEYS = 4  # attributes of one kind in the key of a global index
MOST_GLOBAL = 20
MOST_PROJECTED = 100
_MOST_UNITS = 10**12
_ON_DEMAND = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}


# ---- CreateTable ----------------------------------------------------------------------------------------------------


def check_create(given: Input) -> None:
    """Refuse a CreateTable that contradicts itself, in AWS's order."""
    for name in ("AttributeDefinitions", "KeySchema"):
        if given.get(name) is None:
            shown = name[0].lower() + name[1:]
            raise ValidationException(
                f"1 validation error detected: Value null at '{shown}' failed to satisfy constraint:"
                " Member must not be null"
            )
    on_demand = _check_billing(given)
    defined = [each["AttributeName"] for each in given["AttributeDefinitions"]]
    _check_table_keys(given["KeySchema"], defined)
    locals_, globals_ = given.get("LocalSecondaryIndexes"), given.get("GlobalSecondaryIndexes")
    if locals_ is None and globals_ is None and len(given["KeySchema"]) != len(defined):
        raise Invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in"
            " AttributeDefinitions"
        )
    seen: set[str] = set()
    if locals_ is not None:
        _check_local(locals_, given["KeySchema"], defined, seen)
    if globals_ is not None:
        _check_globals(globals_, defined, seen, on_demand)
    _check_used(given, defined)
    _check_projected(locals_ or (), globals_ or ())
    stream = given.get("StreamSpecification")
    if stream is not None:
        _check_new_stream(stream)


def _check_billing(given: Input) -> bool:
    """Whether the table is on demand."""
    units = given.get("ProvisionedThroughput")
    if given.get("BillingMode") == "PAY_PER_REQUEST":
        if units:
            raise Invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        return True
    if not units:
        raise Invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
    check_units(units, "")
    return False


def check_units(units: Input, where: str) -> None:
    """Refuse throughput that no table may have."""
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if units[name] > _MOST_UNITS:
            raise ValidationException(f"Given value {units[name]} for {name} is out of bounds{where}")


def _check_length(schema: Schema, where: str) -> None:
    if len(schema) > 2:
        raise ValidationException(
            f"1 validation error detected: Value '[{', '.join(key_names(schema))}]' at '{where}' failed to satisfy"
            " constraint: Member must have length less than or equal to 2"
        )


def _check_table_keys(schema: Schema, defined: Sequence[str]) -> None:
    names = [each["AttributeName"] for each in schema]
    _check_length(schema, "keySchema")
    if len(names) > len(defined):
        raise ValidationException("Invalid KeySchema: Some index key attribute have no definition")
    duplicate = next((name for at, name in enumerate(defined) if name in defined[:at]), None)
    if duplicate is not None:
        raise ValidationException(f"Attribute Name is duplicated: {duplicate}")
    _check_schema(schema, defined)


def _check_defined(names: Sequence[str], defined: Sequence[str]) -> None:
    if any(name not in defined for name in names):
        raise Invalid(
            "Some index key attributes are not defined in AttributeDefinitions."
            f" Keys: [{', '.join(names)}], AttributeDefinitions: [{', '.join(defined)}]"
        )


def _check_schema(schema: Schema, defined: Sequence[str]) -> None:
    names = [each["AttributeName"] for each in schema]
    _check_defined(names, defined)
    if len(names) == 2 and names[0] == names[1]:
        raise ValidationException("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    if schema[0]["KeyType"] != "HASH":
        raise ValidationException("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(schema) == 2 and schema[1]["KeyType"] != "RANGE":
        raise ValidationException("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")


def _check_long_schema(schema: Schema, defined: Sequence[str]) -> None:
    """The same for a key of several attributes, which only global indexes have."""
    names, kinds = key_names(schema), [each["KeyType"] for each in schema]
    _check_defined(names, defined)
    _check_schema(schema[:1], defined)
    if len(set(names)) < len(names):
        raise ValidationException("The KeySchema contains multiple key attributes with the same name")
    if kinds != sorted(kinds):
        raise Invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > MOST_KEYS:
            raise Invalid(f"The KeySchema exceeds the maximum allowed number of {kind} key attributes")


def _check_local(indexes: Sequence[Input], table: Schema, defined: Sequence[str], seen: set[str]) -> None:
    if not indexes:
        raise Invalid("List of LocalSecondaryIndexes is empty")
    if len(table) != 2:
        raise Invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    for at, index in enumerate(indexes, 1):
        name, schema = index["IndexName"], index["KeySchema"]
        _check_length(schema, f"localSecondaryIndexes.{at}.member.keySchema")
        _check_schema(schema, defined)
        if len(schema) != 2:
            raise Invalid(f"Index KeySchema does not have a range key for index: {name}")
        if schema[0]["AttributeName"] != table[0]["AttributeName"]:
            raise Invalid(
                f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}."
                f" index hash key: {schema[0]['AttributeName']}, table hash key: {table[0]['AttributeName']}"
            )
        _check_projection(index["Projection"])
        _check_name(name, seen)
    if len(indexes) > MOST_LOCAL:
        raise Invalid(f"Number of LocalSecondaryIndexes exceeds per-table limit of {MOST_LOCAL}")


def _check_globals(indexes: Sequence[Input], defined: Sequence[str], seen: set[str], on_demand: bool) -> None:
    if not indexes:
        raise Invalid("List of GlobalSecondaryIndexes is empty")
    for index in indexes:
        check_global(index, defined, on_demand)
        _check_name(index["IndexName"], seen)
    if len(indexes) > MOST_GLOBAL:
        raise Invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {MOST_GLOBAL}")


def check_global(index: Input, defined: Sequence[str], on_demand: bool) -> None:
    """Refuse a new global secondary index that does not fit the attribute definitions or the billing mode."""
    name, schema = index["IndexName"], index["KeySchema"]
    if len(schema) > 2 or [each["KeyType"] for each in schema] == ["HASH", "HASH"]:
        _check_long_schema(schema, defined)
    else:
        _check_schema(schema, defined)
    _check_projection(index["Projection"])
    units = index.get("ProvisionedThroughput")
    if on_demand and units:
        raise Invalid(
            f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        )
    if not on_demand and not units:
        raise Invalid(f"ProvisionedThroughput is not specified for index: {name}")
    if units:
        check_units(units, f" for index {name}")
    throughput.add({"ProvisionedThroughput": units or _ON_DEMAND}, index, on_demand, name)


def _check_name(name: str, seen: set[str]) -> None:
    if name in seen:
        raise Invalid(f"Duplicate index name: {name}")
    seen.add(name)


def _check_projection(projection: Input) -> None:
    kind: str | None = projection.get("ProjectionType")
    extra: list[str] | None = projection.get("NonKeyAttributes")
    if kind is None:
        raise Invalid("Unknown ProjectionType: null")
    if kind == "INCLUDE" and not extra:
        raise Invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if kind != "INCLUDE" and extra is not None:
        raise Invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    seen: set[str] = set()
    for name in extra or ():
        if name in seen:
            raise Invalid(f"Duplicate element in NonKeyAttributes: {name}")
        seen.add(name)


def _check_used(given: Input, defined: Sequence[str]) -> None:
    used = list(key_names(given["KeySchema"]))
    for index in (*(given.get("LocalSecondaryIndexes") or ()), *(given.get("GlobalSecondaryIndexes") or ())):
        used += [name for name in key_names(index["KeySchema"]) if name not in used]
    if set(used) != set(defined):
        raise Invalid(
            f"Some AttributeDefinitions are not used. AttributeDefinitions: [{', '.join(defined)}],"
            f" keys used: [{', '.join(used)}]"
        )


def key_names(schema: Schema) -> list[str]:
    """The attributes of a key schema."""
    return [each["AttributeName"] for each in schema]


def shown_schema(schema: Schema, types: Mapping[str, str]) -> str:
    """A key schema as error texts show it."""
    elements = (
        f"SchemaElement: key{{{each['AttributeName']}:{types[each['AttributeName']]}:{each['KeyType']}}}"
        for each in schema
    )
    return f"Schema:[{', '.join(elements)}]"


def _check_projected(locals_: Sequence[Input], globals_: Sequence[Input]) -> None:
    count = sum(len(index["Projection"].get("NonKeyAttributes", ())) for index in (*locals_, *globals_))
    if count > MOST_PROJECTED:
        raise Invalid(f"The total number of NonKeyAttributes of all indexes exceeds {MOST_PROJECTED}")


def _check_new_stream(stream: Input) -> None:
    if stream["StreamEnabled"] and "StreamViewType" not in stream:
        raise Invalid("Table is being created with a stream enabled, UpdateViewType is required")
    if not stream["StreamEnabled"] and "StreamViewType" in stream:
        raise Invalid("Table is being created with a stream disabled, UpdateViewType should not be specified")


def encryption(given: Input) -> dict[str, Any] | None:
    """What is recorded of an SSESpecification: None for AWS's own key, which is always there."""
    if given.get("KMSMasterKeyId") is not None and not given.get("Enabled"):
        raise Invalid("KMSMasterKeyId can not be specified if Enabled is false")
    if given.get("SSEType") == "AES256":
        raise Invalid("SSEType AES256 is not supported")
    if not given.get("Enabled"):
        if given.get("SSEType"):
            raise Invalid("SSEType can not be specified if Enabled is false")
        return None
    return {"Status": "ENABLED", "SSEType": "KMS"}


# ---- The definition -------------------------------------------------------------------------------------------------


def definition(given: Input, table_id: str, now: float) -> dict[str, Any]:
    """What is recorded of a checked CreateTable; the stream comes separately."""
    on_demand = given.get("BillingMode") == "PAY_PER_REQUEST"
    made: dict[str, Any] = {
        "TableId": table_id,
        "CreationDateTime": now,
        "AttributeDefinitions": given["AttributeDefinitions"],
        "KeySchema": given["KeySchema"],
        "BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        "ProvisionedThroughput": dict(_ON_DEMAND if on_demand else given["ProvisionedThroughput"]),
        "DeletionProtectionEnabled": given.get("DeletionProtectionEnabled", False),
        "NextSlot": 1,
    }
    throughput.add(made, given, on_demand)
    if on_demand:
        made["LastUpdateToPayPerRequestDateTime"] = now
    if "TableClass" in given:
        made["TableClass"] = {"TableClass": given["TableClass"]}
    if "SSESpecification" in given:
        made["SSE"] = encryption(given["SSESpecification"])
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        for index in given.get(kind, ()):
            add_index(made, kind, index)
    return made


def add_index(made: dict[str, Any], kind: str, index: Input) -> dict[str, Any]:
    """Add an index to a definition; its record."""
    record = {"Slot": made["NextSlot"], **{name: index[name] for name in ("IndexName", "KeySchema", "Projection")}}
    made["NextSlot"] += 1
    if kind == "GlobalSecondaryIndexes":
        record["ProvisionedThroughput"] = dict(index.get("ProvisionedThroughput") or _ON_DEMAND)
        throughput.add(record, index, made["BillingMode"] == "PAY_PER_REQUEST", index["IndexName"])
    made.setdefault(kind, []).append(record)
    return record


def prune_attributes(made: dict[str, Any]) -> None:
    """Forget the definitions of attributes that no key uses any more."""
    used = set(key_names(made["KeySchema"]))
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        for index in made.get(kind, ()):
            used.update(key_names(index["KeySchema"]))
    made["AttributeDefinitions"] = [each for each in made["AttributeDefinitions"] if each["AttributeName"] in used]


# ---- DescribeTable --------------------------------------------------------------------------------------------------


def describe(table: Table, counts: Mapping[int, tuple[int, int]], status: str = "ACTIVE") -> dict[str, Any]:
    """A TableDescription; `counts` are items and bytes by slot."""
    made = table.definition
    items, size = counts.get(0, (0, 0))
    shown: dict[str, Any] = {
        "TableName": table.name,
        "TableArn": table.arn,
        "TableId": made["TableId"],
        "TableStatus": status,
        "CreationDateTime": made["CreationDateTime"],
        "AttributeDefinitions": made["AttributeDefinitions"],
        "KeySchema": made["KeySchema"],
        "ProvisionedThroughput": _throughput(made["ProvisionedThroughput"]),
        "WarmThroughput": {**throughput.warm(made), "Status": status},
        "ItemCount": items,
        "TableSizeBytes": size,
        "DeletionProtectionEnabled": made["DeletionProtectionEnabled"],
    }
    if made["BillingMode"] == "PAY_PER_REQUEST":
        shown["BillingModeSummary"] = {
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": made["LastUpdateToPayPerRequestDateTime"],
        }
    elif "LastUpdateToPayPerRequestDateTime" in made:
        shown["BillingModeSummary"] = {
            "BillingMode": "PROVISIONED",
            "LastUpdateToPayPerRequestDateTime": made["LastUpdateToPayPerRequestDateTime"],
        }
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if made.get(kind):
            shown[kind] = [_index(table, index, counts) for index in made[kind]]
    _add_settings(shown, table)
    return shown


def _add_settings(shown: dict[str, Any], table: Table) -> None:
    made = table.definition
    if "OnDemandThroughput" in made:
        shown["OnDemandThroughput"] = made["OnDemandThroughput"]
    if made.get("TableClass"):
        shown["TableClassSummary"] = made["TableClass"]
    if made.get("SSE"):
        key = (made.get("TableKey") or {}).get("Arn") or arn.make("kms", table.scope, "alias/aws/dynamodb")
        shown["SSEDescription"] = {**made["SSE"], "KMSMasterKeyArn": key}
    if "RestoreSummary" in made:
        shown["RestoreSummary"] = {**made["RestoreSummary"], "RestoreInProgress": "Restoring" in made}
    stream = made.get("Stream")
    if stream:
        shown["LatestStreamLabel"] = stream["Label"]
        shown["LatestStreamArn"] = f"{table.arn}/stream/{stream['Label']}"
        if stream["On"]:
            shown["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["View"]}


def _throughput(units: Input) -> dict[str, Any]:
    return {"NumberOfDecreasesToday": 0, **units}


def _index(table: Table, index: Input, counts: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    items, size = counts.get(index["Slot"], (0, 0))
    shown = {
        "IndexName": index["IndexName"],
        "IndexArn": f"{table.arn}/index/{index['IndexName']}",
        "KeySchema": index["KeySchema"],
        "Projection": index["Projection"],
        "ItemCount": items,
        "IndexSizeBytes": size,
    }
    if "ProvisionedThroughput" in index:
        status = "CREATING" if index.get("Backfilling") else "ACTIVE"
        shown["IndexStatus"] = status
        if index.get("Backfilling"):
            shown["Backfilling"] = True
        shown["ProvisionedThroughput"] = _throughput(index["ProvisionedThroughput"])
        shown["WarmThroughput"] = {**throughput.warm(index), "Status": status}
        if "OnDemandThroughput" in index:
            shown["OnDemandThroughput"] = index["OnDemandThroughput"]
    return shown
