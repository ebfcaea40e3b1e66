"""Point-in-time recovery and restored tables: which moments can be restored, and what the new table is like."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cloudarium.services.dynamodb.errors import Invalid
from cloudarium.services.dynamodb.rules import tables as rules

Data = dict[str, Any]
DAY = 86_400.0
LONGEST = 35  # days, also of a period that nobody names
BEHIND = 300.0  # seconds that the latest moment lies behind now, "typically five minutes" as AWS says
MOST_BYTES = 1 << 30  # of a table's log of changes; what is beyond is forgotten, and its time cannot be restored


def window(recovery: Mapping[str, Any], now: float) -> tuple[float, float]:
    """The earliest and the latest moment that can be restored; SDKs send whole seconds, so the earliest is one."""
    earliest = math.ceil(max(recovery["Since"], now - recovery["Days"] * DAY))
    return earliest, max(earliest, math.floor((now - BEHIND) * 1000) / 1000)  # as far as answers tell it


def described(recovery: Mapping[str, Any] | None, now: float) -> Data:
    """A ContinuousBackupsDescription."""
    shown: Data = {"PointInTimeRecoveryStatus": "DISABLED"}
    if recovery is not None:
        earliest, latest = window(recovery, now)
        shown = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": recovery["Days"],
            "EarliestRestorableDateTime": earliest,
            "LatestRestorableDateTime": latest,
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": shown,
        }
    }


_LOCAL = ("IndexName", "KeySchema", "Projection")
_GLOBAL = (*_LOCAL, "OnDemandThroughput")


def creation(source: Mapping[str, Any], given: Mapping[str, Any]) -> Data:
    """The CreateTable that makes the table which a Restore asks for, of the definition that is restored.

    What AWS does not restore (tags, streams, expiry, policies, recovery, protection) is not in it.
    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
    """
    billing = given.get("BillingModeOverride") or source["BillingMode"]
    provisioned = billing == "PROVISIONED"
    made: Data = {"TableName": given["TargetTableName"], "BillingMode": billing, "KeySchema": source["KeySchema"]}
    made |= _throughput(source, given, provisioned)
    for kind, override in (
        ("LocalSecondaryIndexes", "LocalSecondaryIndexOverride"),
        ("GlobalSecondaryIndexes", "GlobalSecondaryIndexOverride"),
    ):
        indexes = _indexes(source.get(kind) or [], given.get(override), kind, provisioned)
        if indexes:
            made[kind] = indexes
    made["AttributeDefinitions"] = source["AttributeDefinitions"]
    rules.prune_attributes(made)
    if source.get("TableClass"):
        made["TableClass"] = source["TableClass"]["TableClass"]
    if given.get("SSESpecificationOverride") is not None:
        made["SSESpecification"] = given["SSESpecificationOverride"]
    elif source.get("SSE"):
        key = (source.get("TableKey") or {}).get("Arn")
        made["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", **({"KMSMasterKeyId": key} if key else {})}
    return made


def _throughput(source: Mapping[str, Any], given: Mapping[str, Any], provisioned: bool) -> Data:
    units = given.get("ProvisionedThroughputOverride")
    if units is None and provisioned and source["BillingMode"] == "PROVISIONED":
        units = source["ProvisionedThroughput"]
    most = given.get("OnDemandThroughputOverride") or (None if provisioned else source.get("OnDemandThroughput"))
    found = {"ProvisionedThroughput": units, "OnDemandThroughput": most}
    return {name: value for name, value in found.items() if value}


def _indexes(there: list[Data], wanted: list[Data] | None, kind: str, provisioned: bool) -> list[Data]:
    """The indexes of the restored table: those of the source, or of these the ones that are asked for."""
    if wanted is None:
        local = kind == "LocalSecondaryIndexes"
        found = [{name: each[name] for name in (_LOCAL if local else _GLOBAL) if name in each} for each in there]
        for made, each in zip(found, there, strict=True):
            units = each.get("ProvisionedThroughput")
            if provisioned:
                made.pop("OnDemandThroughput", None)
                if units and units["ReadCapacityUnits"]:
                    made["ProvisionedThroughput"] = units
        return found
    known = {each["IndexName"]: each for each in there}
    for each in wanted:
        same = known.get(each["IndexName"])
        if same is None or any(same[part] != each[part] for part in ("KeySchema", "Projection")):
            raise Invalid(f"{kind[:-2]}Override: {each['IndexName']} does not match an index of the source table")
    return wanted
