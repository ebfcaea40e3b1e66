"""Settings of functions that are at AWS's defaults here and that tools read back.

Code is not signed, runtimes are updated with Cloudarium itself, and no concurrency is provisioned. Reading says so, and
setting anything else is refused by name.
"""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import LATEST
from cloudarium.services.lambda_.rules import configuration
from cloudarium.shared.errors import NotBuilt


@operation("GetFunctionCodeSigningConfig", on=resources.function)
def get_function_code_signing_config(call: Call) -> dict[str, Any]:
    """A function without a code signing configuration has an empty answer."""
    lookup.function_of(call)
    return {}


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


def _check_provisionable(call: Call) -> None:
    """Provisioned concurrency belongs to aliases and published versions that are there. Raises NotFound."""
    name = lookup.name_of(call)
    if name.qualifier == LATEST:
        raise errors.InvalidParameter("The function resource provided must be an alias or a published version.")
    if configuration.is_alias(name.qualifier):
        if records.find_alias(call.store, name.scope, name.name, name.qualifier) is None:
            raise errors.NotFound(f"Cannot find alias arn: {name.arn}")
    elif records.find_version(call.store, name.scope, name.name, name.qualifier) is None:
        raise errors.FunctionNotFound(name.arn)


@operation("GetProvisionedConcurrencyConfig", on=resources.qualified)
def get_provisioned_concurrency_config(call: Call) -> dict[str, Any]:
    """There is no provisioned concurrency here."""
    _check_provisionable(call)
    raise errors.NoProvisionedConcurrency()


@operation("DeleteProvisionedConcurrencyConfig", on=resources.qualified)
def delete_provisioned_concurrency_config(call: Call) -> dict[str, Any]:
    """Take away what is not there, which is no error."""
    _check_provisionable(call)
    return {}


@operation(
    "ListProvisionedConcurrencyConfigs",
    on=resources.function,
    ignores={"Marker": "the list is always empty", "MaxItems": "the list is always empty"},
)
def list_provisioned_concurrency_configs(call: Call) -> dict[str, Any]:
    """None."""
    lookup.function_of(call)
    return {"ProvisionedConcurrencyConfigs": []}
