"""What the parts of an HTTP API may look like: checks that the model cannot make, and the defaults AWS fills in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from cloudarium.services.apigatewayv2.errors import BadRequest
from cloudarium.services.apigatewayv2.rules import cors, routing
from cloudarium.shared import arn
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
ROUTE_SELECTION = "${request.method} ${request.path}"
API_KEY_SELECTION = "$request.header.x-api-key"
MOST = {"route": 300, "integration": 300, "authorizer": 10, "stage": 10}
_STAGE_NAME = re.compile(r"(?:\$default|[A-Za-z0-9_-]+)\Z")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]+\Z")
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]*\Z")
_FUNCTION_URI = re.compile(r"arn:aws:apigateway:[\w-]+:lambda:path/2015-03-31/functions/(.+)/invocations\Z")
_IDENTITY = re.compile(r"\$(?:request\.(?:header|querystring)|context|stageVariables)\.[\w.-]+\Z")


def function_of(uri: str) -> str | None:
    """The function's ARN in an integration or authorizer URI, None when it names no function."""
    match = _FUNCTION_URI.match(uri)
    text = match[1] if match else uri
    if "${stageVariables." in text:
        return text
    parsed = arn.parse(text)
    found = parsed is not None and parsed.service == "lambda" and parsed.resource.startswith("function:")
    return text if found else None


def check_api(given: Mapping[str, Any]) -> None:
    """Raise BadRequest or NotBuilt for what an HTTP API does not take."""
    if given.get("ProtocolType") == "WEBSOCKET":
        raise NotBuilt("apigatewayv2 ProtocolType WEBSOCKET")
    if given.get("RouteSelectionExpression", ROUTE_SELECTION) not in (ROUTE_SELECTION, "$request.method $request.path"):
        raise BadRequest(f"Route selection expression should be {ROUTE_SELECTION} for HTTP API")
    if given.get("CorsConfiguration"):
        cors.check(given["CorsConfiguration"])


def integration(data: Data) -> Data:
    """An integration with its defaults. Raises BadRequest or NotBuilt."""
    kind = data.get("IntegrationType")
    if data.get("IntegrationSubtype"):
        raise NotBuilt(f"apigatewayv2 IntegrationSubtype {data['IntegrationSubtype']}")
    if data.get("ConnectionType") == "VPC_LINK" or data.get("ConnectionId"):
        raise NotBuilt("apigatewayv2 ConnectionType VPC_LINK")
    if kind not in ("AWS_PROXY", "HTTP_PROXY"):
        raise BadRequest(f"Invalid integration type {kind} for HTTP API. Supported types: AWS_PROXY, HTTP_PROXY")
    uri = data.get("IntegrationUri")
    if not uri:
        raise BadRequest("Integration URI is a required parameter for integration")
    version = data.get("PayloadFormatVersion")
    if version is None:
        raise BadRequest("Payload format version is a required parameter for integration")
    allowed = ("1.0", "2.0") if kind == "AWS_PROXY" else ("1.0",)
    if version not in allowed:
        raise BadRequest(f"PayloadFormatVersion should be one of the following: {', '.join(allowed)}")
    if kind == "AWS_PROXY":
        if function_of(uri) is None:
            raise BadRequest(f"Invalid function ARN or invalid uri: {uri}")
        data["IntegrationMethod"] = "POST"
    else:
        _check_http(data, uri)
    _check_credentials(data)
    return {"ConnectionType": "INTERNET", "TimeoutInMillis": 30000, **data}


