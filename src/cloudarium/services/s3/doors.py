"""What browsers ask of S3: may a page of another origin reach this bucket?"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.rules import cors as rules
from cloudarium.store import Store

_NO_RULES = "CORSResponse: CORS is not enabled for this bucket."
_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method /"
    " Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)


def cors_rules(store: Store, bucket: str) -> list[dict[str, Any]]:
    """The bucket's CORS rules; none when it has none or does not exist."""
    found = buckets.find(store, bucket)
    return (found.get("cors") or []) if found is not None else []


def _bucket_of(request: HttpRequest) -> str:
    return unquote(request.path.lstrip("/").partition("/")[0])


def preflight(store: Store, request: HttpRequest) -> HttpResponse:
    """Answer a browser's OPTIONS request (path-style): 200 with what the bucket's rule allows, else 403."""
    origin = request.headers.get("origin")
    method = request.headers.get("access-control-request-method")
    if not origin:
        return _error(400, "BadRequest", "Insufficient information. Origin request header needed.")
    if not method:
        return _error(400, "BadRequest", "Invalid Access-Control-Request-Method: null")
    found = cors_rules(store, _bucket_of(request))
    if not found:
        return _error(403, "AccessForbidden", _NO_RULES, method)
    asked = [name.strip() for name in request.headers.get("access-control-request-headers", "").split(",")]
    asked = [name for name in asked if name]
    rule = rules.find(found, origin, method, asked)
    if rule is None:
        return _error(403, "AccessForbidden", _NOT_ALLOWED, method)
    return HttpResponse(200, rules.response_headers(rule, origin, asked))


def cors(store: Store, request: HttpRequest) -> dict[str, str]:
    """The headers that the answer to a request with an Origin gets; none when no rule allows it."""
    origin = request.headers.get("origin")
    if not origin:
        return {}
    rule = rules.find(cors_rules(store, _bucket_of(request)), origin, request.method, ())
    return rules.response_headers(rule, origin, ()) if rule is not None else {}


def _error(status: int, code: str, message: str, method: str | None = None) -> HttpResponse:
    more = f"<Method>{method}</Method><ResourceType>BUCKET</ResourceType>" if method in rules.METHODS else ""
    message = message.replace("&", "&amp;").replace("<", "&lt;")
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>'
    )
    return HttpResponse(status, {"content-type": "application/xml"}, body.encode())
