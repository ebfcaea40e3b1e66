"""The door of function URLs: who may come in, the event that his request becomes, and what he gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from cloudarium.gateway import sigv4
from cloudarium.gateway.authenticate import prove
from cloudarium.gateway.call import ANONYMOUS, Call
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.runtime.streams import ResponseStream
from cloudarium.services.lambda_ import errors, records, resources, running, streaming
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import urls
from cloudarium.services.lambda_.records.urls import FunctionUrl
from cloudarium.services.lambda_.rules import urls as rules
from cloudarium.services.lambda_.rules.events import SYNC_LIMIT
from cloudarium.shared.errors import AwsError
from cloudarium.shared.web import BODILESS, HOP_BY_HOP, is_preflight

Data = dict[str, Any]
_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see:"
    " https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


async def serve(call: Call) -> HttpResponse:
    """Answer one request at a function's URL."""
    assert call.door is not None and call.request is not None
    one = urls.by_id(call.store, call.door.id)
    if one is None:
        return _refusal(call, 403, "AccessDeniedException", {"Message": None})
    call.scope, call.door = one.scope, call.door._replace(name=one.name)
    data, request = one.data, call.request
    cors, origin = data.get("Cors"), request.headers.get("origin")
    if cors and is_preflight(request.method, request.headers):
        return _sent(call, rules.Outgoing(200, rules.cors_headers(cors, origin, preflight=True)))
    response = await _answer(call, request, one, data)
    if cors:
        response.headers.update(rules.cors_headers(cors, origin))
    return response


async def _answer(call: Call, request: HttpRequest, one: FunctionUrl, data: Data) -> HttpResponse:
    arn = resources.function_arn(one.scope, one.name, one.qualifier)
    try:
        iam = _caller(call, request, one) if data["AuthType"] == "AWS_IAM" else _anyone(call)
    except AwsError as error:
        return _refusal(call, 403, error.code, {"message": error.message})
    if iam is _NOBODY or not _may(call, arn, data["AuthType"]):
        return _refusal(call, 403, "AccessDeniedException", {"Message": _FORBIDDEN})
    if len(request.body) > SYNC_LIMIT:
        return _refusal(call, 413, "RequestEntityTooLargeException", {"Message": "Request Entity Too Large"})
    function = records.find_function(call.store, one.scope, one.name)
    name = resources.FunctionName(one.scope, one.name, one.qualifier)
    version = lookup.resolve(call, name, routed=True)
    if function is None or version is None:
        return _refusal(call, 404, "ResourceNotFoundException", {"Message": f"Function not found: {arn}"})
    payload = orjson.dumps(rules.event(_visit(call, request, one, iam)))
    pieces = ResponseStream() if data["InvokeMode"] == "RESPONSE_STREAM" else None
    event = running.Event(
        version, one.qualifier, payload, call.request_id, "", call.trace, function.reserved, pieces, waits=True
    )
    try:
        return await _buffered(call, event) if pieces is None else await _streamed(call, event)
    except errors.TooManyRequests as error:
        return _refusal(call, 429, error.code, {"Reason": error.fields.get("Reason"), "message": error.message})
    except AwsError:
        return _broken(call)


async def _buffered(call: Call, event: running.Event) -> HttpResponse:
    result = await running.run(call.cloud, event)
    if result.error:
        return _broken(call)
    try:
        return _sent(call, rules.answer(result.payload))
    except rules.InvalidAnswer:
        return _broken(call)


async def _streamed(call: Call, event: running.Event) -> HttpResponse:
    """The answer as it comes. A function that fails midway ends it early, as on AWS."""
    streamed = await streaming.begin(call.cloud, event)
    if not streamed.streams:
        result = await streamed.result()
        if result.error:
            return _broken(call)
        return _sent(call, rules.Outgoing(200, {"content-type": "application/octet-stream"}, result.payload))
    pieces = aiter(streamed.pieces)
    made, first = rules.Outgoing(200, {"content-type": streamed.pieces.content_type}), b""
    if streamed.pieces.content_type == rules.INTEGRATION:
        try:
            made, first = rules.began(await _head(pieces))
        except rules.InvalidAnswer:
            streamed.pieces.abandon()
            return _broken(call)
    response = _sent(call, made)
    if made.status not in BODILESS and call.request is not None and call.request.method != "HEAD":
        response.body = _rest(first, streamed.pieces)
    else:
        streamed.pieces.abandon()
    return response


