"""EC2's protocol: the query form with its own names in, XML without a result wrapper out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.protocols.problems import problem
from cloudarium.gateway.protocols.query import error_xml
from cloudarium.gateway.protocols.query import identify as identify
from cloudarium.gateway.protocols.query_input import Ec2Parser, form, tree
from cloudarium.gateway.protocols.xml_values import XmlSerializer, readable_xml
from cloudarium.model import OperationModel, ServiceModel
from cloudarium.shared.errors import AwsError

PROTOCOL = "ec2"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """The input in a request's form."""
    reader = operation.compiled.get("ec2.parse")
    if reader is None:
        shape = operation.input
        reader = Ec2Parser.of(operation.service)(shape) if shape else lambda node: {}
        operation.compiled["ec2.parse"] = reader
    return reader(tree(form(request)))


def serialize(operation: OperationModel, output: dict[str, Any], request_id: str) -> HttpResponse:
    """The response with an output; operations without one answer `<return>true</return>`."""
    writer = operation.compiled.get("ec2.serialize")
    if writer is None:
        writer = operation.compiled["ec2.serialize"] = _writer(operation)
    headers = {"Content-Type": "text/xml;charset=UTF-8", "x-amzn-RequestId": request_id}
    return HttpResponse(200, headers, writer(output, request_id))


def _writer(operation: OperationModel) -> Callable[[dict[str, Any], str], bytes]:
    name, shape = operation.name, operation.output
    head = f'{_DECLARATION}<{name}Response xmlns="{operation.service.xml_namespace}/"><requestId>'
    content = XmlSerializer.of(operation.service).content(shape) if shape else None

    def write(output: dict[str, Any], request_id: str) -> bytes:
        parts = [head, request_id, "</requestId>"]
        if content is not None:
            content(parts.append, output)
        else:
            parts.append("<return>true</return>")
        parts.append(f"</{name}Response>")
        return readable_xml("".join(parts)).encode("utf-8", "replace")

    return write


def serialize_error(
    service: ServiceModel, operation: OperationModel | None, error: AwsError, request_id: str
) -> HttpResponse:
    """The response for an error, as EC2's `Response`/`Errors` document."""
    found = problem(service, PROTOCOL, error)
    text = (
        f"{_DECLARATION}<Response><Errors><Error>{error_xml(service, found)}</Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>"
    )
    headers = {"Content-Type": "text/xml;charset=UTF-8", "x-amzn-RequestId": request_id, **found.headers}
    return HttpResponse(found.status, headers, text.encode("utf-8", "replace"))
