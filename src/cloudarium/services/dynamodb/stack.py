"""DynamoDB's CloudFormation resource types.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from cloudarium.shared.stacks import Again, Resource, ResourceFailed, ResourceType, resource_type

Properties = Mapping[str, Any]
_GONE = ("ResourceNotFoundException",)
_SAME = ("AttributeDefinitions", "KeySchema", "BillingMode", "TableClass")


@resource_type("AWS::DynamoDB::Table")
class Table(ResourceType):
    """A table; Ref is its name."""

    properties = (
        "AttributeDefinitions",
        "BillingMode",
        "DeletionProtectionEnabled",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "OnDemandThroughput",
        "PointInTimeRecoverySpecification",
        "ProvisionedThroughput",
        "ResourcePolicy",
        "SSESpecification",
        "StreamSpecification",
        "TableClass",
        "TableName",
        "Tags",
        "TimeToLiveSpecification",
        "WarmThroughput",
    )
    refuses = (
        "ContributorInsightsSpecification",
        "ImportSourceSpecification",
        "KinesisStreamSpecification",
    )
    required = ("KeySchema",)
    replaces = ("TableName", "KeySchema", "LocalSecondaryIndexes")
    attributes = ("Arn", "StreamArn")
    physical_name = "TableName"
    tags = "Tags"

    def replacing(self, old: Properties, new: Properties) -> tuple[str, ...]:
        """A new type for an attribute that was defined already also demands a new table."""
        found = super().replacing(old, new)
        before, after = _types(old), _types(new)
        if any(after[name] != kind for name, kind in before.items() if name in after):
            return (*found, "AttributeDefinitions")
        return found

    async def create(self, r: Resource) -> Again | None:
        """CreateTable, then what only further calls can set."""
        r.id = r.properties.get("TableName") or r.name(255)
        # A repetition after a crash finds the table that the first attempt made, if it came that far.
        made = await r.send("dynamodb", "DescribeTable", {"TableName": r.id}, _GONE) if r.repeated else {}
        if not made:
            await r.send("dynamodb", "CreateTable", {**_create(r.properties, r.id), "Tags": r.tag_list})
            made = await r.send("dynamodb", "DescribeTable", {"TableName": r.id})
        _remember(r, made["Table"])
        await _recovery(r)
        expiry = r.properties.get("TimeToLiveSpecification")
        if expiry is not None and _flag(expiry.get("Enabled")):
            await _set_expiry(r, expiry)
        if "ResourcePolicy" in r.properties:
            await _set_policy(r, r.arn, r.properties)
        if "ResourcePolicy" in _streaming(r.properties):
            await _set_policy(r, r.attributes["StreamArn"], _streaming(r.properties))
        return None

    async def update(self, r: Resource) -> Again | None:
        """One UpdateTable for each kind of change, in an order that AWS takes."""
        for change in _changes(r):
            await r.send("dynamodb", "UpdateTable", {"TableName": r.id, **change})
        if r.changed("TimeToLiveSpecification"):
            await _change_expiry(r)
        if r.changed("PointInTimeRecoverySpecification"):
            await _recovery(r)
        if r.changed("ResourcePolicy"):
            await _set_policy(r, r.arn, r.properties)
        described = (await r.send("dynamodb", "DescribeTable", {"TableName": r.id}))["Table"]
        _remember(r, described)
        if r.changed("StreamSpecification") and r.properties.get("StreamSpecification"):
            await _set_policy(r, r.attributes["StreamArn"], _streaming(r.properties))
        if r.removed_tags:
            await r.send("dynamodb", "UntagResource", {"ResourceArn": r.arn, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("dynamodb", "TagResource", {"ResourceArn": r.arn, "Tags": r.tag_list})
        return None

    async def delete(self, r: Resource) -> Again | None:
        """DeleteTable."""
        await r.send("dynamodb", "DeleteTable", {"TableName": r.id}, _GONE)
        return None


async def _set_policy(r: Resource, arn: str, holder: Properties) -> None:
    """Put the policy of the table or its stream, or take it away when the template has none any more."""
    policy = holder.get("ResourcePolicy")
    if policy is None:
        await r.send("dynamodb", "DeleteResourcePolicy", {"ResourceArn": arn})
    else:
        text = orjson.dumps(policy["PolicyDocument"]).decode()
        await r.send("dynamodb", "PutResourcePolicy", {"ResourceArn": arn, "Policy": text})


def _remember(r: Resource, described: Properties) -> None:
    r.arn = described["TableArn"]
    r.attributes = {"Arn": r.arn}
    if "StreamSpecification" in described:
        r.attributes["StreamArn"] = described["LatestStreamArn"]


# ---- Properties as the API takes them -------------------------------------------------------------------------------


def _flag(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _units(units: Properties) -> dict[str, Any]:
    return {name: int(value) for name, value in units.items()}


_THROUGHPUTS = ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")
_NO_MOST = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}


def _most(holder: Properties) -> dict[str, int]:
    """The OnDemandThroughput that takes the place of whatever was there."""
    return {**_NO_MOST, **_units(holder.get("OnDemandThroughput") or {})}


def _index(index: Properties) -> dict[str, Any]:
    made = dict(index)
    for kind in _THROUGHPUTS:
        if kind in made:
            made[kind] = _units(made[kind])
    if "ContributorInsightsSpecification" in made:
        raise ResourceFailed("Cloudarium has not built ContributorInsightsSpecification of global secondary indexes.")
    return made


def _streaming(properties: Properties) -> Properties:
    given: Properties | None = properties.get("StreamSpecification")
    return given or {}


def _stream(properties: Properties) -> dict[str, Any] | None:
    stream = _streaming(properties)
    return {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]} if stream else None


def _encryption(properties: Properties) -> dict[str, Any] | None:
    given = properties.get("SSESpecification")
    if given is None:
        return None
    made = {name: given[name] for name in ("SSEType", "KMSMasterKeyId") if name in given}
    return {"Enabled": _flag(given.get("SSEEnabled")), **made}


def _is_key(key: Any) -> bool:
    return isinstance(key, dict) and all(isinstance(member, str) for member in key.values())


def _create(properties: Properties, name: str) -> dict[str, Any]:
    keys = properties["KeySchema"]  # AWS's schema lets it be nearly anything
    if not isinstance(keys, list) or not all(map(_is_key, keys)):
        raise ResourceFailed("Model validation failed (#/KeySchema: 0 subschemas matched instead of one)")
    made: dict[str, Any] = {"TableName": name}
    made.update({each: properties[each] for each in _SAME if each in properties})
    for kind in _THROUGHPUTS:
        if kind in properties:
            made[kind] = _units(properties[kind])
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if properties.get(kind):
            made[kind] = [_index(index) for index in properties[kind]]
    if "DeletionProtectionEnabled" in properties:
        made["DeletionProtectionEnabled"] = _flag(properties["DeletionProtectionEnabled"])
    for member, value in (("StreamSpecification", _stream(properties)), ("SSESpecification", _encryption(properties))):
        if value is not None:
            made[member] = value
    return made


def _types(properties: Properties) -> dict[str, str]:
    return {each["AttributeName"]: each["AttributeType"] for each in properties.get("AttributeDefinitions", ())}


# ---- Updates --------------------------------------------------------------------------------------------------------


def _changes(r: Resource) -> Iterator[dict[str, Any]]:
    """The UpdateTable calls that lead from the old properties to the new."""
    new = r.properties
    if r.changed("DeletionProtectionEnabled"):
        yield {"DeletionProtectionEnabled": _flag(new.get("DeletionProtectionEnabled"))}
    structural, throughput = _index_changes(r)
    yield from _billing_changes(r, throughput)
    if structural:
        yield {"AttributeDefinitions": new["AttributeDefinitions"], "GlobalSecondaryIndexUpdates": structural}
    stream, before_stream = _stream(new), _stream(r.old_properties)
    if stream != before_stream:
        if before_stream is not None:
            yield {"StreamSpecification": {"StreamEnabled": False}}
        if stream is not None:
            yield {"StreamSpecification": stream}
    if r.changed("TableClass"):
        yield {"TableClass": new.get("TableClass", "STANDARD")}
    before, after = _encryption(r.old_properties) or {"Enabled": False}, _encryption(new) or {"Enabled": False}
    if before != after:
        yield {"SSESpecification": after}


def _billing_changes(r: Resource, throughput: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The changes of how the table is paid for and what it bears, with those of its indexes."""
    new = r.properties
    billing: dict[str, Any] = {}
    if r.changed("BillingMode"):
        billing["BillingMode"] = new.get("BillingMode", "PROVISIONED")
    if r.changed("ProvisionedThroughput", "BillingMode") and "ProvisionedThroughput" in new:
        billing["ProvisionedThroughput"] = _units(new["ProvisionedThroughput"])
    if throughput:
        billing["GlobalSecondaryIndexUpdates"] = throughput
    if billing:
        yield billing
    if r.changed("OnDemandThroughput") and new.get("BillingMode") == "PAY_PER_REQUEST":
        yield {"OnDemandThroughput": _most(new)}
    if r.changed("WarmThroughput") and new.get("WarmThroughput"):
        yield {"WarmThroughput": _units(new["WarmThroughput"])}


