"""The query protocol's answers for clients that accept JSON: the same document, as AWS's older front ends write it.

A client says so with `Accept: application/json`; SDKs do not, scripts with curl do.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from cloudarium.gateway.http import HttpResponse
from cloudarium.gateway.protocols import query
from cloudarium.gateway.protocols.problems import problem
from cloudarium.model import OperationModel, ServiceModel, Shape
from cloudarium.shared.errors import AwsError


def wanted(headers: Mapping[str, str]) -> bool:
    """Whether a request of the query protocol wants JSON."""
    return headers.get("accept", "").partition(";")[0].strip() == "application/json"


def serialize(operation: OperationModel, output: dict[str, Any], request_id: str) -> HttpResponse:
    """The response with an output."""
    name, shape = operation.name, operation.output
    inner: dict[str, Any] = {} if shape is None else {f"{name}Result": _value(shape, output)}
    return _response(200, {f"{name}Response": {**inner, "ResponseMetadata": {"RequestId": request_id}}}, request_id)


def serialize_error(service: ServiceModel, error: AwsError, request_id: str) -> HttpResponse:
    """The response for an error."""
    found = problem(service, query.PROTOCOL, error)
    said = {
        "Code": found.query_code,
        "Message": found.message,
        "Type": "Sender" if found.sender else "Receiver",
        **{name: value for name, value in found.fields.items() if value is not None},
    }
    return _response(found.status, {"Error": said, "RequestId": request_id}, request_id)


def _response(status: int, document: dict[str, Any], request_id: str) -> HttpResponse:
    headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
    return HttpResponse(status, headers, orjson.dumps(document, default=str))


def _value(shape: Shape, given: Any) -> Any:
    if shape.type == "structure":
        members = shape.members
        return {name: _value(members[name], value) for name, value in given.items() if value is not None}
    if shape.type == "list":
        return [_value(shape.member, each) for each in given]
    if shape.type == "map":
        return _map(shape, given)
    if shape.type == "blob":
        data = given if isinstance(given, bytes) else str(given).encode()
        return base64.b64encode(data).decode()
    return given


def _map(shape: Shape, given: Mapping[str, Any]) -> Any:
    """A map that is a list of pairs in XML is one here, too."""
    key, value = shape.key.trait("locationName"), shape.value.trait("locationName")
    if key and value and shape.trait("flattened"):
        return [{key: name, value: _value(shape.value, each)} for name, each in given.items()]
    return {name: _value(shape.value, each) for name, each in given.items()}
