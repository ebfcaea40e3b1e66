"""Backups on demand: create, describe, list, delete, and tables made of them."""

from __future__ import annotations

import re
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import resources
from cloudarium.services.dynamodb.errors import BackupInUse, BackupNotFound, ValidationException
from cloudarium.services.dynamodb.operations import copies
from cloudarium.services.dynamodb.operations.lookup import place_of
from cloudarium.services.dynamodb.operations.recoveries import backed_up
from cloudarium.services.dynamodb.records import backups
from cloudarium.services.dynamodb.records.backups import Backup

Data = dict[str, Any]
_ARN = re.compile(r"arn:aws:dynamodb:[a-z0-9-]+:\d{12}:table/[a-zA-Z0-9_.-]{3,255}/backup/[0-9]{14}-[0-9a-f]{8}\Z")
_KINDS = {"USER": ("USER",), "SYSTEM": ("SYSTEM",), "AWS_BACKUP": ("AWS_BACKUP",), "ALL": ("USER", "SYSTEM")}
_PAGE = 100
_EVER = float("inf")


@operation("CreateBackup", on=resources.table)
def create_backup(call: Call) -> Data:
    """Keep a copy of a table as it is now, until it is deleted."""
    table = backed_up(call, call.input["TableName"])
    made = backups.by_id(call.store, copies.take(call, table, call.input["BackupName"], "USER"))
    assert made is not None
    return {"BackupDetails": _details(made, "CREATING")}


@operation("DescribeBackup", on=resources.backup)
def describe_backup(call: Call) -> Data:
    """Everything about a backup."""
    return {"BackupDescription": _description(_find(call), "AVAILABLE")}


@operation("DeleteBackup", on=resources.backup)
def delete_backup(call: Call) -> Data:
    """Remove a backup; what is in it goes in steps afterwards."""
    found = _find(call)
    if backups.is_restored(call.store, found.id):
        raise BackupInUse(found.arn)
    backups.remove(call.store, found.id)
    copies.drop(call, found.id)
    return {"BackupDescription": _description(found, "DELETED")}


@operation("ListBackups")
def list_backups(call: Call) -> Data:
    """The backups of one table, which may be gone, or of all, in the order in which they were made."""
    given = call.input
    table = place_of(call, given["TableName"])[1] if "TableName" in given else None
    limit = given.get("Limit", _PAGE)
    start = given.get("ExclusiveStartBackupArn")
    after = 0
    if start is not None:
        last = _find(call, start)
        after = last.id
    between = (float(given.get("TimeRangeLowerBound", 0)), float(given.get("TimeRangeUpperBound", _EVER)))
    kinds = _KINDS[given.get("BackupType", "USER")]
    found = backups.listed(call.store, call.scope, table, kinds, between, after, limit + 1)
    answer: Data = {"BackupSummaries": [_summary(each) for each in found[:limit]]}
    if len(found) > limit:
        answer["LastEvaluatedBackupArn"] = found[limit - 1].arn
    return answer


@operation("RestoreTableFromBackup", on=resources.restored_backup, refuses=("VectorIndexOverride",))
async def restore_table_from_backup(call: Call) -> Data:
    """Make a table with what is in a backup."""
    copies.check_target(call)
    key = await copies.key_for(call, _find(call).definition)
    with call.transaction():
        found = _find(call)  # KMS may have taken its time
        summary = {"SourceBackupArn": found.arn, "SourceTableArn": found.table_arn, "RestoreDateTime": call.now}
        return copies.restore(call, found.definition, found.id, summary, key)


def _find(call: Call, reference: str | None = None) -> Backup:
    text = call.input["BackupArn"] if reference is None else reference
    if not _ARN.match(text):
        raise ValidationException(f"Invalid backup ARN: {text}")
    found = backups.find(call.store, text)
    if found is None:
        raise BackupNotFound(text)
    return found


# ---- Answers --------------------------------------------------------------------------------------------------------


def _details(found: Backup, status: str) -> Data:
    shown = {
        "BackupArn": found.arn,
        "BackupName": found.name,
        "BackupSizeBytes": found.bytes,
        "BackupStatus": status,
        "BackupType": found.kind,
        "BackupCreationDateTime": found.created,
    }
    return shown if found.expires is None else {**shown, "BackupExpiryDateTime": found.expires}


def _summary(found: Backup) -> Data:
    table = {"TableName": found.table, "TableId": found.definition["TableId"], "TableArn": found.table_arn}
    return {**table, **_details(found, "AVAILABLE")}


def _description(found: Backup, status: str) -> Data:
    made = found.definition
    table = {
        "TableName": found.table,
        "TableId": made["TableId"],
        "TableArn": found.table_arn,
        "TableSizeBytes": found.bytes,
        "ItemCount": found.items,
        "KeySchema": made["KeySchema"],
        "TableCreationDateTime": made["CreationDateTime"],
        "ProvisionedThroughput": made["ProvisionedThroughput"],
        "BillingMode": made["BillingMode"],
        **{name: made[name] for name in ("OnDemandThroughput",) if name in made},
    }
    return {
        "BackupDetails": _details(found, status),
        "SourceTableDetails": table,
        "SourceTableFeatureDetails": _features(made),
    }


def _features(made: Data) -> Data:
    """What the table had beside its items."""
    shown: Data = {}
    parts = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput", "OnDemandThroughput")
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if made.get(kind):
            shown[kind] = [{name: each[name] for name in parts if name in each} for each in made[kind]]
    stream = made.get("Stream")
    if stream and stream["On"]:
        shown["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": stream["View"]}
    if made.get("TimeToLive"):
        shown["TimeToLiveDescription"] = {"TimeToLiveStatus": "ENABLED", "AttributeName": made["TimeToLive"]}
    if made.get("SSE"):
        shown["SSEDescription"] = made["SSE"]
    return shown
