"""Log streams: create, describe, delete."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, records, resources, rules
from cloudarium.services.logs.operations.groups import identified_group, milliseconds, named_group
from cloudarium.services.logs.records import Group, Stream
from cloudarium.shared import paging

_PAGE = 50


@operation("CreateLogStream", on=resources.stream)
def create_log_stream(call: Call) -> dict[str, Any]:
    """Make a stream in a group."""
    group = named_group(call, call.input["logGroupName"])
    name = call.input["logStreamName"]
    rules.check_length(name)
    if records.find_stream(call.store, group, name) is not None:
        raise errors.StreamExists
    records.add_stream(call.store, group, name, milliseconds(call))
    return {}


@operation("DeleteLogStream", on=resources.stream)
def delete_log_stream(call: Call) -> dict[str, Any]:
    """Delete a stream and its events."""
    group = named_group(call, call.input["logGroupName"])
    stream = records.find_stream(call.store, group, call.input["logStreamName"])
    if stream is None:
        raise errors.StreamNotFound
    if group.protected:
        raise errors.DeletionProtected
    records.remove_stream(call.store, group, stream)
    if stream.first_event is not None:
        call.later("DropLogEvents", {"StreamId": stream.id})
    return {}


@operation("DescribeLogStreams", on=resources.group)
def describe_log_streams(call: Call) -> dict[str, Any]:
    """List a group's streams by name (narrowed by a prefix) or by the time of their last event."""
    group = identified_group(call)
    by_time = call.input.get("orderBy") == "LastEventTime"
    prefix = call.input.get("logStreamNamePrefix")
    if by_time and prefix:
        raise errors.InvalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
    limit = call.input.get("limit", _PAGE)
    descending = bool(call.input.get("descending"))
    after = _page_key(call)
    if by_time:
        found = records.streams_by_time(call.store, group, after=after, descending=descending, limit=limit + 1)
    else:
        found = records.streams_by_name(
            call.store,
            group,
            prefix=prefix or "",
            after=None if after is None else after[1],
            descending=descending,
            limit=limit + 1,
        )
    answer: dict[str, Any] = {"logStreams": [_describe(call, group, stream) for stream in found[:limit]]}
    if len(found) > limit:
        last = found[limit - 1]
        answer["nextToken"] = paging.encode([last.last_event if by_time else 0, last.name])
    return answer


def _page_key(call: Call) -> tuple[int, str] | None:
    token = call.input.get("nextToken")
    if token is None:
        return None
    try:
        time, name = paging.decode(token)
    except (ValueError, TypeError):
        time = name = None
    if not isinstance(time, int) or not isinstance(name, str) or abs(time) >= 1 << 62:
        raise errors.InvalidParameter("The specified nextToken is invalid.")
    return time, name


def _describe(call: Call, group: Group, stream: Stream) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "arn": resources.stream_arn(call.scope, group.name, stream.name),
        "storedBytes": 0,  # AWS answers 0 for every stream since 2019; only groups count
    }
    if stream.first_event is not None:
        shown["firstEventTimestamp"] = stream.first_event
        shown["lastEventTimestamp"] = stream.last_event
        shown["lastIngestionTime"] = stream.last_ingestion
        shown["uploadSequenceToken"] = sequence_token(stream.id, stream.last_ingestion or 0)
    return shown


def sequence_token(stream_id: int, ingested: int) -> str:
    """AWS still answers sequence tokens, of 56 digits, and ignores them."""
    return f"49{ingested:013d}{stream_id:041d}"
