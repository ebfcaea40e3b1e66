"""Function URLs: the event that a request becomes, and the response that an answer stands for. No store, no clock.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from cloudarium.shared.web import clf_time, query_parameters

Data = dict[str, Any]
_TEXT = re.compile(r"text/|application/(?:json|javascript|xml)\b|application/[\w.-]+\+(?:json|xml)\b")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


class Visit(NamedTuple):
    """A client's request with all that the event says of it. `path` is percent-encoded."""

    url_id: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    request_id: str
    source_ip: str
    domain: str
    now: float
    iam: Data | None


def event(visit: Visit) -> Data:
    """The event of a request, in format 2.0."""
    path = unquote(visit.path)
    made: Data = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": visit.query,
        "headers": {name: value for name, value in visit.headers.items() if name != "cookie"},
        "requestContext": _context(visit, path),
        "isBase64Encoded": False,
    }
    if visit.headers.get("cookie"):
        made["cookies"] = [part.strip() for part in re.split("[;,]", visit.headers["cookie"]) if part.strip()]
    parameters = query_parameters(visit.query)
    if parameters:
        made["queryStringParameters"] = {name: ",".join(values) for name, values in parameters.items()}
    if visit.body:
        made["body"], made["isBase64Encoded"] = _body_in(visit)
    return made


def _context(visit: Visit, path: str) -> Data:
    context: Data = {
        "accountId": visit.iam["accountId"] if visit.iam else "anonymous",
        "apiId": visit.url_id,
        "domainName": visit.domain,
        "domainPrefix": visit.url_id,
        "http": {
            "method": visit.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": visit.source_ip,
            "userAgent": visit.headers.get("user-agent", ""),
        },
        "requestId": visit.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": clf_time(visit.now),
        "timeEpoch": int(visit.now * 1000),
    }
    if visit.iam:
        context["authorizer"] = {"iam": visit.iam}
    return context


def _body_in(visit: Visit) -> tuple[str, bool]:
    kind = visit.headers.get("content-type", "").lower()
    if _TEXT.match(kind) and "content-encoding" not in visit.headers:
        try:
            return visit.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(visit.body).decode(), True


# ---- answers ---------------------------------------------------------------------------------------------------------


class InvalidAnswer(ValueError):
    """The function's answer is no response; clients get a 502."""


@dataclass(slots=True)
class Outgoing:
    """A response to the client; header names are lower-case, `cookies` go out one header each."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes = b""
    cookies: list[str] = field(default_factory=list)


def answer(payload: bytes) -> Outgoing:
    """The response that a function's output stands for. Raises InvalidAnswer."""
    try:
        output = orjson.loads(payload) if payload else None
    except ValueError as error:
        raise InvalidAnswer("the output is not JSON") from error
    if not isinstance(output, dict) or "statusCode" not in output:
        return Outgoing(body=output.encode() if isinstance(output, str) else orjson.dumps(output))
    made = prelude(output)
    made.body = _body_out(output)
    return made


def prelude(output: Mapping[str, Any]) -> Outgoing:
    """Status, headers and cookies of an answer or of the beginning of a stream. Raises InvalidAnswer."""
    made = Outgoing(_status(output.get("statusCode", 200)))
    headers, cookies = output.get("headers") or {}, output.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        raise InvalidAnswer("headers must be a map, cookies a list")
    for name, value in headers.items():
        if not _HEADER.match(name):
            raise InvalidAnswer(f"{name!r} is not a header name")
        made.headers[name.lower()] = _text(value)
    made.cookies = [_text(cookie) for cookie in cookies]
    if "set-cookie" in made.headers:
        made.cookies.insert(0, made.headers.pop("set-cookie"))
    return made


INTEGRATION = "application/vnd.awslambda.http-integration-response"
BEHIND_PRELUDE = b"\0" * 8


def began(head: bytes) -> tuple[Outgoing, bytes]:
    """A streamed response whose beginning says status, headers and cookies; and what of its body came with that."""
    said, behind, rest = head.partition(BEHIND_PRELUDE)
    try:
        value = orjson.loads(said)
    except ValueError as error:
        raise InvalidAnswer("the prelude is not JSON") from error
    if not behind or not isinstance(value, dict):
        raise InvalidAnswer("there is no prelude")
    return prelude(value), rest


def _status(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) == 3:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 599 or value == 101:
        raise InvalidAnswer("statusCode is not a status")
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise InvalidAnswer("a header's value must be a text")
    text = str(value)
    if "\r" in text or "\n" in text or "\0" in text:
        raise InvalidAnswer("a header's value has a line end")
    return text


def _body_out(output: Mapping[str, Any]) -> bytes:
    body = output.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        return orjson.dumps(body)
    if output.get("isBase64Encoded") in (True, "true"):
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidAnswer("body is not Base64") from error
    return body.encode(errors="replace")


# ---- CORS ------------------------------------------------------------------------------------------------------------


def cors_headers(cors: Mapping[str, Any], origin: str | None, preflight: bool = False) -> dict[str, str]:
    """What a browser is told; nothing for an origin that is not allowed."""
    allowed = cors.get("AllowOrigins") or []
    if origin is None or not any(_fits(pattern, origin) for pattern in allowed):
        return {}
    credentials = bool(cors.get("AllowCredentials"))
    headers = {"access-control-allow-origin": "*" if "*" in allowed and not credentials else origin, "vary": "Origin"}
    if credentials:
        headers["access-control-allow-credentials"] = "true"
    if cors.get("ExposeHeaders"):
        headers["access-control-expose-headers"] = ",".join(cors["ExposeHeaders"])
    if preflight:
        if cors.get("AllowMethods"):
            headers["access-control-allow-methods"] = ",".join(cors["AllowMethods"])
        if cors.get("AllowHeaders"):
            headers["access-control-allow-headers"] = ",".join(cors["AllowHeaders"])
        if cors.get("MaxAge") is not None:
            headers["access-control-max-age"] = str(cors["MaxAge"])
    return headers


def _fits(pattern: str, origin: str) -> bool:
    if pattern == "*" or pattern.lower() == origin.lower():
        return True
    head, star, tail = pattern.partition("*")
    return bool(star) and len(origin) >= len(head) + len(tail) and origin.startswith(head) and origin.endswith(tail)