def _is_http(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:  # such as an address in brackets that is none
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _check_http(data: Data, uri: str) -> None:
    if not _is_http(uri):
        raise BadRequest(f"Invalid HTTP endpoint specified for URI: {uri}")
    method = data.setdefault("IntegrationMethod", "ANY")
    if method not in routing.METHODS:
        raise BadRequest(f"Invalid HTTP method specified: {method}")
    if data.get("CredentialsArn"):
        raise BadRequest("Credentials are not supported for HTTP_PROXY integrations")


def _check_credentials(data: Data) -> None:
    credentials = data.get("CredentialsArn")
    if credentials and "*" in credentials:
        raise NotBuilt("apigatewayv2 CredentialsArn that passes the caller's identity through")
    parsed = arn.parse(credentials)
    if credentials and (parsed is None or parsed.service != "iam" or not parsed.resource.startswith("role/")):
        raise BadRequest(f"Invalid ARN specified in the request: {credentials}")


def route(data: Data, authorizers: Mapping[str, Data], integrations: Iterable[str]) -> Data:
    """A route with its defaults. Raises BadRequest when its key, target or authorisation is not right."""
    routing.check_key(data["RouteKey"])
    target = data.get("Target")
    if target is not None and (not target.startswith("integrations/") or target[13:] not in integrations):
        raise BadRequest("Invalid Integration identifier specified")
    if data.get("ApiKeyRequired"):
        raise BadRequest("API Keys are not supported on protocolType HTTP")
    kind = data.setdefault("AuthorizationType", "NONE")
    authorizer = authorizers.get(data.get("AuthorizerId", ""))
    wanted = {"JWT": "JWT", "CUSTOM": "REQUEST"}.get(kind)
    if wanted is None and data.get("AuthorizerId"):
        raise BadRequest(f"AuthorizerId is not supported with AuthorizationType {kind}")
    if wanted is not None and (authorizer is None or authorizer["AuthorizerType"] != wanted):
        raise BadRequest("Invalid Authorizer identifier specified")
    if data.get("AuthorizationScopes") and kind != "JWT":
        raise BadRequest("Authorization scopes are only supported with JWT authorizers")
    return {"ApiKeyRequired": False, **data}


def authorizer(data: Data) -> Data:
    """An authorizer with its defaults. Raises BadRequest when something is missing or does not belong."""
    sources = data.get("IdentitySource") or []
    for source in sources:
        if not _IDENTITY.match(source):
            raise BadRequest(f"Invalid identity source specified: {source}")
    if data["AuthorizerType"] == "JWT":
        return _jwt_authorizer(data, sources)
    if function_of(data.get("AuthorizerUri") or "") is None:
        raise BadRequest("Invalid Authorizer URI: it must be a Lambda function's invocation URI")
    version = data.get("AuthorizerPayloadFormatVersion")
    if version not in ("1.0", "2.0"):
        raise BadRequest("AuthorizerPayloadFormatVersion is a required parameter. Supported values: 1.0, 2.0")
    if data.get("EnableSimpleResponses") and version == "1.0":
        raise BadRequest("EnableSimpleResponses is only supported with AuthorizerPayloadFormatVersion 2.0")
    if data.get("AuthorizerResultTtlInSeconds") and not sources:
        raise BadRequest("Caching requires at least one identity source")
    return {"EnableSimpleResponses": False, **data}


def _jwt_authorizer(data: Data, sources: list[str]) -> Data:
    configuration = data.get("JwtConfiguration") or {}
    if not configuration.get("Issuer") or not configuration.get("Audience"):
        raise BadRequest("Issuer and Audience are required in JwtConfiguration")
    if not _is_http(configuration["Issuer"]):
        raise BadRequest(f"Invalid issuer: {configuration['Issuer']}. Issuer must have a valid URL")
    if len(sources) != 1:
        raise BadRequest("JWT authorizers take exactly one identity source")
    for member in ("AuthorizerUri", "AuthorizerPayloadFormatVersion", "EnableSimpleResponses"):
        if data.get(member):
            raise BadRequest(f"{member} is not supported for JWT authorizers")
    return data


def stage(data: Data, route_keys: Iterable[str]) -> None:
    """Raise BadRequest or NotBuilt for a stage that AWS, or this house, does not have."""
    if not _STAGE_NAME.match(data["StageName"]):
        raise BadRequest("Stage name only allows a-zA-Z0-9_- or $default")
    for name, value in (data.get("StageVariables") or {}).items():
        if not _VARIABLE_NAME.match(name) or not _VARIABLE_VALUE.match(value):
            raise BadRequest(f"Invalid stage variable: {name}={value}")
    _settings(data.get("DefaultRouteSettings") or {})
    keys = set(route_keys)
    for key, settings in (data.get("RouteSettings") or {}).items():
        if key not in keys:
            raise BadRequest(f"Unable to find Route by key {key} within the provided RouteSettings")
        _settings(settings)
    logs = data.get("AccessLogSettings")
    if logs is not None:
        parsed = arn.parse(logs.get("DestinationArn"))
        if parsed is not None and parsed.service == "firehose":
            raise NotBuilt("apigatewayv2 AccessLogSettings with a Firehose stream")
        if parsed is None or parsed.service != "logs" or not logs.get("Format"):
            raise BadRequest("AccessLogSettings need a DestinationArn of a log group and a Format")


def _settings(settings: Data) -> None:
    """Raise BadRequest for settings that HTTP APIs do not have."""
    if settings.get("DataTraceEnabled") or settings.get("LoggingLevel", "OFF") != "OFF":
        raise BadRequest("Execution logs are not supported on protocolType HTTP")
    for member in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
        if settings.get(member, 0) < 0:
            raise BadRequest(f"Invalid {member}: it must not be negative")
