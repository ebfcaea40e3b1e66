"""The door `execute-api`: a client's request to an HTTP API.

By host `ID.execute-api.localhost/STAGE/path` (or any AWS-like host with these first labels), by path
`/_aws/execute-api/ID/STAGE/path`.
"""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.services.apigatewayv2.rules import cors
from cloudarium.services.apigatewayv2.rules.responses import Outgoing
from cloudarium.services.apigatewayv2.rules.routing import Match
from cloudarium.services.apigatewayv2.serving import backends, config, functions, metering
from cloudarium.services.apigatewayv2.serving.authorization import authorize
from cloudarium.services.apigatewayv2.serving.visit import Refused, Visit
from cloudarium.shared.web import BODILESS, HOP_BY_HOP, clf_time, is_preflight

_LARGEST = 10 * 1024 * 1024
_LONGEST_HEAD = 10_240  # the request line and the values of all headers; a fixed quota of HTTP APIs


async def execute_api(call: Call) -> HttpResponse:
    """Answer one request of a client."""
    assert call.door is not None and call.request is not None
    served = config.find(call.cloud, call.door.id)
    call.door = call.door._replace(name=served.name if served is not None else call.door.id)
    if served is None:
        return _sent(call, Refused(403).response())
    call.scope = served.scope
    place = config.locate(served, call.door.path, call.door.by_host)
    if place is None or place.stage.disabled:
        return _sent(call, Refused(404).response())
    request = call.request
    match = place.stage.router.match(request.method, place.inner)
    if match is not None:
        call.door = call.door._replace(route=match.route["RouteKey"])
    visit = Visit(call, served, place, match or Match({"RouteKey": "-"}, {}), _headers(call, request), request.query)
    try:
        response = await _answer(visit, found=match is not None)
    except Refused as refused:
        visit.log["error.message"] = str(refused)
        response = refused.response()
    _add_cors(visit, response)
    metering.served(visit, response)
    if place.stage.access_log is not None:
        _log(visit, response)
    return _sent(call, response)


async def _answer(visit: Visit, found: bool) -> Outgoing:
    assert visit.call.request is not None
    stage = visit.place.stage
    preflight = stage.cors is not None and is_preflight(visit.method, visit.headers)
    if preflight and (not found or not visit.route_key.startswith("OPTIONS ")):
        # API Gateway answers for a route that merely includes OPTIONS, but asks such a route's authorizer first.
        if found:
            await authorize(visit)
        assert stage.cors is not None
        return Outgoing(204, cors.preflight_headers(stage.cors, visit.headers.get("origin")))
    if not found:
        raise Refused(404)
    if _head(visit.call) > _LONGEST_HEAD:
        raise Refused(431)
    if len(visit.call.request.body) > _LARGEST:
        raise Refused(413)
    if not stage.admits(visit.route_key, visit.call.now):
        raise Refused(429)
    await authorize(visit)
    integration = stage.integrations.get(visit.match.route.get("Target", "").removeprefix("integrations/"))
    if integration is None:
        raise Refused(500, "The route has no integration")
    return await _integrate(visit, integration)


def _head(call: Call) -> int:
    """The size of what the client sent before the body, as the quota counts it."""
    assert call.door is not None and call.request is not None
    request = call.request
    line = len(request.method) + len(call.door.path) + len(request.query) + len("  HTTP/1.1")
    return line + sum(map(len, request.headers.values()))


async def _integrate(visit: Visit, integration: dict[str, Any]) -> Outgoing:
    started = visit.call.cloud.stopwatch()
    try:
        if integration["IntegrationType"] == "AWS_PROXY":
            return await functions.proxy(visit, integration)
        return await backends.proxy(visit, integration)
    except Refused as refused:
        visit.log["integration.error"] = visit.log["integrationErrorMessage"] = str(refused)
        raise
    finally:
        latency = int((visit.call.cloud.stopwatch() - started) * 1000)
        visit.log["integration.latency"] = visit.log["integrationLatency"] = latency


def _headers(call: Call, request: HttpRequest) -> dict[str, str]:
    """The client's headers and those that API Gateway adds."""
    headers = {
        name: value for name, value in request.headers.items() if name not in ("connection", "transfer-encoding")
    }
    port = request.host.rpartition(":")[2]
    earlier = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{earlier}, {request.peer}" if earlier else request.peer
    headers["x-forwarded-port"] = port if port.isdecimal() else "443" if request.scheme == "https" else "80"
    headers["x-forwarded-proto"] = request.scheme
    headers["x-amzn-trace-id"] = call.trace
    headers["content-length"] = str(len(request.body))
    return headers


def _add_cors(visit: Visit, response: Outgoing) -> None:
    """With CORS configured, the API's headers take the place of the integration's."""
    configuration = visit.place.stage.cors
    if configuration is None or (response.status == 204 and is_preflight(visit.method, visit.headers)):
        return
    for name in [name for name in response.headers if name.startswith("access-control-")]:
        del response.headers[name]
    response.headers |= cors.response_headers(configuration, visit.headers.get("origin"))


def _sent(call: Call, response: Outgoing) -> HttpResponse:
    headers = {name: value for name, value in response.headers.items() if name not in HOP_BY_HOP}
    headers["apigw-requestid"] = call.request_id
    body = b"" if response.status in BODILESS else response.body
    return HttpResponse(response.status, headers, body, cookies=response.cookies)


def _log(visit: Visit, response: Outgoing) -> None:
    """Leave a line for the stage's access log; it is written in the background."""
    settings = visit.place.stage.access_log
    assert settings is not None
    call, incoming = visit.call, visit.incoming()
    values = {
        "accountId": incoming.account,
        "apiId": incoming.api_id,
        "awsEndpointRequestId": call.request_id,
        "dataProcessed": len(incoming.body) + len(response.body),
        "domainName": incoming.domain,
        "domainPrefix": incoming.domain.partition(".")[0],
        "extendedRequestId": call.request_id,
        "httpMethod": incoming.method,
        "identity.sourceIp": incoming.source_ip,
        "identity.userAgent": incoming.headers.get("user-agent"),
        "integrationStatus": visit.log.get("integration.integrationStatus"),
        "path": incoming.path,
        "protocol": "HTTP/1.1",
        "requestId": call.request_id,
        "requestTime": clf_time(call.now),
        "requestTimeEpoch": int(call.now * 1000),
        "responseLatency": int((call.cloud.stopwatch() - call.started) * 1000),
        "responseLength": len(response.body),
        "routeKey": incoming.route_key,
        "stage": incoming.stage,
        "status": response.status,
        **{f"identity.{name}": value for name, value in (visit.authorizer.get("iam") or {}).items()},
        **visit.log,
    }
    if "error.message" in values:
        values["error.messageString"] = f'"{values["error.message"]}"'
    payload = {
        "Group": settings["DestinationArn"],
        "Format": settings["Format"],
        "Values": values,
        "Stream": f"{incoming.api_id}-{incoming.stage.strip('$')}",
        "Timestamp": int(call.now * 1000),
    }
    with call.transaction():
        call.later("AccessLog", payload)
