"""Stages: a deployment with its variables, limits and access log."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.apigatewayv2 import errors, records, resources
from cloudarium.services.apigatewayv2.operations.apis import put_tags
from cloudarium.services.apigatewayv2.operations.lookups import (
    check_room,
    deploy_automatically,
    freeze,
    given,
    page,
    wanted_api,
    wanted_part,
)
from cloudarium.services.apigatewayv2.rules import definitions
from cloudarium.services.apigatewayv2.serving import authorization
from cloudarium.shared.errors import AccessDenied

Data = dict[str, Any]
_WEBSOCKET_ONLY = ("ClientCertificateId",)


def _shown(call: Call, stage: Data) -> Data:
    arn = resources.stage_arn(call.scope, call.input["ApiId"], stage["StageName"])
    return {**stage, "Tags": call.tags.of(arn)}


def _check(call: Call, stage: Data, old: Data | None = None) -> None:
    if call.input.get("AccessLogSettings"):
        _check_may_log(call, is_new=old is None or not old.get("AccessLogSettings"))
    routes = records.parts(call.store, call.input["ApiId"], "route")
    definitions.stage(stage, (route["RouteKey"] for route in routes))
    logs = stage.get("AccessLogSettings")
    if logs is not None:
        logs["DestinationArn"] = logs["DestinationArn"].removesuffix(":*")


def _check_may_log(call: Call, is_new: bool) -> None:
    """An access log is a delivery of CloudWatch Logs, which the caller must be allowed to set up. Raises BadRequest.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
    """
    delivery = "logs:CreateLogDelivery" if is_new else "logs:UpdateLogDelivery"
    try:
        for action in (delivery, "logs:DescribeResourcePolicies", "logs:PutResourcePolicy"):
            call.require(action, "*")
    except AccessDenied as error:
        raise errors.BadRequest(f"Insufficient permissions to enable logging. {error.message}") from error


def _set_deployment(call: Call, api: Data, stage: Data, deployment_id: str) -> None:
    if records.find_part(call.store, api["ApiId"], "deployment", deployment_id) is None:
        raise errors.BadRequest(f"Deployment ID {deployment_id} does not exist")
    freeze(call, api, deployment_id)
    stage["DeploymentId"] = deployment_id


@operation("CreateStage", on=resources.staged, refuses=_WEBSOCKET_ONLY)
def create_stage(call: Call) -> Data:
    """Make a stage of a deployment, or one that follows the API's changes by itself."""
    api = wanted_api(call)
    name = call.input["StageName"]
    defaults = {"DefaultRouteSettings": {"DetailedMetricsEnabled": False}, "RouteSettings": {}, "StageVariables": {}}
    stage = {**defaults, "CreatedDate": call.now, "LastUpdatedDate": call.now}
    stage |= {"AutoDeploy": False, **given(call, "ApiId", "Tags", "DeploymentId")}
    _check(call, stage)
    if records.find_part(call.store, api["ApiId"], "stage", name) is not None:
        raise errors.Conflict(f"Stage already exists: {name}")
    check_room(call, "stage")
    if call.input.get("DeploymentId"):
        if stage["AutoDeploy"]:
            raise errors.BadRequest("Deployment ID and Auto Deploy cannot be specified together")
        _set_deployment(call, api, stage, call.input["DeploymentId"])
    put_tags(call, resources.stage_arn(call.scope, api["ApiId"], name), call.input.get("Tags"))
    if stage["AutoDeploy"]:
        deploy_automatically(call, api["ApiId"], stage)
    else:
        records.put_part(call.store, api["ApiId"], "stage", stage)
    return _shown(call, stage)


@operation("GetStage", on=resources.requested)
def get_stage(call: Call) -> Data:
    """One stage."""
    return _shown(call, wanted_part(call, "stage"))


@operation("GetStages", on=resources.requested)
def get_stages(call: Call) -> Data:
    """An API's stages."""
    api_id = wanted_api(call)["ApiId"]
    answer = page(call, lambda after, limit: records.parts(call.store, api_id, "stage", after, limit), "StageName")
    return {**answer, "Items": [_shown(call, stage) for stage in answer["Items"]]}


@operation("UpdateStage", on=resources.requested, refuses=_WEBSOCKET_ONLY)
def update_stage(call: Call) -> Data:
    """Change a stage; settings of single routes are added to those it has."""
    api, old = wanted_api(call), wanted_part(call, "stage")
    changed = given(call, "ApiId", "StageName", "DeploymentId", "RouteSettings")
    stage = {**old, **changed, "LastUpdatedDate": call.now}
    stage["RouteSettings"] = {**old.get("RouteSettings", {}), **(call.input.get("RouteSettings") or {})}
    _check(call, stage, old)
    if call.input.get("DeploymentId"):
        if stage["AutoDeploy"]:
            raise errors.BadRequest("Deployment ID cannot be set on stage because Auto Deploy is enabled")
        _set_deployment(call, api, stage, call.input["DeploymentId"])
    elif old["AutoDeploy"] and not stage["AutoDeploy"] and old.get("DeploymentId"):
        freeze(call, api, old["DeploymentId"])
    if stage["AutoDeploy"] and not old["AutoDeploy"]:
        deploy_automatically(call, api["ApiId"], stage)
    else:
        records.put_part(call.store, api["ApiId"], "stage", stage)
    return _shown(call, stage)


@operation("DeleteStage", on=resources.requested)
def delete_stage(call: Call) -> Data:
    """Delete a stage."""
    name = wanted_part(call, "stage")["StageName"]
    records.remove_part(call.store, call.input["ApiId"], "stage", name)
    call.tags.drop(resources.stage_arn(call.scope, call.input["ApiId"], name))
    return {}


@operation("DeleteAccessLogSettings", on=resources.requested)
def delete_access_log_settings(call: Call) -> Data:
    """Stop a stage's access log."""
    stage = wanted_part(call, "stage")
    stage.pop("AccessLogSettings", None)
    records.put_part(call.store, call.input["ApiId"], "stage", stage)
    return {}


@operation("ResetAuthorizersCache", on=resources.requested)
def reset_authorizers_cache(call: Call) -> Data:
    """Forget what a stage's Lambda authorizers answered."""
    stage = wanted_part(call, "stage")
    authorization.forget(call.cloud, call.input["ApiId"], stage["StageName"])
    return {}


@operation("DeleteRouteSettings", on=resources.requested)
def delete_route_settings(call: Call) -> Data:
    """Take away a stage's settings for one route."""
    stage = wanted_part(call, "stage")
    if stage.get("RouteSettings", {}).pop(call.input["RouteKey"], None) is None:
        raise errors.NotFound("route settings", call.input["RouteKey"])
    records.put_part(call.store, call.input["ApiId"], "stage", stage)
    return {}
