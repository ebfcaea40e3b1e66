"""Invoke: a function is run, now or later."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Any

import orjson

from cloudarium.gateway.call import BodyStream, Call
from cloudarium.gateway.operation import operation
from cloudarium.runtime.streams import ResponseStream
from cloudarium.services.lambda_ import errors, metering, resources, running, streaming
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import LATEST
from cloudarium.services.lambda_.rules import events, recursion
from cloudarium.shared.errors import AwsError

_CONTEXT_LIMIT = 3583
_PASSING = ("sns.amazonaws.com", "s3.amazonaws.com")


@operation("Invoke", on=resources.qualified, refuses=("DurableExecutionName", "TenantId"))
async def invoke(call: Call) -> dict[str, Any]:
    """Run a function and answer what it gave, take an event for later (Event), or only ask (DryRun)."""
    given = call.input
    kind = given.get("InvocationType", "RequestResponse")
    found = lookup.version_of(call, routed=True)
    _cut_lineage(call)
    if kind == "DryRun":
        return {"StatusCode": 204}
    payload = _payload(bytes(given.get("Payload") or b""), kind)
    context = _client_context(given.get("ClientContext"))
    if kind == "Event":
        _take(call, found, payload, context)
        return {"StatusCode": 202}
    reserved = found.function.reserved
    result = await running.run(
        call.cloud,
        running.Event(
            found.version, found.qualifier, payload, call.request_id, context, call.trace, reserved, waits=True
        ),
    )
    answer: dict[str, Any] = {
        "StatusCode": 200,
        "ExecutedVersion": found.version.number,
        "Payload": result.payload,
    }
    if result.error:
        answer["FunctionError"] = result.error
    if given.get("LogType") == "Tail":
        answer["LogResult"] = base64.b64encode(result.log_tail).decode()
    return answer


@operation("InvokeWithResponseStream", on=resources.qualified, refuses=("TenantId",))
async def invoke_with_response_stream(call: Call) -> dict[str, Any]:
    """Run a function and pass on what it answers as it comes; DryRun only asks."""
    given = call.input
    found = lookup.version_of(call, routed=True)
    if given.get("InvocationType") == "DryRun":
        return {"StatusCode": 204}
    payload = _payload(bytes(given.get("Payload") or b""), "RequestResponse")
    context = _client_context(given.get("ClientContext"))
    event = running.Event(
        found.version, found.qualifier, payload, call.request_id, context, call.trace, found.function.reserved,
        ResponseStream(), waits=True,
    )  # fmt: skip
    streamed = await streaming.begin(call.cloud, event)
    return {
        "StatusCode": 200,
        "ExecutedVersion": found.version.number,
        "EventStream": _events(streamed, given.get("LogType") == "Tail"),
    }


async def _events(streamed: streaming.Streamed, with_log: bool) -> AsyncIterator[dict[str, Any]]:
    try:
        async for piece in streamed.pieces:
            yield {"PayloadChunk": {"Payload": piece}}
    finally:
        streamed.pieces.abandon()
    end: dict[str, str] = {}
    try:
        result = await streamed.result()
    except AwsError as error:
        yield {"InvokeComplete": {"ErrorCode": error.code, "ErrorDetails": error.message}}
        return
    if result.error:
        end = {"ErrorCode": result.error, "ErrorDetails": result.payload.decode("utf-8", "replace")}
    elif not streamed.streams:
        yield {"PayloadChunk": {"Payload": result.payload}}
    if with_log:
        end["LogResult"] = base64.b64encode(result.log_tail).decode()
    yield {"InvokeComplete": end}


@operation("InvokeAsync", on=resources.function)
async def invoke_async(call: Call) -> dict[str, Any]:
    """Take an event (InvokeArgs) for later: the old form of Invoke with Event."""
    found = lookup.version_of(call)
    given = call.input["InvokeArgs"]
    try:
        event = await given.read(events.ASYNC_LIMIT) if isinstance(given, BodyStream) else bytes(given)
    except ValueError as error:
        raise errors.RequestTooLarge(f"Request must be smaller than {events.ASYNC_LIMIT} bytes") from error
    payload = _payload(event, "Event")
    with call.transaction():
        _take(call, found, payload, "")
    return {"Status": 202}


def _cut_lineage(call: Call) -> None:
    """Only some services pass a lineage on; loops through others are not found, on AWS neither."""
    if call.principal.kind == "service" and call.principal.name not in _PASSING:
        call.trace = recursion.without(call.trace)


def _payload(payload: bytes, kind: str) -> bytes:
    """The event, checked: in size, and that it is JSON. None at all is an empty object, as on AWS."""
    if kind == "Event" and len(payload) > events.ASYNC_LIMIT:
        raise errors.RequestTooLarge(
            f"{len(payload)} byte payload is too large for the Event invocation type (limit {events.ASYNC_LIMIT} bytes)"
        )
    if len(payload) > events.SYNC_LIMIT:
        raise errors.RequestTooLarge(
            f"Request must be smaller than {events.SYNC_LIMIT} bytes for the InvokeFunction operation"
        )
    if not payload:
        return b"{}"
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise errors.InvalidRequestContent(
            f"Could not parse request body into json: Could not parse payload into json: {error}"
        ) from error
    return payload


def _client_context(text: str | None) -> str:
    if not text:
        return ""
    if len(text) > _CONTEXT_LIMIT:
        raise errors.InvalidRequestContent(f"Client context must be at most {_CONTEXT_LIMIT} bytes.")
    try:
        value = base64.b64decode(text, validate=True)
        orjson.loads(value)
        return value.decode()
    except (binascii.Error, ValueError) as error:
        raise errors.InvalidRequestContent("Client context must be a valid Base64-encoded JSON object.") from error


def _take(call: Call, found: lookup.Found, payload: bytes, context: str) -> None:
    function = found.function
    event = {
        "Account": function.account,
        "Region": function.region,
        "Name": function.name,
        "Qualifier": found.qualifier,
        "Version": found.version.number if found.qualifier != LATEST else LATEST,
        "Payload": payload.decode("utf-8", "surrogateescape"),
        "ClientContext": context,
        "RequestId": call.request_id,
        "TakenAt": call.now,
        "Attempts": 0,
        "Throttles": 0,
    }
    call.later("AsyncInvoke", event)
    metering.asynchronous(call.cloud, found.version, found.qualifier, "AsyncEventsReceived")
