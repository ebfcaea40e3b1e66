"""One codec per wire protocol: request → input, output → response, error → response; compiled once per operation.

Each module has `identify`, `parse`, `serialize` and `serialize_error`; `codec` finds the module, `detect` the protocol.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, cast

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.model import OperationModel, ServiceModel
from cloudarium.shared.errors import AwsError

_MODULES = {
    "json": "json",
    "query": "query",
    "ec2": "ec2",
    "rest-json": "rest_json",
    "rest-xml": "rest_xml",
    "smithy-rpc-v2-cbor": "rpc_v2_cbor",
}
_LOADED: dict[str, Codec] = {}


class Codec(Protocol):
    """What every protocol module offers."""

    def identify(self, service: ServiceModel, request: HttpRequest) -> str | None:
        """The name of the operation that a request is for, or None."""

    def parse(self, operation: OperationModel, request: HttpRequest) -> dict[str, Any]:
        """The operation's input; raises AwsError where the request cannot be read."""

    def serialize(self, operation: OperationModel, output: dict[str, Any], request_id: str) -> HttpResponse:
        """The response that carries an output."""

    def serialize_error(
        self, service: ServiceModel, operation: OperationModel | None, error: AwsError, request_id: str
    ) -> HttpResponse:
        """The response that carries an error."""


def codec(protocol: str) -> Codec:
    """The codec of a protocol by botocore's name for it; KeyError for one that is not known."""
    found = _LOADED.get(protocol)
    if found is None:
        module = import_module(f"cloudarium.gateway.protocols.{_MODULES[protocol]}")
        found = _LOADED[protocol] = cast(Codec, module)
    return found


def detect(service: ServiceModel, request: HttpRequest) -> str:
    """Which of the service's protocols a request speaks; the service's first one where nothing tells."""
    protocols = service.protocols
    if len(protocols) == 1:
        return protocols[0]
    if "smithy-rpc-v2-cbor" in protocols and request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if "json" in protocols and "x-amz-target" in request.headers:
        return "json"
    for form in ("query", "ec2"):
        if form in protocols:
            content = request.headers.get("content-type", "")
            if content.startswith("application/x-www-form-urlencoded") or "Action=" in request.query:
                return form
    return protocols[0]
