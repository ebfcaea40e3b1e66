"""AWS JSON 1.0 and 1.1: one POST to `/`, the operation in `X-Amz-Target`, JSON both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zlib import crc32

import orjson

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.protocols.compression import plain_body
from cloudarium.gateway.protocols.event_stream import MEDIA_TYPE, event_frame, write_events
from cloudarium.gateway.protocols.json_values import JsonParser, JsonSerializer, load
from cloudarium.gateway.protocols.problems import Problem, problem
from cloudarium.model import OperationModel, ServiceModel, Shape
from cloudarium.shared.auth_errors import NoOperation
from cloudarium.shared.errors import AwsError

PROTOCOL = "json"
# The frame below AWS's services spells these errors' message with a capital.
_CAPITAL = frozenset({"AccessDeniedException", "SerializationException"})


def identify(service: ServiceModel, request: HttpRequest) -> str | None:
    """The operation that `X-Amz-Target: Prefix.Operation` names, or None."""
    prefix, _, name = request.headers.get("x-amz-target", "").rpartition(".")
    return name if prefix == service.target_prefix and name in service.operations else None


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """The input in a request's body."""
    reader = operation.compiled.get("json.parse")
    if reader is None:
        reader = operation.compiled["json.parse"] = _reader(operation)
    return reader(plain_body(request) if "content-encoding" in request.headers else request.body)


def _reader(operation: OperationModel) -> Callable[[bytes], dict[str, Any]]:
    if operation.input is None:
        return lambda body: load(body, False) and {}
    convert = JsonParser.of(operation.service)(operation.input)
    bounded = operation.input.recursive
    return lambda body: convert(load(body, bounded))


def serialize(operation: OperationModel, output: dict[str, Any], request_id: str) -> HttpResponse:
    """The response with an output as its body; operations without an output answer an empty body."""
    writer = operation.compiled.get("json.serialize")
    if writer is None:
        writer = operation.compiled["json.serialize"] = _writer(operation)
    body = writer(output)
    if not isinstance(body, bytes):
        body.headers["x-amzn-RequestId"] = request_id
        return body
    return HttpResponse(200, {**_headers(operation.service, body), "x-amzn-RequestId": request_id}, body)


def _writer(operation: OperationModel) -> Callable[[dict[str, Any]], bytes | HttpResponse]:
    if operation.output is None:
        return lambda output: b""
    if operation.output.event_stream is not None:
        return _stream_writer(operation.service, operation.output, operation.output.event_stream)
    convert = JsonSerializer.of(operation.service)(operation.output)
    return lambda output: orjson.dumps(convert(output))


def _stream_writer(service: ServiceModel, shape: Shape, name: str) -> Callable[[dict[str, Any]], HttpResponse]:
    """A stream of events; what the output has beside them comes first, as an event of its own."""
    compiler, media = JsonSerializer.of(service), f"application/x-amz-json-{service.json_version}"
    convert, union = compiler(shape), shape.members[name]

    def write(output: dict[str, Any]) -> HttpResponse:
        first = orjson.dumps(convert({member: value for member, value in output.items() if member != name}))
        frame = event_frame("initial-response", first, media)
        events = write_events(compiler, orjson.dumps, media, union, output.get(name), frame)
        return HttpResponse(200, {"Content-Type": MEDIA_TYPE}, events)

    return write


def serialize_error(
    service: ServiceModel, operation: OperationModel | None, error: AwsError, request_id: str
) -> HttpResponse:
    """The response for an error: `__type`, the message and the error's own members."""
    if isinstance(error, NoOperation):
        # Recorded of SQS and DynamoDB: an empty element, whatever was asked for.
        return HttpResponse(404, {"x-amzn-RequestId": request_id}, b"<UnknownOperationException/>\n")
    found = problem(service, PROTOCOL, error)
    members = {"__type": qualified(service, found.name), **error_members(service, found)}
    body = orjson.dumps(members, default=str)
    headers = {**_headers(service, body), "x-amzn-RequestId": request_id, **found.headers}
    if service.query_compatible:
        headers["x-amzn-query-error"] = query_error(found)
    return HttpResponse(found.status, headers, body)


def query_error(found: Problem) -> str:
    """The code and the fault as clients of a service that once spoke the query protocol expect them."""
    # Codes of the gateway itself had no `Exception` at their end in the query protocol.
    code = found.query_code if found.error else found.code.removesuffix("Exception")
    return f"{code};{'Sender' if found.sender else 'Receiver'}"


def qualified(service: ServiceModel, name: str) -> str:
    """The error's name with the namespace that this service puts before its own errors and the frame's, if any."""
    own = name in service.errors
    space = service.metadata.get("errorNamespace" if own else "frameNamespaces")
    if isinstance(space, dict):
        space = space.get(name) or space.get("*")
    return f"{space}#{name}" if space else name


def error_members(
    service: ServiceModel, found: Problem, serializer: type[JsonSerializer] = JsonSerializer
) -> dict[str, Any]:
    """The message, spelled as the error's shape does, and the error's own members."""
    members: dict[str, Any] = {}
    if found.shape is not None:
        shapes = found.shape.members
        known = {k: v for k, v in found.fields.items() if k in shapes and shapes[k].location is None}
        members = serializer.of(service)(found.shape)(known)
        fault = service.metadata.get("errorType")
        if fault and "Type" in found.shape.members:
            members.setdefault("Type", fault["sender" if found.sender else "receiver"])
    members.update((k, v) for k, v in found.fields.items() if not found.shape or k not in found.shape.members)
    if found.message:
        spelled = found.message_member or ("Message" if found.name in _CAPITAL else "message")
        members.setdefault(spelled, found.message)
    return members


def _headers(service: ServiceModel, body: bytes) -> dict[str, str]:
    headers = {"Content-Type": f"application/x-amz-json-{service.json_version}"}
    checksum = service.metadata.get("answerChecksum")
    if checksum:
        headers[checksum] = str(crc32(body))
    return headers
