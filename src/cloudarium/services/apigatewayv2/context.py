"""API Gateway's own condition keys: what a request sets (Request/…) and what the resource has (Resource/…).

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from cloudarium.gateway.call import Call
from cloudarium.services.apigatewayv2 import records
from cloudarium.services.apigatewayv2.rules import openapi
from cloudarium.services.apigatewayv2.rules.openapi import Imported
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AwsError

Data = Mapping[str, Any]

_API = {"ApiName": "Name", "DisableExecuteApiEndpoint": "DisableExecuteApiEndpoint"}
_ROUTE = {"RouteAuthorizationType": "AuthorizationType", "ApiKeyRequired": "ApiKeyRequired"}
_AUTHORIZER = {"AuthorizerType": "AuthorizerType", "AuthorizerUri": "AuthorizerUri"}
_LOGGING = {"AccessLoggingDestination": "DestinationArn", "AccessLoggingFormat": "Format"}
_PARTS = {"routes": "route", "authorizers": "authorizer", "stages": "stage"}


def conditions(call: Call) -> dict[str, Any]:
    """The keys that the request tells; a route that says nothing asks for no authorisation."""
    name, given = call.operation_name, call.input
    if name in ("ImportApi", "ReimportApi"):
        imported = _imported(call)
        return _several("Request", _of_import(imported)) if imported is not None else {}
    found: dict[str, Any] = {}
    if name == "CreateRoute":
        given = {"AuthorizationType": "NONE", "ApiKeyRequired": False, **given}
    if name in ("CreateApi", "UpdateApi"):
        found = _named("Request", _API, given)
    elif name in ("CreateRoute", "UpdateRoute"):
        found = _named("Request", _ROUTE, given)
    elif name in ("CreateAuthorizer", "UpdateAuthorizer"):
        found = _named("Request", _AUTHORIZER, given)
    elif name in ("CreateStage", "UpdateStage"):
        found = _named("Request", _LOGGING, _mapping(given.get("AccessLogSettings")))
    elif name == "CreateDeployment" and isinstance(given.get("StageName"), str):
        found = {"apigateway:Request/StageName": given["StageName"]}
    return found


def request_tags(call: Call) -> Any:
    """The tags that an imported document gives."""
    imported = _imported(call) if call.operation_name in ("ImportApi", "ReimportApi") else None
    return imported.tags if imported is not None else None


def _imported(call: Call) -> Imported | None:
    """The document of an import, None for one that the handler will refuse."""
    try:
        return openapi.read(openapi.parse(str(call.input.get("Body", ""))), call.input.get("Basepath"))
    except AwsError:
        return None


def _of_import(imported: Imported) -> Iterator[tuple[str, Any]]:
    yield from _present(_API, imported.api)
    for route, _, _ in imported.routes:
        yield from _present(_ROUTE, {"AuthorizationType": "NONE", **route})
    for authorizer in imported.authorizers.values():
        yield from _present(_AUTHORIZER, authorizer)


# ---- Of the resource ------------------------------------------------------------------------------------------------


def _place(call: Call, resource: str) -> tuple[str, list[str]]:
    """(the API's id, the rest of the path) of an ARN like …::/apis/ID/stages/NAME, or of what …::/tags/ARN names."""
    arn = arns.parse(resource)
    path = arn.resource if arn is not None else ""
    if path.startswith("/tags/"):
        arn = arns.parse(unquote(path.removeprefix("/tags/")))
        path = arn.resource.removeprefix("/v2") if arn is not None else ""
    parts = path.split("/")
    if parts[:2] != ["", "apis"] or len(parts) < 3 or records.find_api(call.store, call.scope, parts[2]) is None:
        return "", []
    return parts[2], parts[3:]


def tags_of(call: Call, resource: str) -> dict[str, str]:
    """The tags of an API, which its parts inherit; a stage has some of its own too.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
    """
    api_id, rest = _place(call, resource)
    if not api_id:
        return {}
    head = f"arn:aws:apigateway:{call.region}::/apis/{api_id}"
    own = call.tags.of(f"{head}/stages/{rest[1]}") if len(rest) > 1 and rest[0] == "stages" else {}
    return {**call.tags.of(head), **own}


def resource_conditions(call: Call, resource: str) -> dict[str, Any]:
    """The keys that tell of the API, route, authorizer or stage as it is now."""
    api_id, rest = _place(call, resource)
    if not api_id:
        return {}
    if not rest:
        return _several("Resource", _of_api(call, api_id))
    kind = _PARTS.get(rest[0])
    part = records.find_part(call.store, api_id, kind, rest[1]) if kind is not None and len(rest) > 1 else None
    if part is None:
        return {}
    if kind == "stage":
        return _named("Resource", _LOGGING, _mapping(part.get("AccessLogSettings")))
    return _named("Resource", _ROUTE if kind == "route" else _AUTHORIZER, part)


def _of_api(call: Call, api_id: str) -> Iterator[tuple[str, Any]]:
    yield from _present(_API, records.find_api(call.store, call.scope, api_id) or {})
    for names, kind in ((_ROUTE, "route"), (_AUTHORIZER, "authorizer")):
        for part in records.parts(call.store, api_id, kind):
            yield from _present(names, part)


# ---- Forms ----------------------------------------------------------------------------------------------------------


def _mapping(value: Any) -> Data:
    return value if isinstance(value, dict) else {}


def _present(names: Mapping[str, str], given: Data) -> Iterator[tuple[str, Any]]:
    return ((key, given[member]) for key, member in names.items() if isinstance(given.get(member), (str, bool)))


def _named(side: str, names: Mapping[str, str], given: Data) -> dict[str, Any]:
    return {f"apigateway:{side}/{key}": value for key, value in _present(names, given)}


def _several(side: str, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Keys with all their values: an API has many routes."""
    found: dict[str, list[Any]] = {}
    for key, value in pairs:
        values = found.setdefault(f"apigateway:{side}/{key}", [])
        if value not in values:
            values.append(value)
    return dict(found)
