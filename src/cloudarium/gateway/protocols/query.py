"""The AWS query protocol: a form with `Action` in, XML out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.protocols.problems import Problem, problem
from cloudarium.gateway.protocols.query_input import QueryParser, action, form, tree
from cloudarium.gateway.protocols.xml_values import XmlSerializer, escape, readable, readable_xml
from cloudarium.model import OperationModel, ServiceModel
from cloudarium.shared.errors import AwsError

PROTOCOL = "query"


def identify(service: ServiceModel, request: HttpRequest) -> str | None:
    """The operation that `Action` names, or None."""
    name = action(request)
    return name if name in service.operations else None


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """The input in a request's form."""
    reader = operation.compiled.get("query.parse")
    if reader is None:
        shape = operation.input
        reader = QueryParser.of(operation.service)(shape) if shape else lambda node: {}
        operation.compiled["query.parse"] = reader
    return reader(tree(form(request)))


def serialize(operation: OperationModel, output: dict[str, Any], request_id: str) -> HttpResponse:
    """The response with an output in its `…Result` element."""
    writer = operation.compiled.get("query.serialize")
    if writer is None:
        writer = operation.compiled["query.serialize"] = _writer(operation)
    body = writer(output, request_id)
    return HttpResponse(200, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}, body)


def _writer(operation: OperationModel) -> Callable[[dict[str, Any], str], bytes]:
    name, shape = operation.name, operation.output
    head = f'<{name}Response xmlns="{operation.service.xml_namespace}">'
    before, after = f"<{name}Result>", f"</{name}Result>"
    content = XmlSerializer.of(operation.service).content(shape) if shape else None

    def write(output: dict[str, Any], request_id: str) -> bytes:
        parts = [head]
        if content is not None:
            parts.append(before)
            content(parts.append, output)
            parts.append(after)
        parts.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>")
        return readable_xml("".join(parts)).encode("utf-8", "replace")

    return write


def serialize_error(
    service: ServiceModel, operation: OperationModel | None, error: AwsError, request_id: str
) -> HttpResponse:
    """The response for an error, as an `ErrorResponse` document."""
    found = problem(service, PROTOCOL, error)
    fault = "Sender" if found.sender else "Receiver"
    text = (
        f'<ErrorResponse xmlns="{service.xml_namespace}"><Error><Type>{fault}</Type>{error_xml(service, found)}</Error>'
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    headers = {"Content-Type": "text/xml", "x-amzn-RequestId": request_id, **found.headers}
    return HttpResponse(found.status, headers, text.encode("utf-8", "replace"))


def error_xml(service: ServiceModel, found: Problem) -> str:
    """The error's code, message and own members as XML."""
    parts = [f"<Code>{escape(found.query_code)}</Code><Message>{escape(readable(found.message))}</Message>"]
    fields = {k: v for k, v in found.fields.items() if v is not None}
    if found.shape is not None:
        known = {k: fields.pop(k) for k in list(fields) if k in found.shape.members}
        XmlSerializer.of(service).content(found.shape)(parts.append, known)
    parts.extend(f"<{name}>{escape(readable(str(value)))}</{name}>" for name, value in fields.items())
    return readable_xml("".join(parts))
