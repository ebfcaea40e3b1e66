"""The event that a Lambda integration gets: payload formats 1.0 and 2.0.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import re
from typing import Any, NamedTuple
from urllib.parse import unquote

from cloudarium.shared.web import clf_time, query_parameters

_TEXT_TYPES = re.compile(r"text/|application/(?:json|javascript|xml)\b|application/[\w.-]+\+(?:json|xml)\b")
_CAPITALISED = {  # how API Gateway writes its own and a few common names in format 1.0
    "content-length": "Content-Length",
    "host": "Host",
    "user-agent": "User-Agent",
    "x-amzn-trace-id": "X-Amzn-Trace-Id",
    "x-forwarded-for": "X-Forwarded-For",
    "x-forwarded-port": "X-Forwarded-Port",
    "x-forwarded-proto": "X-Forwarded-Proto",
}


class Incoming(NamedTuple):
    """A client's request with all that an event says about it. `path` is percent-encoded and has the stage in it."""

    api_id: str
    account: str
    stage: str
    variables: dict[str, str]
    route_key: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    path_parameters: dict[str, str]
    authorizer: dict[str, Any]
    request_id: str
    source_ip: str
    domain: str
    now: float


def is_text(headers: dict[str, str]) -> bool:
    """Whether a body goes into the event as text; every other body (forms too) goes in Base64."""
    return "content-encoding" not in headers and bool(_TEXT_TYPES.match(headers.get("content-type", "").lower()))


def body_of(request: Incoming) -> tuple[str | None, bool]:
    """The event's body and isBase64Encoded."""
    if not request.body:
        return None, False
    if is_text(request.headers):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def event_2(request: Incoming) -> dict[str, Any]:
    """Format 2.0: repeated values joined by commas, cookies apart; what is absent is left out."""
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    parameters = query_parameters(request.query)
    body, encoded = body_of(request)
    path = unquote(request.path)  # HTTP APIs decode it in spite of the name
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": request.route_key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": context_2(request, path),
        "isBase64Encoded": encoded,
    }
    if request.headers.get("cookie"):
        event["cookies"] = [part.strip() for part in re.split("[;,]", request.headers["cookie"]) if part.strip()]
    if parameters:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in parameters.items()}
    if body is not None:
        event["body"] = body
    if request.path_parameters:
        event["pathParameters"] = request.path_parameters
    if request.variables:
        event["stageVariables"] = request.variables
    return event


def context_2(request: Incoming, path: str) -> dict[str, Any]:
    """The requestContext of format 2.0."""
    context: dict[str, Any] = {
        "accountId": request.account,
        "apiId": request.api_id,
        "domainName": request.domain,
        "domainPrefix": request.domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": request.request_id,
        "routeKey": request.route_key,
        "stage": request.stage,
        "time": clf_time(request.now),
        "timeEpoch": int(request.now * 1000),
    }
    if request.authorizer:
        context["authorizer"] = request.authorizer
    return context


def event_1(request: Incoming) -> dict[str, Any]:
    """Format 1.0, REST APIs' form: single and multi-value maps, null for what is absent."""
    headers = {_CAPITALISED.get(name, name): value for name, value in request.headers.items()}
    parameters = query_parameters(request.query)
    body, encoded = body_of(request)
    path = unquote(request.path)
    resource = request.route_key.partition(" ")[2] or request.route_key
    return {
        "version": "1.0",
        "resource": resource,
        "path": path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [part.strip() for part in _split(name, value)] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "requestContext": _context_1(request, path, resource),
        "pathParameters": request.path_parameters or None,
        "stageVariables": request.variables or None,
        "body": body,
        "isBase64Encoded": encoded,
    }


_WITH_COMMAS = ("date", "cookie", "user-agent", "if-modified-since", "authorization", "x-amzn-trace-id")


def _split(name: str, value: str) -> list[str]:
    return [value] if name.lower() in _WITH_COMMAS else value.split(",")


def _context_1(request: Incoming, path: str, resource: str) -> dict[str, Any]:
    iam = request.authorizer.get("iam") or {}
    jwt = request.authorizer.get("jwt") or {}
    return {
        "accountId": request.account,
        "apiId": request.api_id,
        "authorizer": request.authorizer.get("lambda") or {"claims": jwt.get("claims"), "scopes": jwt.get("scopes")},
        "domainName": request.domain,
        "domainPrefix": request.domain.partition(".")[0],
        "extendedRequestId": request.request_id,
        "httpMethod": request.method,
        "identity": {
            "accessKey": iam.get("accessKey"),
            "accountId": iam.get("accountId"),
            "caller": iam.get("callerId"),
            "cognitoAuthenticationProvider": None,
            "cognitoAuthenticationType": None,
            "cognitoIdentityId": None,
            "cognitoIdentityPoolId": None,
            "principalOrgId": None,
            "sourceIp": request.source_ip,
            "user": iam.get("userId"),
            "userAgent": request.headers.get("user-agent", ""),
            "userArn": iam.get("userArn"),
        },
        "path": path,
        "protocol": "HTTP/1.1",
        "requestId": request.request_id,
        "requestTime": clf_time(request.now),
        "requestTimeEpoch": int(request.now * 1000),
        "resourceId": None,
        "resourcePath": resource,
        "stage": request.stage,
    }
