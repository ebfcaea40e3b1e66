"""Export tasks: start, list, cancel."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, exporting, records, resources
from cloudarium.services.logs.operations import keys
from cloudarium.services.logs.operations.groups import milliseconds, named_group
from cloudarium.services.logs.records import exports
from cloudarium.services.logs.records.exports import Export
from cloudarium.shared import ids, paging
from cloudarium.shared.errors import AwsError

_PAGE = 50
_PREFIX = "exportedlogs"


@operation("CreateExportTask", on=resources.group)
async def create_export_task(call: Call) -> dict[str, Any]:
    """Begin to export a group's events of a time to a bucket, whose policy must let CloudWatch Logs write there."""
    given = call.input
    group = named_group(call, given["logGroupName"])
    if group.log_class != "STANDARD":
        raise errors.InvalidParameter("Export is not supported for log groups of the Infrequent Access class.")
    if given["from"] > given["to"]:
        raise errors.InvalidParameter("The specified time range is invalid: from is after to.")
    await _check_bucket(call, group.name)
    begun = keys.guarded(call, group, _begin)
    return await begun if isinstance(begun, Coroutine) else begun


def _begin(call: Call, group: records.Group) -> dict[str, Any]:
    given = call.input
    with call.transaction():
        if exports.under_way(call.store, call.scope):
            raise errors.LimitExceeded  # an account has one at a time
        export = Export(
            ids.uuid(),
            *call.scope,
            given.get("taskName"),
            group.id,
            group.name,
            given.get("logStreamNamePrefix", ""),
            min(given["from"], records.FAR),
            min(given["to"], records.FAR),
            given["destination"],
            given.get("destinationPrefix") or _PREFIX,
            "PENDING",
            "",
            milliseconds(call),
        )
        exports.add_export(call.store, export)
        call.later("Export", {"TaskId": export.id})
    return {"taskId": export.id}


async def _check_bucket(call: Call, group: str) -> None:
    """Raise InvalidParameter unless CloudWatch Logs may look at the bucket and write into it."""
    bucket, prefix = call.input["destination"], call.input.get("destinationPrefix")
    key = f"{prefix}/aws-logs-write-test" if prefix else "aws-logs-write-test"
    for operation_name in ("GetBucketAcl", "PutObject"):
        try:
            if operation_name == "PutObject":
                await exporting.write(call, group, bucket, key, b"Permission Check Successful")
            else:
                await exporting.ask(call, group, operation_name, {"Bucket": bucket})
        except AwsError as error:
            if error.code in ("NoSuchBucket", "PermanentRedirect", "InvalidBucketName"):
                raise errors.InvalidParameter(
                    "The given bucket does not exist. Please make sure the bucket is valid."
                ) from None
            raise errors.InvalidParameter(
                f"{operation_name} call on the given bucket failed. Please check if CloudWatch Logs has been granted"
                " permission to perform this operation."
            ) from None


@operation("DescribeExportTasks")
def describe_export_tasks(call: Call) -> dict[str, Any]:
    """Export tasks, the latest first, narrowed by id or status."""
    wanted, status = call.input.get("taskId"), call.input.get("statusCode")
    if wanted is not None:
        found = exports.find_export(call.store, call.scope, wanted)
        fits = found is not None and status in (None, found.status)
        return {"exportTasks": [_shown(found)] if found is not None and fits else []}
    limit = call.input.get("limit", _PAGE)
    some = exports.exports(call.store, call.scope, status, _before(call), limit + 1)
    shown = [_shown(each) for each in some[:limit]]
    last = some[limit - 1] if len(some) > limit else None
    more = {"nextToken": paging.encode([last.created, last.id])} if last is not None else {}
    return {"exportTasks": shown, **more}


def _before(call: Call) -> tuple[int, str]:
    token = call.input.get("nextToken")
    try:
        created, export_id = (records.FAR, "") if token is None else paging.decode(token)
    except (ValueError, TypeError):
        created = export_id = None
    if type(created) is not int or not isinstance(export_id, str) or abs(created) > records.FAR:
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    return created, export_id


@operation("CancelExportTask")
def cancel_export_task(call: Call) -> dict[str, Any]:
    """Cancel a task that has not finished; what it has written stays."""
    found = exports.find_export(call.store, call.scope, call.input["taskId"])
    if found is None:
        raise errors.ExportNotFound
    message = "Task was cancelled by user"
    if not exports.set_export(call.store, found.id, "CANCELLED", message, milliseconds(call)):
        raise errors.InvalidOperation("The specified export task has already finished")
    return {}


def _shown(export: Export) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "taskId": export.id,
        "logGroupName": export.grouped,
        "from": export.first,
        "to": export.last,
        "destination": export.bucket,
        "destinationPrefix": export.prefix,
        "status": {"code": export.status},
        "executionInfo": {"creationTime": export.created},
    }
    if export.name is not None:
        shown["taskName"] = export.name
    if export.message:
        shown["status"]["message"] = export.message
    if export.completed is not None:
        shown["executionInfo"]["completionTime"] = export.completed
    return shown
