"""Smithy RPC v2 with CBOR: `POST /service/Name/operation/Operation`, CBOR both ways."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cbor2

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.protocols.compiler import Convert
from cloudarium.gateway.protocols.compression import plain_body
from cloudarium.gateway.protocols.json import error_members, qualified, query_error
from cloudarium.gateway.protocols.json_values import JsonParser, JsonSerializer, wrong
from cloudarium.gateway.protocols.problems import problem
from cloudarium.gateway.protocols.scalars import Unreadable, in_range
from cloudarium.model import OperationModel, ServiceModel, Shape
from cloudarium.shared.auth_errors import Malformed
from cloudarium.shared.errors import AwsError

PROTOCOL = "smithy-rpc-v2-cbor"
DEPTH = 64
_MEDIA = "application/cbor"


def _refuse(*_: Any) -> Any:
    raise Malformed("Unsupported CBOR tag")


def _epoch(value: Any, *_: Any) -> Any:
    return value if type(value) in (int, float) else _refuse()


# Tags with a decoder of their own in cbor2 that no AWS shape uses: shared references could build cycles, big numbers
# and regular expressions cost time.
_UNUSED = (0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000)
_TAGS = {**dict.fromkeys(_UNUSED, _refuse), 1: _epoch}


def identify(service: ServiceModel, request: HttpRequest) -> str | None:
    """The operation that the path names, or None."""
    parts = request.path.rsplit("/", 4)
    if len(parts) != 5 or parts[1] != "service" or parts[3] != "operation":
        return None
    return parts[4] if parts[4] in service.operations else None


def load(body: bytes) -> dict[str, Any]:
    """The CBOR map in a body, {} for an empty one."""
    if not body:
        return {}
    try:
        value = cbor2.loads(body, semantic_decoders=_TAGS, max_depth=DEPTH, strict_hashable_types=True)
    except Malformed:
        raise
    except Exception:  # cbor2 raises errors of many kinds for broken input, OverflowError and TypeError among them
        raise Malformed() from None
    if type(value) is not dict:
        raise Malformed("Unexpected value type in payload")
    return value


class CborParser(JsonParser):
    """As for JSON, but with bytes and tagged times."""

    def blob(self, shape: Shape) -> Convert:
        """A byte string."""

        def parse(value: Any) -> Any:
            if type(value) is bytes:
                return value
            raise wrong(value, "ByteBuffer")

        return parse

    def timestamp(self, shape: Shape) -> Convert:
        """Epoch seconds under tag 1."""

        def parse(value: Any) -> Any:
            if type(value) is int or type(value) is float:
                try:
                    return in_range(float(value))
                except Unreadable:
                    raise Malformed(f"Unable to parse timestamp: {float(value)}") from None
            raise wrong(value, "Date")

        return parse


class CborSerializer(JsonSerializer):
    """As for JSON, but with bytes and tagged times."""

    def blob(self, shape: Shape) -> Convert:
        """A byte string."""
        return bytes

    def double(self, shape: Shape) -> Convert:
        """Always a float: clients read an integer as another type."""
        return float

    def timestamp(self, shape: Shape) -> Convert:
        """Epoch seconds under tag 1."""
        return lambda value: cbor2.CBORTag(1, float(value) if math.isfinite(value) else 0.0)


def parse(operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
    """The input in a request's body."""
    reader = operation.compiled.get("cbor.parse")
    if reader is None:
        shape = operation.input
        reader = CborParser.of(operation.service)(shape) if shape else lambda value: {}
        operation.compiled["cbor.parse"] = reader
    return reader(load(plain_body(request) if "content-encoding" in request.headers else request.body))


def serialize(operation: OperationModel, output: dict[str, Any], request_id: str) -> HttpResponse:
    """The response with an output as its body."""
    writer = operation.compiled.get("cbor.serialize")
    if writer is None:
        writer = operation.compiled["cbor.serialize"] = _writer(operation)
    return HttpResponse(200, _headers(request_id), writer(output))


def _headers(request_id: str) -> dict[str, str]:
    return {"Content-Type": _MEDIA, "smithy-protocol": "rpc-v2-cbor", "x-amzn-RequestId": request_id}


def _writer(operation: OperationModel) -> Callable[[dict[str, Any]], bytes]:
    if operation.output is None:
        return lambda output: b""
    convert = CborSerializer.of(operation.service)(operation.output)
    return lambda output: cbor2.dumps(convert(output))


def serialize_error(
    service: ServiceModel, operation: OperationModel | None, error: AwsError, request_id: str
) -> HttpResponse:
    """The response for an error: `__type`, the message and the error's own members."""
    found = problem(service, PROTOCOL, error)
    headers = {**_headers(request_id), **found.headers}
    if service.query_compatible:
        headers["x-amzn-query-error"] = query_error(found)
    body = {"__type": qualified(service, found.name), **error_members(service, found, CborSerializer)}
    return HttpResponse(found.status, headers, cbor2.dumps(body))
