"""The endpoint for OpenTelemetry's protocol: https://xray.REGION.amazonaws.com/v1/traces, signed like any call.

AWS takes spans there only where they are kept in CloudWatch Logs. Here they become segments, which X-Ray shows.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
"""

from __future__ import annotations

from cloudarium.gateway.authenticate import prove
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.services.xray import errors
from cloudarium.services.xray.operations.segments import keep
from cloudarium.traces import otlp as protocol
from cloudarium.traces.documents import Document, Refused


async def otlp(call: Call) -> HttpResponse:
    """Take spans, in either form of the protocol; how many of them are none is in the answer."""
    assert call.request is not None
    _let_in(call)
    taken, refused = read(call.request)
    with call.transaction():
        keep(call, taken)
    kind, body = protocol.answer(call.request.headers, refused)
    return HttpResponse(200, {"content-type": kind}, body)


def _let_in(call: Call) -> None:
    """Prove who signed, and that he may. Raises the AwsError of whoever may not."""
    assert call.request is not None
    if call.claim is None:
        raise errors.UnsignedSpans(call.cloud.ports.get("xray-daemon"))
    call.principal = prove(call, call.claim, call.request, False).principal
    call.signed = True
    call.scope = call.scope._replace(account=call.principal.account)
    call.require("xray:PutTraceSegments", "*")


def read(request: HttpRequest) -> tuple[list[Document], list[Refused]]:
    """The documents that a request's spans become, and those that are none. Raises Invalid for what is no export."""
    try:
        return protocol.read(request.headers, request.body)
    except protocol.NoExport as error:
        raise errors.Invalid(str(error)) from None
