"""Deployments: a definition as it was at one moment."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.apigatewayv2 import errors, records, resources
from cloudarium.services.apigatewayv2.operations.lookups import (
    add_deployment,
    freeze,
    list_parts,
    wanted_api,
    wanted_part,
)

Data = dict[str, Any]


@operation("CreateDeployment", on=resources.requested)
def create_deployment(call: Call) -> Data:
    """Freeze the API's definition, and put it onto a stage when one is named."""
    api = wanted_api(call)
    name = call.input.get("StageName")
    stage = records.find_part(call.store, api["ApiId"], "stage", name) if name else None
    if name and stage is None:
        raise errors.NotFound("stage", name)
    if stage is not None and stage["AutoDeploy"]:
        raise errors.BadRequest("Deployment cannot be created for a stage with Auto Deploy enabled")
    if not records.parts(call.store, api["ApiId"], "route"):
        raise errors.BadRequest("Unable to deploy API because no routes exist in this API")
    deployment = add_deployment(call, api["ApiId"], call.input.get("Description"), False)
    freeze(call, api, deployment["DeploymentId"])
    if stage is not None:
        stage |= {"DeploymentId": deployment["DeploymentId"], "LastUpdatedDate": call.now}
        records.put_part(call.store, api["ApiId"], "stage", stage)
    return deployment


@operation("GetDeployment", on=resources.requested)
def get_deployment(call: Call) -> Data:
    """One deployment."""
    return wanted_part(call, "deployment")


@operation("GetDeployments", on=resources.requested)
def get_deployments(call: Call) -> Data:
    """An API's deployments."""
    return list_parts(call, "deployment")


@operation("UpdateDeployment", on=resources.requested)
def update_deployment(call: Call) -> Data:
    """Change a deployment's description."""
    deployment = wanted_part(call, "deployment")
    if call.input.get("Description") is not None:
        deployment["Description"] = call.input["Description"]
    records.put_part(call.store, call.input["ApiId"], "deployment", deployment)
    return deployment


@operation("DeleteDeployment", on=resources.requested)
def delete_deployment(call: Call) -> Data:
    """Delete a deployment that no stage serves."""
    id = wanted_part(call, "deployment")["DeploymentId"]
    stages = records.parts(call.store, call.input["ApiId"], "stage")
    users = [stage["StageName"] for stage in stages if stage.get("DeploymentId") == id]
    if users:
        raise errors.BadRequest(
            f"Active stages pointing to this deployment must be moved or deleted: {', '.join(users)}"
        )
    records.remove_part(call.store, call.input["ApiId"], "deployment", id)
    return {}