async def _head(pieces: AsyncIterator[bytes]) -> bytes:
    """What comes up to the end of the prelude, and what came with it."""
    head = bytearray()
    async for piece in pieces:
        head += piece
        if rules.BEHIND_PRELUDE in head or len(head) > SYNC_LIMIT:
            break
    return bytes(head)


async def _rest(first: bytes, pieces: ResponseStream) -> AsyncIterator[bytes]:
    try:
        if first:
            yield first
        async for piece in pieces:
            yield piece
    finally:
        pieces.abandon()


# ---- who may ---------------------------------------------------------------------------------------------------------

_NOBODY: Data = {}


def _anyone(call: Call) -> Data | None:
    call.principal = ANONYMOUS
    return None


def _caller(call: Call, request: HttpRequest, one: FunctionUrl) -> Data:
    """What the event says of who signed; _NOBODY when nobody did. Raises the AwsError of a wrong signature."""
    claim = sigv4.claim_of(request)
    if claim is None or claim.service != "lambda" or claim.region != one.region:
        return _NOBODY
    principal = prove(call, claim, request, False).principal
    call.principal, call.access_key, call.signed = principal, claim.access_key, True
    return {
        "accessKey": claim.access_key,
        "accountId": principal.account,
        "callerId": principal.id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": principal.arn,
        "userId": principal.id,
    }


def _may(call: Call, arn: str, kind: str) -> bool:
    """Both permissions are needed. Source: lambda/latest/dg/urls-auth.html, "October 2025"."""
    about = {"lambda:FunctionUrlAuthType": kind, "lambda:InvokedViaFunctionUrl": "true"}
    return call.may("lambda:InvokeFunctionUrl", arn, about) and call.may("lambda:InvokeFunction", arn, about)


# ---- in and out ------------------------------------------------------------------------------------------------------


def _visit(call: Call, request: HttpRequest, one: FunctionUrl, iam: Data | None) -> rules.Visit:
    assert call.door is not None
    headers = {name: text for name, text in request.headers.items() if name not in ("connection", "transfer-encoding")}
    port = request.host.rpartition(":")[2]
    earlier = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{earlier}, {request.peer}" if earlier else request.peer
    headers["x-forwarded-port"] = port if port.isdecimal() else "443" if request.scheme == "https" else "80"
    headers["x-forwarded-proto"] = request.scheme
    headers["x-amzn-trace-id"] = call.trace
    domain = f"{one.id}.lambda-url.{one.region}.on.aws"
    if call.door.by_host:
        domain = request.host.partition(":")[0]
    return rules.Visit(
        one.id,
        request.method,
        call.door.path,
        request.query,
        headers,
        bytes(request.body),
        call.request_id,
        request.peer,
        domain,
        call.now,
        iam,
    )


def _sent(call: Call, response: rules.Outgoing) -> HttpResponse:
    headers = {name: value for name, value in response.headers.items() if name not in HOP_BY_HOP}
    headers |= {"x-amzn-requestid": call.request_id, "x-amzn-trace-id": call.trace}
    body = b"" if response.status in BODILESS else response.body
    return HttpResponse(response.status, headers, body, cookies=response.cookies)


def _refusal(call: Call, status: int, kind: str, value: Data) -> HttpResponse:
    made = rules.Outgoing(status, {"content-type": "application/json", "x-amzn-errortype": kind}, orjson.dumps(value))
    return _sent(call, made)


def _broken(call: Call) -> HttpResponse:
    """The function failed, or its answer is none; clients learn no more."""
    return _sent(call, rules.Outgoing(502, body=b"Internal Server Error"))
