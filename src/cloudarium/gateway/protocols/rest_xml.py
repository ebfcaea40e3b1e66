"""REST with XML bodies: S3."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.protocols.event_stream import MEDIA_TYPE, write_events
from cloudarium.gateway.protocols.problems import problem
from cloudarium.gateway.protocols.query import error_xml
from cloudarium.gateway.protocols.rest import Answer, ReadBody, WriteBody, compile_parse, placed
from cloudarium.gateway.protocols.routes import identify as identify
from cloudarium.gateway.protocols.xml_values import XmlParser, XmlSerializer, element_name, escape, load, namespace
from cloudarium.model import OperationModel, ServiceModel, Shape
from cloudarium.shared.auth_errors import Malformed
from cloudarium.shared.errors import AwsError

PROTOCOL = "rest-xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """The input in a request's path, query string, headers and body."""
    reader = operation.compiled.get("rest-xml.parse")
    if reader is None:
        reader = operation.compiled["rest-xml.parse"] = compile_parse(operation, _body_reader)
    return reader(request)


def _body_reader(operation: OperationModel, shape: Shape, name: str | None) -> ReadBody:
    convert = XmlParser.of(operation.service)(shape)
    root = shape.trait("locationName")

    def read(body: bytes) -> Any:
        if not body:
            return {}
        element = load(body)
        if root and element.name != root:
            raise Malformed()
        return convert(element)

    return read


def serialize(operation: OperationModel, output: dict[str, Any], request_id: str) -> HttpResponse:
    """The response with an output in its status, headers and body."""
    writer = operation.compiled.get("rest-xml.serialize")
    if writer is None:
        writer = operation.compiled["rest-xml.serialize"] = _writer(operation)
    return writer(output, request_id)


def _writer(operation: OperationModel) -> Any:
    answer = Answer(operation.service, operation.output)
    body_type, write_body = _body_writer(operation)
    identity = _identity(operation.service)
    bare = operation.method == "HEAD"
    status_member, default_status = answer.status, operation.http_status

    def write(output: dict[str, Any], request_id: str) -> HttpResponse:
        status = output.get(status_member) if status_member else None
        status = status or default_status
        body = b"" if bare or status in (204, 304) else write_body(output)
        headers = identity(request_id)
        if body:
            headers["Content-Type"] = body_type
        answer.write(output, headers)
        return HttpResponse(status, headers, body)

    return write


def _identity(service: ServiceModel) -> Callable[[str], dict[str, str]]:
    """The headers that name the request: S3 has two of its own."""
    name = service.metadata.get("requestIdHeader", "x-amzn-RequestId")
    if not service.metadata.get("hostId"):
        return lambda request_id: {name: request_id}
    return lambda request_id: {name: request_id, "x-amz-id-2": host_id(request_id)}


def host_id(request_id: str) -> str:
    """S3's extended request id; made from the request id, so that a body and its header agree."""
    return hashlib.sha256(request_id.encode()).hexdigest()[:56]


def _body_writer(operation: OperationModel) -> tuple[str, WriteBody]:
    shape = operation.output
    if shape is None:
        return "application/xml", lambda output: b""
    name = shape.payload or shape.event_stream
    if name is not None:
        return _payload_writer(operation.service, shape.members[name], name)
    if not placed(shape, None):
        return "application/xml", lambda output: b""
    root = shape.trait("rootName") or shape.trait("locationName") or shape.name
    if text := shape.trait("rootText"):
        return "application/xml", _text_writer(operation.service, root, text)
    write = _document_writer(operation.service, shape, root)
    return "application/xml", write


def _document_writer(service: ServiceModel, shape: Shape, root: str) -> Callable[[dict[str, Any]], bytes]:
    content = XmlSerializer.of(service).content(shape)
    head = f"{_DECLARATION}<{root}{_space(service, shape)}>"
    tail = f"</{root}>"

    def write(output: dict[str, Any]) -> bytes:
        parts = [head]
        content(parts.append, output)
        parts.append(tail)
        return "".join(parts).encode("utf-8", "replace")

    return write


def _space(service: ServiceModel, shape: Shape) -> str:
    if own := namespace(shape):
        return own
    return f' xmlns="{service.xml_namespace}"' if service.xml_namespace else ""


def _text_writer(service: ServiceModel, root: str, name: str) -> WriteBody:
    """S3's GetBucketLocation: the one member is the text of the root element."""
    head = f'{_DECLARATION}<{root} xmlns="{service.xml_namespace}"'

    def write(output: dict[str, Any]) -> bytes:
        text = output.get(name)
        return f"{head}>{escape(text)}</{root}>".encode() if text else f"{head}/>".encode()

    return write


def _payload_writer(service: ServiceModel, shape: Shape, name: str) -> tuple[str, WriteBody]:
    if shape.trait("eventstream"):
        return MEDIA_TYPE, lambda output: write_events(
            XmlSerializer.of(service), _event_document(service), "text/xml", shape, output.get(name)
        )
    if shape.type == "blob":
        return "binary/octet-stream", lambda output: output.get(name) or b""
    if shape.type == "string":
        media = service.metadata.get("stringPayloadType", "text/plain")
        return media, lambda output: (output.get(name) or "").encode()
    write = _document_writer(service, shape, element_name(shape, shape.name))
    return "application/xml", lambda output: b"" if output.get(name) is None else write(output[name])


def _event_document(service: ServiceModel) -> Callable[[Any], bytes]:
    compiler = XmlSerializer.of(service)

    def write(item: tuple[Shape, dict[str, Any]]) -> bytes:
        parts: list[str] = []
        shape, value = item
        compiler(shape)(parts.append, value, element_name(shape, shape.name))
        return "".join(parts).encode()

    return write


def serialize_error(
    service: ServiceModel, operation: OperationModel | None, error: AwsError, request_id: str
) -> HttpResponse:
    """The response for an error: S3's bare `Error` document, `ErrorResponse` for any other service."""
    found = problem(service, PROTOCOL, error)
    headers = {**_identity(service)(request_id), "Content-Type": "application/xml", **found.headers}
    if operation is not None and operation.method == "HEAD" or found.status == 304:
        return HttpResponse(found.status, {k: v for k, v in headers.items() if k != "Content-Type"}, b"")
    inner, identity = error_xml(service, found), f"<RequestId>{request_id}</RequestId>"
    if service.metadata.get("noErrorWrapping"):
        text = f"<Error>{inner}{identity}<HostId>{host_id(request_id)}</HostId></Error>"
    else:
        kind = "Sender" if found.sender else "Receiver"
        text = f"<ErrorResponse><Error><Type>{kind}</Type>{inner}</Error>{identity}</ErrorResponse>"
    return HttpResponse(found.status, headers, f"{_DECLARATION}{text}".encode("utf-8", "replace"))
