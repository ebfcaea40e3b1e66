"""Point-in-time recovery: a table as it was at any second of the last days."""

from __future__ import annotations

import copy
import math
import re
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import resources
from cloudarium.services.dynamodb.errors import (
    BackupsUnavailable,
    InvalidRestoreTime,
    RecoveryUnavailable,
    ResourceNotFound,
    TableNotFound,
    ValidationException,
)
from cloudarium.services.dynamodb.operations import copies
from cloudarium.services.dynamodb.operations.lookup import named_table
from cloudarium.services.dynamodb.records import backups, tables
from cloudarium.services.dynamodb.rules import recovery as rules
from cloudarium.services.dynamodb.rules.definition import Table

Data = dict[str, Any]
_ARN = re.compile(r"arn:aws:dynamodb:[a-z0-9-]+:\d{12}:table/[a-zA-Z0-9_.-]{3,255}\Z")  # of any region


def backed_up(call: Call, reference: str) -> Table:
    """The table of a call on backups. Raises TableNotFound and BackupsUnavailable."""
    try:
        table = named_table(call, reference)
    except ResourceNotFound:
        raise TableNotFound(reference) from None
    if "Restoring" in table.definition:
        raise BackupsUnavailable(table.name)
    return table


@operation("DescribeContinuousBackups", on=resources.table)
def describe_continuous_backups(call: Call) -> Data:
    """A table's continuous backups, which are always on, and between which moments it can be restored."""
    try:
        table = named_table(call, call.input["TableName"])
    except ResourceNotFound:
        raise TableNotFound(call.input["TableName"]) from None
    return rules.described(table.definition.get("Recovery"), call.now)


@operation("UpdateContinuousBackups", on=resources.table)
def update_continuous_backups(call: Call) -> Data:
    """Begin or end to keep what items were, or change for how many days; ending it forgets what was kept."""
    table = backed_up(call, call.input["TableName"])
    wanted = call.input["PointInTimeRecoverySpecification"]
    before = table.definition.get("Recovery")
    made = copy.deepcopy(table.definition)
    made.pop("Recovery", None)
    if wanted["PointInTimeRecoveryEnabled"]:
        since = call.now if before is None else max(before["Since"], call.now - before["Days"] * rules.DAY)
        made["Recovery"] = {"Since": since, "Days": wanted.get("RecoveryPeriodInDays", rules.LONGEST)}
    elif "RecoveryPeriodInDays" in wanted:
        raise ValidationException(
            "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."
        )
    if made.get("Recovery") != before:
        tables.replace(call.store, table, made)
        call.later("TrimChanges", {"table": table.id}, key=str(table.id))
    return rules.described(made.get("Recovery"), call.now)


@operation("RestoreTableToPointInTime", on=resources.restored_table, refuses=("VectorIndexOverride",))
async def restore_table_to_point_in_time(call: Call) -> Data:
    """Make a table with what another one held at a second of the time for which that is kept."""
    source, moment = _source(call)
    key = await copies.key_for(call, source.definition)
    with call.transaction():
        source, moment = _source(call)  # KMS may have taken its time
        copied = copies.take(call, source, source.name, backups.HIDDEN, moment)
        summary = {"SourceTableArn": source.arn, "RestoreDateTime": moment}
        return copies.restore(call, source.definition, copied, summary, key)


def _source(call: Call) -> tuple[Table, float]:
    """The table to restore, and as of when."""
    given = call.input
    reference = given.get("SourceTableArn") or given.get("SourceTableName")
    if reference is None:
        raise ValidationException("SourceTableArn or SourceTableName must be specified")
    if "SourceTableArn" in given and not _ARN.match(reference):
        raise ValidationException(f"Invalid table ARN: {reference}")
    latest = given.get("UseLatestRestorableTime", False)
    if latest is ("RestoreDateTime" in given):
        raise ValidationException("Either RestoreDateTime or UseLatestRestorableTime must be specified, but not both")
    copies.check_target(call)
    scope, name = resources.place(call, reference)
    table = tables.find(call.store, scope, name)
    if table is None:
        raise TableNotFound(name)
    if not table.recovers:
        raise RecoveryUnavailable(name)
    first, last = rules.window(table.definition["Recovery"], call.now)
    moment = last if latest else _seconds(given["RestoreDateTime"])
    if not first <= moment <= last:
        raise InvalidRestoreTime(
            f"RestoreDateTime must be between EarliestRestorableDateTime ({first}) and LatestRestorableDateTime"
            f" ({math.floor(last)})"
        )
    return table, moment


def _seconds(moment: Any) -> float:
    return float(moment if isinstance(moment, int | float) else moment.timestamp())
