"""APIs: create (and quick create), get, update, delete, CORS."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.apigatewayv2 import errors, records, resources
from cloudarium.services.apigatewayv2.operations.lookups import (
    deploy_automatically,
    deploy_changes,
    given,
    new_id,
    page,
    shown_api,
    wanted_api,
)
from cloudarium.services.apigatewayv2.rules import definitions
from cloudarium.shared import ids, tags

Data = dict[str, Any]
_WEBSOCKET_ONLY = ("ApiKeySelectionExpression", "DisableSchemaValidation")
_QUICK = ("Target", "RouteKey", "CredentialsArn")


def new_api(call: Call, members: Data) -> Data:
    """Record an API with its defaults; its id is nobody else's in the whole cloud."""
    api_id = ids.lower(10)
    while records.owned_api(call.store, api_id) is not None or api_id.isdecimal():
        api_id = ids.lower(10)
    api = {
        "ApiId": api_id,
        "ProtocolType": "HTTP",
        "ApiKeySelectionExpression": definitions.API_KEY_SELECTION,
        "CreatedDate": call.now,
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
        **members,
        "RouteSelectionExpression": definitions.ROUTE_SELECTION,
    }
    records.put_api(call.store, call.scope, api)
    return api


def put_tags(call: Call, arn: str, new: dict[str, str] | None) -> None:
    """Add tags to an API or stage. Raises BadRequest for tags that AWS does not take."""
    if new:
        wrong = tags.problem({**call.tags.of(arn), **new})
        if wrong:
            raise errors.BadRequest(wrong)
        call.tags.put(arn, new)


@operation("CreateApi", on=resources.created, refuses=_WEBSOCKET_ONLY)
def create_api(call: Call) -> Data:
    """Make an HTTP API; with a `Target` also its integration, route and stage ("quick create")."""
    definitions.check_api(call.input)
    members = given(call, "Tags", *_QUICK)
    target = call.input.get("Target")
    if target is None and (call.input.get("RouteKey") or call.input.get("CredentialsArn")):
        raise errors.BadRequest("Target is required when RouteKey or CredentialsArn is specified")
    api = new_api(call, members)
    put_tags(call, resources.api_arn(call.scope, api["ApiId"]), call.input.get("Tags"))
    if target is not None:
        _quick_create(call, api["ApiId"], target)
    return shown_api(call, api)


def _quick_integration(call: Call, target: str) -> Data:
    function = definitions.function_of(target) is not None
    data: Data = {
        "IntegrationType": "AWS_PROXY" if function else "HTTP_PROXY",
        "IntegrationUri": target,
        "PayloadFormatVersion": "2.0" if function else "1.0",
    }
    if call.input.get("CredentialsArn"):
        data["CredentialsArn"] = call.input["CredentialsArn"]
    return definitions.integration(data)


def _quick_create(call: Call, api_id: str, target: str) -> None:
    integration = {"IntegrationId": new_id(), "ApiGatewayManaged": True, **_quick_integration(call, target)}
    route = definitions.route(
        {
            "RouteId": new_id(),
            "ApiGatewayManaged": True,
            "RouteKey": call.input.get("RouteKey", "$default"),
            "Target": f"integrations/{integration['IntegrationId']}",
        },
        {},
        [integration["IntegrationId"]],
    )
    stage = {
        "StageName": "$default",
        "ApiGatewayManaged": True,
        "AutoDeploy": True,
        "CreatedDate": call.now,
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "RouteSettings": {},
        "StageVariables": {},
    }
    records.put_part(call.store, api_id, "integration", integration)
    records.put_part(call.store, api_id, "route", route)
    deploy_automatically(call, api_id, stage)


@operation("GetApi", on=resources.requested)
def get_api(call: Call) -> Data:
    """One API."""
    return shown_api(call, wanted_api(call))


@operation("GetApis", on=resources.requested)
def get_apis(call: Call) -> Data:
    """The APIs of this account and region."""
    answer = page(call, lambda after, limit: records.apis(call.store, call.scope, after, limit), "ApiId")
    return {**answer, "Items": [shown_api(call, api) for api in answer["Items"]]}


@operation("UpdateApi", on=resources.passing("CredentialsArn"), refuses=_WEBSOCKET_ONLY)
def update_api(call: Call) -> Data:
    """Change an API; of a quick-created one also its target, route key and credentials."""
    api = wanted_api(call)
    definitions.check_api(call.input)
    changed = given(call, "ApiId", "RouteSelectionExpression", *_QUICK)
    if any(call.input.get(name) for name in _QUICK):
        _update_quick(call, api["ApiId"])
    api |= changed
    records.put_api(call.store, call.scope, api)
    deploy_changes(call, api["ApiId"])
    return shown_api(call, api)


def _update_quick(call: Call, api_id: str) -> None:
    managed = {
        kind: [part for part in records.parts(call.store, api_id, kind) if part.get("ApiGatewayManaged")]
        for kind in ("integration", "route")
    }
    if not managed["integration"] or not managed["route"]:
        raise errors.BadRequest("Target, RouteKey and CredentialsArn can only be updated on APIs made by quick create")
    [integration], [route] = managed["integration"], managed["route"]
    if call.input.get("Target") or call.input.get("CredentialsArn"):
        target = call.input.get("Target") or integration["IntegrationUri"]
        records.put_part(call.store, api_id, "integration", {**integration, **_quick_integration(call, target)})
    if call.input.get("RouteKey"):
        key = call.input["RouteKey"]
        taken = [each for each in records.parts(call.store, api_id, "route") if each["RouteKey"] == key]
        if taken and taken[0]["RouteId"] != route["RouteId"]:
            raise errors.Conflict(f"Route with key {key} already exists for this API")
        route = definitions.route({**route, "RouteKey": key}, {}, [integration["IntegrationId"]])
        records.put_part(call.store, api_id, "route", route)


@operation("DeleteApi", on=resources.requested)
def delete_api(call: Call) -> Data:
    """Delete an API with everything in it."""
    api_id = wanted_api(call)["ApiId"]
    for stage in records.parts(call.store, api_id, "stage"):
        call.tags.drop(resources.stage_arn(call.scope, api_id, stage["StageName"]))
    call.tags.drop(resources.api_arn(call.scope, api_id))
    records.remove_api(call.store, api_id)
    return {}


@operation("DeleteCorsConfiguration", on=resources.requested)
def delete_cors_configuration(call: Call) -> Data:
    """Take away an API's CORS configuration."""
    api = wanted_api(call)
    api.pop("CorsConfiguration", None)
    records.put_api(call.store, call.scope, api)
    deploy_changes(call, api["ApiId"])
    return {}
