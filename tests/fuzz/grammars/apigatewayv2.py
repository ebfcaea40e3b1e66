"""HTTP APIs: definitions to import, keys of routes, mappings, CORS; and requests at the door."""

from __future__ import annotations

import base64
import json
from random import Random
from typing import Any

from cloudarium.gateway.http import HttpRequest
from tests.fuzz.area import area, grammar, hostile_json
from tests.fuzz.furniture import http_api
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Target
from tests.fuzz.wire import latin, line

_DEFINITIONS: tuple[Any, ...] = (
    {"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/x/{id}": {"get": {"responses": {},
    "parameters": [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "x-amazon-apigateway-integration": {
            "type": "http_proxy", "httpMethod": "GET", "uri": "http://127.0.0.1:9/", "payloadFormatVersion": "1.0"}}}},
     "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "maxAge": 3}, "servers": [{"url": "/{basePath}", "variables": {
         "basePath": {"default": "v1"}}}]},
    {"openapi": "3.0.1", "info": {"title": "b", "version": "1"},
    "paths": {"/{proxy+}": {"x-amazon-apigateway-any-method": {
        "security": [{"jwt": ["a"]}],
        "x-amazon-apigateway-integration": {"$ref": "#/components/x-amazon-apigateway-integrations/i"}}}},
     "components": {"securitySchemes": {"jwt": {"type": "oauth2", "x-amazon-apigateway-authorizer": {"type": "jwt",
        "identitySource": "$request.header.Authorization", "jwtConfiguration": {"issuer": "https://127.0.0.1:9/",
        "audience": ["a"]}}}},
        "x-amazon-apigateway-integrations": {"i": {"type": "http_proxy", "uri": "http://127.0.0.1:9/",
        "httpMethod": "ANY",
         "payloadFormatVersion": "1.0"}}}},
    "openapi: 3.0.1\ninfo: &i {title: t, version: 1}\npaths:\n  /a: {get: {responses: {}}}\nx: [*i, *i]\n",
    {"swagger": "2.0", "info": {"title": "c", "version": "1"}, "paths": {}},
)  # fmt: skip
_WORDS = (
    "$ref #/ #/components/x ~0 ~1 openapi 3.0.1 3.1.0 paths get put x-amazon-apigateway-any-method $default {proxy+} "
    "{id} {id}{id} "
    "x-amazon-apigateway-integration components security servers url variables basePath info title & * *i << "
    "!!python/x !!binary"
)


def _import(target: Target, text: str) -> None:
    made = target.ask("apigatewayv2", "ImportApi", Body=text, FailOnWarnings=len(text) % 2 == 0)
    if made.status < 300:
        api = json.loads(made.body)["apiId"]  # type: ignore[arg-type]
        target.ask("apigatewayv2", "ExportApi", ApiId=api, Specification="OAS30", OutputType="JSON")
        target.ask("apigatewayv2", "ReimportApi", ApiId=api, Body=text)
        target.ask("apigatewayv2", "GetRoutes", ApiId=api)
        target.ask("apigatewayv2", "DeleteApi", ApiId=api)


grammar("apigatewayv2-openapi", _DEFINITIONS, _import, _WORDS)


def _route_key(target: Target, text: str) -> None:
    made = target.ask("apigatewayv2", "CreateRoute", ApiId=target.known["ApiId"], RouteKey=text)
    if made.status < 300:
        for path in ("/", "/a/b", "/a//b", "/%ff/x", line("/" + text)):
            if path.startswith("/"):
                target.judge(_visit(target, "GET", path), fine=(500, 503))
        route = json.loads(made.body)["routeId"]  # type: ignore[arg-type]
        target.ask("apigatewayv2", "DeleteRoute", ApiId=target.known["ApiId"], RouteId=route)


grammar(
    "apigatewayv2-route-key",
    ("GET /a/{id}/b", "ANY /{proxy+}", "$default", "POST /", "GET /a.b/{x}-y"),
    _route_key, "{ } + {proxy+} {id} GET ANY / // $default . .. % * OPTIONS", http_api,
)  # fmt: skip


def _visit(target: Target, method: str, path: str, query: str = "", **headers: str) -> HttpRequest:
    host = {"host": "127.0.0.1:4566"}
    return HttpRequest(method, f"/_aws/execute-api/{target.known['ApiId']}{path}", query, {**host, **headers})


_MAPPINGS: tuple[dict[str, str], ...] = (
    {"append:header.x": "$request.header.y", "overwrite:path": "/a/$request.path.proxy", "remove:querystring.q": ""},
    {"overwrite:querystring.a": "${context.requestId}-${stageVariables.v}-$request.body.a.b[0]",
    "append:header.z": "static"},
    {"overwrite:header.a": "$request.querystring.q", "overwrite:statuscode": "204"},
)  # fmt: skip


