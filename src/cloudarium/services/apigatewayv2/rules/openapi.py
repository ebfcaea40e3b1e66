"""OpenAPI 3 documents with API Gateway's extensions: what an import makes of them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import yaml

from cloudarium.services.apigatewayv2.errors import BadRequest
from cloudarium.services.apigatewayv2.rules import routing
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_LARGEST_YAML = 1024 * 1024
_METHODS = {method.lower(): method for method in routing.METHODS if method != "ANY"}
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 100


def _read_yaml(text: str) -> Any:
    """YAML without aliases, a few of which could stand for a document of any size, and not nested without end."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not supported")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError("nested too deeply")
    return yaml.load(text, _Loader)  # noqa: S506 - the safe loader, or its twin in C


@dataclass(slots=True)
class Imported:
    """What a document defines; routes name their integration and authorizer by place and by scheme name."""

    api: Data
    tags: dict[str, str] = field(default_factory=dict)
    integrations: list[Data] = field(default_factory=list)
    authorizers: dict[str, Data] = field(default_factory=dict)
    routes: list[tuple[Data, int | None, str | None]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def parse(text: str) -> Data:
    """The document, from JSON or YAML. Raises BadRequest when it is neither or no OpenAPI 3."""
    try:
        if text.lstrip()[:1] == "{":
            document = orjson.loads(text)
        elif len(text) > _LARGEST_YAML:
            raise BadRequest(f"A YAML document may have at most {_LARGEST_YAML} bytes; use JSON")
        else:
            document = _read_yaml(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise BadRequest("Unable to parse API definition because of a malformed document") from error
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise BadRequest("Invalid OpenAPI input: only OpenAPI 3.0 definitions are supported for HTTP APIs")
    return document


def read(document: Data, base_path: str | None) -> Imported:
    """Everything that the document defines. Raises BadRequest for what cannot be understood."""
    info = _mapping(document.get("info"), "info")
    if not info.get("title"):
        raise BadRequest("Invalid OpenAPI input: info.title is missing")
    api: Data = {"Name": str(info["title"])[:128]}
    if info.get("description"):
        api["Description"] = str(info["description"])[:1024]
    if info.get("version"):
        api["Version"] = str(info["version"])[:64]
    cors = document.get("x-amazon-apigateway-cors")
    if cors:
        api["CorsConfiguration"] = _cors(_mapping(cors, "x-amazon-apigateway-cors"))
    imported = Imported(api)
    for tag in _sequence(document.get("tags"), "tags"):
        if isinstance(tag, dict) and "x-amazon-apigateway-tag-value" in tag:
            imported.tags[str(tag.get("name", ""))] = str(tag["x-amazon-apigateway-tag-value"])
    components = _mapping(document.get("components"), "components")
    _read_authorizers(imported, _mapping(components.get("securitySchemes"), "securitySchemes"))
    prefix = _prefix(document, base_path)
    for path, item in _mapping(document.get("paths"), "paths").items():
        _read_path(imported, document, prefix + str(path), _mapping(item, f"paths {path}"))
    return imported


def _mapping(value: Any, where: str) -> Data:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(f"Invalid OpenAPI input: {where} must be an object")
    return value


def _sequence(value: Any, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRequest(f"Invalid OpenAPI input: {where} must be an array")
    return value


def _texts(value: Any, where: str) -> list[str]:
    values = [value] if isinstance(value, str) else _sequence(value, where)
    return [str(text) for text in values]


def _prefix(document: Data, base_path: str | None) -> str:
    """The path of the first server, when the import prepends it (by default it is ignored)."""
    if base_path in (None, "ignore"):
        return ""
    if base_path == "split":
        raise NotBuilt("apigatewayv2:ImportApi Basepath split")
    if base_path != "prepend":
        raise BadRequest("Invalid basepath: use ignore, prepend or split")
    servers = _sequence(document.get("servers"), "servers")
    if not servers:
        return ""
    server = _mapping(servers[0], "servers")
    url = str(server.get("url", ""))
    for name, variable in _mapping(server.get("variables"), "variables").items():
        url = url.replace(f"{{{name}}}", str(_mapping(variable, "variables").get("default", "")).lstrip("/"))
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError as error:
        raise BadRequest(f"Invalid OpenAPI input: the server's url {url[:300]} is not valid") from error


def _cors(given: Data) -> Data:
    names = {
        "allowOrigins": "AllowOrigins",
        "allowHeaders": "AllowHeaders",
        "allowMethods": "AllowMethods",
        "exposeHeaders": "ExposeHeaders",
    }
    cors: Data = {theirs: _texts(given[name], name) for name, theirs in names.items() if given.get(name) is not None}
    if given.get("allowCredentials") is not None:
        cors["AllowCredentials"] = given["allowCredentials"] in (True, "true")
    if given.get("maxAge") is not None:
        cors["MaxAge"] = _number(given["maxAge"], -1, 86400)
    return cors


def _read_authorizers(imported: Imported, schemes: Data) -> None:
    for name, scheme in schemes.items():
        scheme = _mapping(scheme, f"securitySchemes {name}")
        if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4":
            imported.authorizers[name] = {"AuthorizerType": "AWS_IAM"}
            continue
        given = scheme.get("x-amazon-apigateway-authorizer")
        if given is None:
            continue
        imported.authorizers[name] = _authorizer(name, _mapping(given, f"authorizer {name}"))


def _authorizer(name: str, given: Data) -> Data:
    kind = str(given.get("type", "")).upper()
    sources = given.get("identitySource")
    if isinstance(sources, str):
        sources = [part.strip() for part in sources.split(",")]
    data: Data = {"Name": name, "AuthorizerType": kind, "IdentitySource": _texts(sources, "identitySource")}
    if kind == "JWT":
        configuration = _mapping(given.get("jwtConfiguration"), "jwtConfiguration")
        audience = _texts(configuration.get("audience"), "audience")
        data["JwtConfiguration"] = {"Issuer": str(configuration.get("issuer", "")), "Audience": audience}
        return data
    if kind != "REQUEST":
        raise BadRequest(f"Invalid authorizer type: {given.get('type')}")
    data["AuthorizerUri"] = str(given.get("authorizerUri", ""))
    data["AuthorizerPayloadFormatVersion"] = str(given.get("authorizerPayloadFormatVersion", ""))
    data["EnableSimpleResponses"] = given.get("enableSimpleResponses") in (True, "true")
    if given.get("authorizerResultTtlInSeconds") is not None:
        data["AuthorizerResultTtlInSeconds"] = _number(given["authorizerResultTtlInSeconds"], 0, 3600)
    if given.get("authorizerCredentials"):
        data["AuthorizerCredentialsArn"] = str(given["authorizerCredentials"])
    return data


def _number(value: Any, low: int, high: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadRequest(f"Invalid OpenAPI input: {str(value)[:100]} is not a number") from error
    if not low <= number <= high:
        raise BadRequest(f"Invalid OpenAPI input: {number} is not between {low} and {high}")
    return number


def _read_path(imported: Imported, document: Data, path: str, item: Data) -> None:
    if path == "$default":  # as SAM writes it, unless warnings shall fail. Source: its model/api/http_api_generator.py
        imported.warnings.append(f"Parse issue: attribute paths. Resource {path} should start with /")
        path = f"/{path}"
    for name, operation in item.items():
        if name == _ANY:
            method = "ANY"
        elif name in _METHODS:
            method = _METHODS[name]
        else:
            continue
        operation = _mapping(operation, f"{name} {path}")
        key = "$default" if path == "/$default" else f"{method} {path}"
        route: Data = {"RouteKey": key}
        if operation.get("operationId"):
            route["OperationName"] = str(operation["operationId"])[:64]
        scheme = _security(imported, document, operation, route)
        place = _read_integration(imported, document, key, operation)
        imported.routes.append((route, place, scheme))


def _security(imported: Imported, document: Data, operation: Data, route: Data) -> str | None:
    """Set the route's authorisation; the name of the scheme whose authorizer it uses."""
    wanted = _sequence(operation.get("security", document.get("security")), "security")
    names = [(name, scopes) for part in wanted for name, scopes in _mapping(part, "security").items()]
    known = [(name, scopes) for name, scopes in names if name in imported.authorizers]
    if len(known) > 1:
        raise BadRequest(f"Route {route['RouteKey']} has more than one authorizer")
    if not known:
        # SAM names a scheme NONE, which it never defines, where a route shall be open; for paths that AWS warns of it
        # writes others when warnings shall fail, and for NONE it does not.
        if names and names[0][0] != "NONE":
            imported.warnings.append(f"Security scheme {names[0][0]} of {route['RouteKey']} has no authorizer")
        return None
    name, scopes = known[0]
    kind = imported.authorizers[name]["AuthorizerType"]
    route["AuthorizationType"] = {"JWT": "JWT", "REQUEST": "CUSTOM"}.get(kind, "AWS_IAM")
    if kind == "JWT" and scopes:
        route["AuthorizationScopes"] = _texts(scopes, "scopes")
    return None if kind == "AWS_IAM" else name


def _read_integration(imported: Imported, document: Data, key: str, operation: Data) -> int | None:
    given = _mapping(operation.get(_INTEGRATION), _INTEGRATION)
    reference = given.get("$ref")
    if reference is not None:
        shared = _mapping(document.get("components"), "components").get("x-amazon-apigateway-integrations")
        given = _mapping(
            _mapping(shared, "x-amazon-apigateway-integrations").get(str(reference).rpartition("/")[2]), key
        )
    if not given:
        imported.warnings.append(f"Route {key} has no integration")
        return None
    data = {"IntegrationType": str(given.get("type", "")).upper()}
    names = {
        "uri": "IntegrationUri",
        "httpMethod": "IntegrationMethod",
        "payloadFormatVersion": "PayloadFormatVersion",
        "connectionType": "ConnectionType",
        "connectionId": "ConnectionId",
        "credentials": "CredentialsArn",
        "integrationSubtype": "IntegrationSubtype",
        "description": "Description",
    }
    data |= {member: str(given[name]) for name, member in names.items() if given.get(name) is not None}
    for name in ("requestParameters", "responseParameters", "tlsConfig"):
        if given.get(name):
            raise NotBuilt(f"apigatewayv2 {_INTEGRATION} {name}")
    integration: Data = dict(data)
    if given.get("timeoutInMillis") is not None:
        integration["TimeoutInMillis"] = _number(given["timeoutInMillis"], 50, 30000)
    integration["IntegrationMethod"] = str(integration.get("IntegrationMethod", "ANY")).upper()
    imported.integrations.append(integration)
    return len(imported.integrations) - 1


def export(api: Data, definition: Data, stage: str | None, extensions: bool) -> Data:
    """The OpenAPI document of a definition (the inverse of `read`)."""
    document: Data = {
        "openapi": "3.0.1",
        "info": {"title": api["Name"], "version": api.get("Version", "")},
        "servers": [{"url": api["ApiEndpoint"] + "/{basePath}", "variables": {"basePath": {"default": stage or ""}}}],
        "paths": {},
    }
    if api.get("Description"):
        document["info"]["description"] = api["Description"]
    integrations = {each["IntegrationId"]: each for each in definition["Integrations"]}
    authorizers = {each["AuthorizerId"]: each for each in definition["Authorizers"]}
    schemes: Data = {}
    for route in definition["Routes"]:
        method, _, path = route["RouteKey"].partition(" ")
        item = document["paths"].setdefault(path or "/$default", {})
        operation: Data = {"responses": {"default": {"description": f"Default response for {route['RouteKey']}"}}}
        authorizer = authorizers.get(route.get("AuthorizerId", ""))
        if authorizer is not None:
            operation["security"] = [{authorizer["Name"]: route.get("AuthorizationScopes", [])}]
            schemes[authorizer["Name"]] = _scheme(authorizer, extensions)
        integration = integrations.get(route.get("Target", "")[13:])
        if extensions and integration is not None:
            operation[_INTEGRATION] = _exported_integration(integration)
        item[_ANY if method in ("ANY", "$default") else method.lower()] = operation
    if schemes:
        document["components"] = {"securitySchemes": schemes}
    if extensions:
        if definition["Api"].get("CorsConfiguration"):
            cors = definition["Api"]["CorsConfiguration"]
            document["x-amazon-apigateway-cors"] = {name[0].lower() + name[1:]: value for name, value in cors.items()}
        document["x-amazon-apigateway-importexport-version"] = "1.0"
    return document


def _exported_integration(integration: Data) -> Data:
    names = {
        "PayloadFormatVersion": "payloadFormatVersion",
        "IntegrationMethod": "httpMethod",
        "IntegrationUri": "uri",
        "ConnectionType": "connectionType",
        "TimeoutInMillis": "timeoutInMillis",
        "CredentialsArn": "credentials",
    }
    exported = {name: integration[member] for member, name in names.items() if member in integration}
    return {"type": integration["IntegrationType"].lower(), **exported}


def _scheme(authorizer: Data, extensions: bool) -> Data:
    if authorizer["AuthorizerType"] == "JWT":
        scheme: Data = {"type": "oauth2", "flows": {}}
        configuration = authorizer["JwtConfiguration"]
        given: Data = {
            "identitySource": authorizer["IdentitySource"][0],
            "jwtConfiguration": {"audience": configuration["Audience"], "issuer": configuration["Issuer"]},
            "type": "jwt",
        }
    else:
        scheme = {"type": "apiKey", "name": "Unused", "in": "header"}
        given = {
            "identitySource": ",".join(authorizer.get("IdentitySource") or []),
            "authorizerUri": authorizer["AuthorizerUri"],
            "authorizerPayloadFormatVersion": authorizer["AuthorizerPayloadFormatVersion"],
            "enableSimpleResponses": authorizer["EnableSimpleResponses"],
            "type": "request",
        }
    return {**scheme, "x-amazon-apigateway-authorizer": given} if extensions else scheme
