"""Settings of functions that are at AWS's defaults here and that tools read back.

Runtimes are updated with Cloudarium itself. Reading says so, and setting anything else is refused by name.
"""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.shared.errors import NotBuilt


@operation("GetRuntimeManagementConfig", on=resources.qualified)
def get_runtime_management_config(call: Call) -> dict[str, Any]:
    """How a version's runtime is updated: by itself."""
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": _runtime_arn(call)}


@operation("PutRuntimeManagementConfig", on=resources.qualified)
def put_runtime_management_config(call: Call) -> dict[str, Any]:
    """Choose that a version's runtime is updated by itself (Auto), which is all there is."""
    if call.input["UpdateRuntimeOn"] != "Auto":
        raise NotBuilt(f"lambda:PutRuntimeManagementConfig with UpdateRuntimeOn {call.input['UpdateRuntimeOn']}")
    if call.input.get("RuntimeVersionArn"):
        raise errors.InvalidParameter("You can only provide a RuntimeVersionArn when UpdateRuntimeOn is Manual.")
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": _runtime_arn(call)}


def _runtime_arn(call: Call) -> str:
    found = lookup.version_of(call)
    return resources.function_arn(found.function.scope, found.function.name, found.qualifier)