def _mapping(target: Target, text: str) -> None:
    try:
        mapping = json.loads(text)
    except (ValueError, RecursionError):
        mapping = {text: "$request.header.y"}
    if not isinstance(mapping, dict) or not all(isinstance(value, str) for value in mapping.values()):
        mapping = {"append:header.x": text}
    known = {"ApiId": target.known["ApiId"], "IntegrationId": target.known["IntegrationId"]}
    changed = target.ask("apigatewayv2", "UpdateIntegration", **known, RequestParameters=mapping)
    if changed.status < 300:
        target.judge(_visit(target, "GET", "/x", "q=1&q=2"), fine=(500, 503))


grammar(
    "apigatewayv2-mapping", _MAPPINGS, _mapping,
    "append: overwrite: remove: header. querystring. path statuscode $request.header. $request.path. $request.body. "
    "${ } $context. "
    "$stageVariables. ${context.identity.sourceIp} $request.querystring.q [0] . .. $", http_api,
)  # fmt: skip

_CORS = (
    {
        "AllowOrigins": ["https://*.example.com"],
        "AllowMethods": ["GET"],
        "AllowHeaders": ["x-*"],
        "MaxAge": 3,
        "AllowCredentials": True,
    },
)


def _cors(target: Target, text: str) -> None:
    request = target.written("apigatewayv2", "UpdateApi", {"ApiId": target.known["ApiId"]})
    lower = text.replace('"Allow', '"allow').replace('"Max', '"max')
    request.body = b'{"corsConfiguration": ' + lower.encode("utf-8", "surrogatepass") + b"}"
    if target.send(request, "apigatewayv2").status < 300:
        asked = {
            "origin": "https://a.example.com",
            "access-control-request-method": "GET",
            "access-control-request-headers": "x-a",
        }
        target.judge(_visit(target, "OPTIONS", "/x", **asked), fine=(500, 503))


grammar("apigatewayv2-cors", _CORS, _cors, "* https:// http://* null AllowOrigins MaxAge ExposeHeaders", http_api)


def _guarded(target: Target) -> None:
    http_api(target)
    api = target.known["ApiId"]
    jwt = target.do("apigatewayv2", "CreateAuthorizer", ApiId=api, Name="j", AuthorizerType="JWT",
                    IdentitySource=["$request.header.Authorization"],
                    JwtConfiguration={"Issuer": "http://127.0.0.1:9", "Audience": ["a"]})["AuthorizerId"]  # fmt: skip
    target.do("apigatewayv2", "CreateRoute", ApiId=api, RouteKey="GET /guarded", AuthorizationType="JWT",
    AuthorizerId=jwt,
              Target=f"integrations/{target.known['IntegrationId']}")  # fmt: skip


@area("apigatewayv2-door", _guarded)
def _visits(target: Target, source: Random) -> None:
    """Anybody's requests at the door: paths, queries, headers, cookies, tokens, bodies."""
    mutator = Mutator(
        source,
        ["/", "%2F", "%", "..", "?", "Bearer ", "eyJ", ".", "=", ";", "guarded", "$default", "/_aws/execute-api/"],
    )
    path = line(mutator.text(source.choice(("/x/y", "/$default/z", "/guarded", "/a%2Fb", "//"))))
    request = _visit(
        target, source.choice(("GET", "POST", "OPTIONS", "HEAD", "DELETE")), path if path[:1] == "/" else "/" + path
    )
    head = base64.urlsafe_b64encode(
        hostile_json(mutator, {"alg": "RS256", "kid": "k", "typ": "JWT"}).encode("utf-8", "replace")
    )
    claims = base64.urlsafe_b64encode(
        hostile_json(mutator, {"iss": "http://127.0.0.1:9", "aud": ["a"], "exp": 9e9}).encode("utf-8", "replace")
    )
    token = f"Bearer {head.decode().rstrip('=')}.{claims.decode().rstrip('=')}.c2ln"
    if source.random() < 0.5:
        request.path, request.headers["authorization"] = request.path.partition("?")[0], latin(token)
        request.path = f"/_aws/execute-api/{target.known['ApiId']}/guarded"
    request.query = line(mutator.text("a=b&a=c&d=%ff&e")) if source.random() < 0.5 else ""
    for name in source.sample(("cookie", "content-type", "origin", "x-forwarded-for", "x-a", "authorization"), 2):
        request.headers.setdefault(name, latin(mutator.text("a=b; c=d")))
    request.body = mutator.data(b'{"a": 1}') if source.random() < 0.5 else b""
    target.judge(request, fine=(500, 503))
