"""Authorizers: who decides whether a request may pass."""

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
_WEBSOCKET_ONLY = ("IdentityValidationExpression",)


def _check_name(call: Call, data: Data) -> None:
    for other in records.parts(call.store, call.input["ApiId"], "authorizer"):
        if other["Name"] == data["Name"] and other["AuthorizerId"] != data["AuthorizerId"]:
            raise errors.Conflict(f"Authorizer with name {data['Name']} already exists for this API")


@operation("CreateAuthorizer", on=resources.passing("AuthorizerCredentialsArn"), refuses=_WEBSOCKET_ONLY)
def create_authorizer(call: Call) -> Data:
    """Make a JWT or Lambda authorizer."""
    api_id = wanted_api(call)["ApiId"]
    check_room(call, "authorizer")
    data = {"AuthorizerId": new_id(), **definitions.authorizer(given(call, "ApiId"))}
    _check_name(call, data)
    records.put_part(call.store, api_id, "authorizer", data)
    return data


@operation("GetAuthorizer", on=resources.requested)
def get_authorizer(call: Call) -> Data:
    """One authorizer."""
    return wanted_part(call, "authorizer")


@operation("GetAuthorizers", on=resources.requested)
def get_authorizers(call: Call) -> Data:
    """An API's authorizers."""
    return list_parts(call, "authorizer")


@operation("UpdateAuthorizer", on=resources.passing("AuthorizerCredentialsArn"), refuses=_WEBSOCKET_ONLY)
def update_authorizer(call: Call) -> Data:
    """Change an authorizer; its type stays."""
    old = wanted_part(call, "authorizer")
    data = {**old, **given(call, "ApiId", "AuthorizerId")}
    if data["AuthorizerType"] != old["AuthorizerType"]:
        raise errors.BadRequest("The type of an authorizer cannot be changed")
    data = definitions.authorizer(data)
    _check_name(call, data)
    records.put_part(call.store, call.input["ApiId"], "authorizer", data)
    deploy_changes(call, call.input["ApiId"])
    return data


@operation("DeleteAuthorizer", on=resources.requested)
def delete_authorizer(call: Call) -> Data:
    """Delete an authorizer that no route uses."""
    id = wanted_part(call, "authorizer")["AuthorizerId"]
    api_id = call.input["ApiId"]
    if any(route.get("AuthorizerId") == id for route in records.parts(call.store, api_id, "route")):
        raise errors.Conflict("Cannot delete authorizer, is referenced in a route")
    records.remove_part(call.store, api_id, "authorizer", id)
    return {}
