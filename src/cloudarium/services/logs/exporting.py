"""Carries out export tasks: each stream becomes files of lines, packed, below the task's id in the bucket.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cloudarium.gateway.call import BodyStream, Call
from cloudarium.policy.principal import Principal
from cloudarium.services.logs import records, resources
from cloudarium.services.logs.records import Event, Window, exports
from cloudarium.services.logs.records.exports import Export
from cloudarium.services.logs.rules import Position
from cloudarium.shared.errors import AwsError

_PORTION = 20_000  # events of one file
_DENIED = ("AccessDenied", "AccessDeniedException")


async def ask(call: Call, group: str, operation: str, given: Mapping[str, Any], body: bytes | None = None) -> None:
    """Call S3 as CloudWatch Logs, by its regional name or, if the bucket does not know that, by the general one."""
    source = {"aws:SourceArn": f"{resources.group_arn(call.scope, group)}:*", "aws:SourceAccount": call.account}
    for name in (f"logs.{call.region}.amazonaws.com", "logs.amazonaws.com"):
        principal = Principal.service(name, call.account)
        try:
            more = {} if body is None else {"Body": BodyStream.whole(body)}
            await call.send("s3", operation, {**given, **more}, as_=principal, context=source)
            return
        except AwsError as error:
            if error.code not in _DENIED or name == "logs.amazonaws.com":
                raise


async def write(call: Call, group: str, bucket: str, key: str, data: bytes) -> None:
    """Put an object that the bucket's owner has in full control."""
    given = {"Bucket": bucket, "Key": key, "ACL": "bucket-owner-full-control"}
    await ask(call, group, "PutObject", given, data)


async def run(call: Call, export: Export) -> None:
    """Write every stream's events of the task's time, and say how it went."""
    with call.transaction():
        if not exports.set_export(call.store, export.id, "RUNNING", "Task is active"):
            return
    status, message = "COMPLETED", "Completed successfully"
    group = records.group_by_id(call.store, export.group_id)
    try:
        if group is None:
            status, message = "FAILED", "The log group was deleted."
        else:
            for stream_id, name in sorted(records.stream_ids(call.store, group, export.streams).items()):
                if not await _write_stream(call, export, stream_id, name):
                    return
    except AwsError as error:
        status, message = "FAILED", error.message
    with call.transaction():
        exports.set_export(call.store, export.id, status, message, int(call.cloud.clock.now() * 1000))


async def _write_stream(call: Call, export: Export, stream_id: int, name: str) -> bool:
    """Write one stream; False when the task was cancelled meanwhile."""
    place: Position | None = None
    for number in itertools.count():
        current = exports.find_export(call.store, call.scope, export.id)
        if current is None or current.status != "RUNNING":
            return False
        window = Window(export.first, export.last, after=place)
        portion = list(itertools.islice(records.stream_events(call.store, stream_id, window), _PORTION))
        if not portion:
            return True
        data = await asyncio.to_thread(_packed, portion)
        folder = name.replace("/", "-")
        key = f"{export.prefix}/{export.id}/{folder}/{number:06d}.gz"
        await write(call, export.grouped, export.bucket, key, data)
        place = Position(portion[-1].timestamp, portion[-1].number)
    return True


def _packed(events: Sequence[Event]) -> bytes:
    lines = [f"{_moment(event.timestamp)} {event.message}\n" for event in events]
    return gzip.compress("".join(lines).encode(errors="surrogatepass"), 6, mtime=0)


def _moment(timestamp: int) -> str:
    try:
        moment = datetime.fromtimestamp(timestamp // 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return str(timestamp)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{timestamp % 1000:03d}Z"
