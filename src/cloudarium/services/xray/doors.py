"""The endpoint for OpenTelemetry's protocol: https://xray.REGION.amazonaws.com/v1/traces, signed like any call.

AWS takes spans there only where they are kept in CloudWatch Logs. Here they become segments, which X-Ray shows.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
"""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from cloudarium.gateway.authenticate import prove
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.services.xray import errors
from cloudarium.services.xray.operations.segments import keep
from cloudarium.shared.auth_errors import MissingAuthentication
from cloudarium.traces import documents, protobuf, spans
from cloudarium.traces.documents import Document, Refused

_LARGEST = 5 * 1024 * 1024  # bytes of a request that is unpacked
_BINARY, _JSON = "application/x-protobuf", "application/json"


async def otlp(call: Call) -> HttpResponse:
    """Take spans, in either form of the protocol; how many of them are none is in the answer."""
    assert call.request is not None
    _let_in(call)
    taken, refused = read(call.request)
    with call.transaction():
        keep(call, taken)
    return answer(call.request, refused)


def _let_in(call: Call) -> None:
    """Prove who signed, and that he may. Raises the AwsError of whoever may not."""
    assert call.request is not None
    if call.claim is None:
        raise MissingAuthentication
    call.principal = prove(call, call.claim, call.request, False).principal
    call.signed = True
    call.scope = call.scope._replace(account=call.principal.account)
    call.require("xray:PutTraceSegments", "*")


def _body(request: HttpRequest) -> bytes:
    data = request.body
    if request.headers.get("content-encoding", "").lower() == "gzip":
        unpacker = zlib.decompressobj(31)
        try:
            data = unpacker.decompress(data, _LARGEST + 1)
        except zlib.error:
            raise errors.Invalid("The body is not gzip") from None
    if len(data) > _LARGEST:
        raise errors.Invalid("The request is too large")
    return data


def _kind(request: HttpRequest) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read(request: HttpRequest) -> tuple[list[Document], list[Refused]]:
    """The documents that a request's spans become, and those that are none. Raises Invalid for what is no export."""
    data, kind = _body(request), _kind(request)
    try:
        if kind == _BINARY:
            given: Any = protobuf.request(data)
        elif kind == _JSON:
            given = orjson.loads(data)
        else:
            raise errors.Invalid(f"The content type must be {_BINARY} or {_JSON}")
    except (protobuf.Malformed, orjson.JSONDecodeError) as error:
        raise errors.Invalid(f"The body cannot be read: {error}") from None
    if not isinstance(given, dict):
        raise errors.Invalid("The body cannot be read: it is no export request")
    found = [one for data in spans.segments(given) for one in documents.read(orjson.dumps(data).decode())]
    return (
        [one for one in found if isinstance(one, Document)],
        [one for one in found if isinstance(one, Refused)],
    )


def answer(request: HttpRequest, refused: list[Refused]) -> HttpResponse:
    """ExportTraceServiceResponse in the request's form, with a partial_success when something was not taken."""
    kind = _kind(request)
    said = "; ".join(sorted({one.message for one in refused}))[:500]
    if kind == _JSON:
        partial = {"partialSuccess": {"rejectedSpans": len(refused), "errorMessage": said}} if refused else {}
        return HttpResponse(200, {"content-type": _JSON}, orjson.dumps(partial))
    body = b""
    if refused:
        text = said.encode()
        inner = b"\x08" + _varint(len(refused)) + b"\x12" + _varint(len(text)) + text
        body = b"\x0a" + _varint(len(inner)) + inner
    return HttpResponse(200, {"content-type": _BINARY}, body)


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    return bytes(made)