def _index_changes(r: Resource) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """An index to create or delete (CloudFormation takes one at a time), and changes of throughput."""
    old = {each["IndexName"]: _index(each) for each in r.old_properties.get("GlobalSecondaryIndexes") or ()}
    new = {each["IndexName"]: _index(each) for each in r.properties.get("GlobalSecondaryIndexes") or ()}
    structural: list[dict[str, Any]] = [{"Delete": {"IndexName": name}} for name in old if name not in new]
    structural += [{"Create": index} for name, index in new.items() if name not in old]
    if len(structural) > 1:
        raise ResourceFailed("Cannot perform more than one GSI creation or deletion in a single update")
    throughput = []
    on_demand = r.properties.get("BillingMode") == "PAY_PER_REQUEST"  # else what was the most is forgotten
    for name, index in new.items():
        before = old.get(name)
        if before is None or before == index:
            continue
        if any(before.get(part) != index.get(part) for part in ("KeySchema", "Projection")):
            raise ResourceFailed(
                "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights"
                " Specification. You can create a new GSI with a different name."
            )
        update: dict[str, Any] = {
            kind: index[kind] for kind in _THROUGHPUTS if kind in index and index[kind] != before.get(kind)
        }
        if on_demand and before.get("OnDemandThroughput") != index.get("OnDemandThroughput"):
            update["OnDemandThroughput"] = _most(index)
        if update:
            throughput.append({"Update": {"IndexName": name, **update}})
    return structural, throughput


