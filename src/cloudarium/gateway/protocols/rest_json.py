"""REST with JSON bodies: Lambda, API Gateway, SES v2, Scheduler, X-Ray."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.protocols.event_stream import MEDIA_TYPE, write_events
from cloudarium.gateway.protocols.json import error_members
from cloudarium.gateway.protocols.json_values import JsonParser, JsonSerializer, load, load_any
from cloudarium.gateway.protocols.problems import problem
from cloudarium.gateway.protocols.rest import Answer, ReadBody, WriteBody, compile_parse, placed
from cloudarium.gateway.protocols.routes import identify as identify
from cloudarium.model import OperationModel, ServiceModel, Shape
from cloudarium.shared.errors import AwsError

PROTOCOL = "rest-json"
_JSON = "application/json"


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """The input in a request's path, query string, headers and body."""
    reader = operation.compiled.get("rest-json.parse")
    if reader is None:
        reader = operation.compiled["rest-json.parse"] = compile_parse(operation, _body_reader)
    return reader(request)


def _body_reader(operation: OperationModel, shape: Shape, name: str | None) -> ReadBody:
    convert = JsonParser.of(operation.service)(shape)
    bounded = shape.recursive
    if name is not None:
        return lambda body: convert(load_any(body, bounded))
    return lambda body: convert(load(body, bounded))


def serialize(operation: OperationModel, output: dict[str, Any], request_id: str) -> HttpResponse:
    """The response with an output in its status, headers and body."""
    writer = operation.compiled.get("rest-json.serialize")
    if writer is None:
        writer = operation.compiled["rest-json.serialize"] = _writer(operation)
    return writer(output, request_id)


def _writer(operation: OperationModel) -> Any:
    answer = Answer(operation.service, operation.output)
    body_type, write_body = _body_writer(operation)
    bare = operation.method == "HEAD"
    status_member, default_status = answer.status, operation.http_status

    def write(output: dict[str, Any], request_id: str) -> HttpResponse:
        status = output.get(status_member) if status_member else None
        status = status or default_status
        body = b"" if bare or status in (204, 304) else write_body(output)
        headers = {"x-amzn-RequestId": request_id}
        if body:
            headers["Content-Type"] = body_type
        answer.write(output, headers)
        return HttpResponse(status, headers, body)

    return write


def _body_writer(operation: OperationModel) -> tuple[str, WriteBody]:
    shape = operation.output
    if shape is None:
        return _JSON, lambda output: b""
    compiler = JsonSerializer.of(operation.service)
    name = shape.payload
    if name is not None:
        return _payload_writer(operation.service, compiler, shape.members[name], name)
    if shape.event_stream:
        name = shape.event_stream
        return _payload_writer(operation.service, compiler, shape.members[name], name)
    convert = compiler(shape)
    elsewhere = {n for n, m in shape.members.items() if m.location is not None}
    if not elsewhere:
        return _JSON, lambda output: orjson.dumps(convert(output))
    if not placed(shape, None):
        return _JSON, lambda output: b""
    return _JSON, lambda output: orjson.dumps(convert({k: v for k, v in output.items() if k not in elsewhere}))


def _payload_writer(service: ServiceModel, compiler: Any, shape: Shape, name: str) -> tuple[str, WriteBody]:
    if shape.trait("eventstream"):
        return MEDIA_TYPE, lambda output: write_events(compiler, orjson.dumps, _JSON, shape, output.get(name))
    if shape.type == "blob":
        return shape.trait("mediaType", "application/octet-stream"), lambda output: output.get(name) or b""
    if shape.type == "string":
        return "text/plain", lambda output: (output.get(name) or "").encode()
    convert = compiler(shape)
    return _JSON, lambda output: b"" if output.get(name) is None else orjson.dumps(convert(output[name]))


def serialize_error(
    service: ServiceModel, operation: OperationModel | None, error: AwsError, request_id: str
) -> HttpResponse:
    """The response for an error: its name in `x-amzn-ErrorType`, its members as JSON."""
    found = problem(service, PROTOCOL, error)
    headers = {"Content-Type": _JSON, "x-amzn-RequestId": request_id, "x-amzn-ErrorType": found.name}
    members = error_members(service, found)
    if found.shape is not None:
        Answer(service, found.shape).write(found.fields, headers)
    headers.update(found.headers)
    return HttpResponse(
        found.status, headers, b"" if operation and operation.method == "HEAD" else orjson.dumps(members, default=str)
    )
