"""Integrations: what a route leads to."""

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
_NOT_BUILT = (
    "RequestParameters",
    "ResponseParameters",
    "TlsConfig",
    "ContentHandlingStrategy",
    "PassthroughBehavior",
    "RequestTemplates",
    "TemplateSelectionExpression",
)


@operation("CreateIntegration", on=resources.passing("CredentialsArn"), refuses=_NOT_BUILT)
def create_integration(call: Call) -> Data:
    """Make an integration with a Lambda function or an HTTP backend."""
    api_id = wanted_api(call)["ApiId"]
    check_room(call, "integration")
    data = {"IntegrationId": new_id(), **definitions.integration(given(call, "ApiId"))}
    records.put_part(call.store, api_id, "integration", data)
    return data


@operation("GetIntegration", on=resources.requested)
def get_integration(call: Call) -> Data:
    """One integration."""
    return wanted_part(call, "integration")


@operation("GetIntegrations", on=resources.requested)
def get_integrations(call: Call) -> Data:
    """An API's integrations."""
    return list_parts(call, "integration")


@operation("UpdateIntegration", on=resources.passing("CredentialsArn"), refuses=_NOT_BUILT)
def update_integration(call: Call) -> Data:
    """Change an integration."""
    data = {**wanted_part(call, "integration"), **given(call, "ApiId", "IntegrationId")}
    data = definitions.integration(data)
    records.put_part(call.store, call.input["ApiId"], "integration", data)
    deploy_changes(call, call.input["ApiId"])
    return data


@operation("DeleteIntegration", on=resources.requested)
def delete_integration(call: Call) -> Data:
    """Delete an integration that no route leads to."""
    data = wanted_part(call, "integration")
    api_id = call.input["ApiId"]
    if data.get("ApiGatewayManaged"):
        raise errors.BadRequest("Integration is managed by API Gateway and cannot be deleted")
    target = f"integrations/{data['IntegrationId']}"
    users = [route["RouteId"] for route in records.parts(call.store, api_id, "route") if route.get("Target") == target]
    if users:
        raise errors.Conflict(f"Cannot delete Integration referenced by Routes: {', '.join(users)}")
    records.remove_part(call.store, api_id, "integration", data["IntegrationId"])
    return {}
