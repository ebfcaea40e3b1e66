"""Routes: which requests lead where, and who may send them."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.apigatewayv2 import errors, records, resources
from cloudarium.services.apigatewayv2.operations.lookups import (
    check_room,
    deploy_changes,
    given,
    list_parts,
    new_id,
    wanted_api,
    wanted_part,
)
from cloudarium.services.apigatewayv2.rules import definitions

Data = dict[str, Any]
_WEBSOCKET_ONLY = (
    "ModelSelectionExpression",
    "RequestModels",
    "RequestParameters",
    "RouteResponseSelectionExpression",
)


def checked(call: Call, data: Data) -> Data:
    """A route that fits into its API. Raises BadRequest, or Conflict when its key is taken."""
    api_id = call.input["ApiId"]
    for other in records.parts(call.store, api_id, "route"):
        if other["RouteKey"] == data["RouteKey"] and other["RouteId"] != data["RouteId"]:
            raise errors.Conflict(f"Route with key {data['RouteKey']} already exists for this API")
    authorizers = {each["AuthorizerId"]: each for each in records.parts(call.store, api_id, "authorizer")}
    integrations = [each["IntegrationId"] for each in records.parts(call.store, api_id, "integration")]
    return definitions.route(data, authorizers, integrations)


@operation("CreateRoute", on=resources.requested, refuses=_WEBSOCKET_ONLY)
def create_route(call: Call) -> Data:
    """Make a route."""
    api_id = wanted_api(call)["ApiId"]
    check_room(call, "route")
    data = checked(call, {"RouteId": new_id(), **given(call, "ApiId")})
    records.put_part(call.store, api_id, "route", data)
    deploy_changes(call, api_id)
    return data


@operation("GetRoute", on=resources.requested)
def get_route(call: Call) -> Data:
    """One route."""
    return wanted_part(call, "route")


@operation("GetRoutes", on=resources.requested)
def get_routes(call: Call) -> Data:
    """An API's routes."""
    return list_parts(call, "route")


@operation("UpdateRoute", on=resources.requested, refuses=_WEBSOCKET_ONLY)
def update_route(call: Call) -> Data:
    """Change a route; one that no longer uses an authorizer forgets it."""
    data = {**wanted_part(call, "route"), **given(call, "ApiId", "RouteId")}
    if call.input.get("AuthorizationType") in ("NONE", "AWS_IAM"):
        for member in ("AuthorizerId", "AuthorizationScopes"):
            if member not in call.input:
                data.pop(member, None)
    data = checked(call, data)
    records.put_part(call.store, call.input["ApiId"], "route", data)
    deploy_changes(call, call.input["ApiId"])
    return data


@operation("DeleteRoute", on=resources.requested)
def delete_route(call: Call) -> Data:
    """Delete a route."""
    data = wanted_part(call, "route")
    records.remove_part(call.store, call.input["ApiId"], "route", data["RouteId"])
    deploy_changes(call, call.input["ApiId"])
    return {}