async def _set_expiry(r: Resource, expiry: Properties) -> None:
    wanted = {"AttributeName": expiry.get("AttributeName", ""), "Enabled": _flag(expiry.get("Enabled"))}
    await r.send("dynamodb", "UpdateTimeToLive", {"TableName": r.id, "TimeToLiveSpecification": wanted})


async def _change_expiry(r: Resource) -> None:
    old = r.old_properties.get("TimeToLiveSpecification") or {}
    new = r.properties.get("TimeToLiveSpecification") or {}
    if _flag(old.get("Enabled")):
        if _flag(new.get("Enabled")) and old.get("AttributeName") == new.get("AttributeName"):
            return
        await _set_expiry(r, {**old, "Enabled": False})
    if _flag(new.get("Enabled")):
        await _set_expiry(r, new)


async def _recovery(r: Resource) -> None:
    """Have the table's recovery be as the template says; without a word it is as it was made: off."""
    given, before = (each.get("PointInTimeRecoverySpecification") or {} for each in (r.properties, r.old_properties))
    enabled = _flag(given.get("PointInTimeRecoveryEnabled"))
    if not enabled and not _flag(before.get("PointInTimeRecoveryEnabled")):
        return
    wanted: dict[str, Any] = {"PointInTimeRecoveryEnabled": enabled}
    if "RecoveryPeriodInDays" in given:
        wanted["RecoveryPeriodInDays"] = int(given["RecoveryPeriodInDays"])
    call = {"TableName": r.id, "PointInTimeRecoverySpecification": wanted}
    await r.send("dynamodb", "UpdateContinuousBackups", call)
