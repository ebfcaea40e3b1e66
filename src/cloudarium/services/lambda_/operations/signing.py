"""Code signing: whose signature a function's packages must have, and what happens to those without.

AWS Signer is not here, so no package is signed: a configuration that warns lets them through, as on AWS, and one that
enforces refuses them all.
"""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import signing
from cloudarium.services.lambda_.records.signing import SigningConfig
from cloudarium.services.lambda_.rules import configuration
from cloudarium.shared import arn as arns
from cloudarium.shared import ids
from cloudarium.shared.scope import Scope

_MEMBERS = ("Description", "AllowedPublishers", "CodeSigningPolicies")
_POLICY = "UntrustedArtifactOnDeployment"


def _named(call: Call, arn: str) -> SigningConfig | None:
    place = arns.parse(arn)
    if place is None or place.region != call.region:
        return None
    return signing.find(call.store, Scope(place.account, place.region), place.resource.partition(":")[2])


def _find(call: Call) -> SigningConfig:
    """The configuration that a call names. Raises NotFound."""
    arn = call.input["CodeSigningConfigArn"]
    found = _named(call, arn)
    if found is None:
        raise errors.NotFound(f"The Lambda code signing configuration {arn} can not be found.")
    return found


def _usable(call: Call) -> SigningConfig:
    """The configuration that a function is to have. Raises NoSigningConfig."""
    arn = call.input["CodeSigningConfigArn"]
    found = _named(call, arn)
    if found is None or found.scope != call.scope:
        raise errors.NoSigningConfig(arn)
    return found


def _shown(one: SigningConfig) -> dict[str, Any]:
    return {
        "CodeSigningConfigId": one.id,
        "CodeSigningConfigArn": resources.signing_arn(one.scope, one.id),
        **one.data,
        "LastModified": configuration.stamp(one.modified),
    }


def check_code(call: Call, name: resources.FunctionName) -> None:
    """Raise CodeVerificationFailed when a function's packages must be signed: none is."""
    if call.input.get("CodeSigningConfigArn"):
        found: SigningConfig | None = _usable(call)
    else:
        found = signing.of_function(call.store, name.scope, name.name)
    if found is not None and found.data["CodeSigningPolicies"][_POLICY] == "Enforce":
        raise errors.CodeVerificationFailed(name.name)


def assign(call: Call, name: resources.FunctionName) -> None:
    """Have a new function's packages checked against the configuration that the call names, if any."""
    if call.input.get("CodeSigningConfigArn"):
        signing.assign(call.store, name.scope, name.name, _usable(call).id)


@operation("CreateCodeSigningConfig", on=resources.new_signing)
def create_code_signing_config(call: Call) -> dict[str, Any]:
    """Say whose signatures count, and whether packages without are refused or only warned of."""
    configuration.check_tags(call.input.get("Tags") or {}, {})
    id = f"csc-{ids.lower(17)}"
    given = {name: call.input[name] for name in _MEMBERS if name in call.input}
    given["CodeSigningPolicies"] = {_POLICY: "Warn", **given.get("CodeSigningPolicies", {})}
    signing.put(call.store, call.scope, id, {"Description": "", **given}, call.now)
    call.tags.put(resources.signing_arn(call.scope, id), call.input.get("Tags") or {})
    made = signing.find(call.store, call.scope, id)
    assert made is not None
    return {"CodeSigningConfig": _shown(made)}


@operation("UpdateCodeSigningConfig", on=resources.signing)
def update_code_signing_config(call: Call) -> dict[str, Any]:
    """Change what is given; it counts from the next deployment on."""
    one = _find(call)
    given = {name: call.input[name] for name in _MEMBERS if name in call.input}
    data = {**one.data, **given}
    data["CodeSigningPolicies"] = {_POLICY: "Warn", **data["CodeSigningPolicies"]}
    signing.put(call.store, one.scope, one.id, data, call.now)
    return {"CodeSigningConfig": _shown(_find(call))}


@operation("GetCodeSigningConfig", on=resources.signing)
def get_code_signing_config(call: Call) -> dict[str, Any]:
    """One configuration."""
    return {"CodeSigningConfig": _shown(_find(call))}


@operation("DeleteCodeSigningConfig", on=resources.signing)
def delete_code_signing_config(call: Call) -> dict[str, Any]:
    """Delete a configuration that no function has."""
    one = _find(call)
    if signing.functions(call.store, one.scope, one.id, limit=1):
        arn = resources.signing_arn(one.scope, one.id)
        raise errors.Conflict(f"The code signing configuration {arn} is used by functions and can not be deleted.")
    signing.remove(call.store, one)
    call.tags.drop(resources.signing_arn(one.scope, one.id))
    return {}


@operation("ListCodeSigningConfigs")
def list_code_signing_configs(call: Call) -> dict[str, Any]:
    """The account's configurations in this region."""
    size = lookup.page_size(call)
    rows = signing.all_of(call.store, call.scope, lookup.marker(call) or "", size + 1)
    here, more = lookup.page(rows, size, lambda one: one.id)
    return {"CodeSigningConfigs": [_shown(one) for one in here], **more}


@operation("ListFunctionsByCodeSigningConfig", on=resources.signing)
def list_functions_by_code_signing_config(call: Call) -> dict[str, Any]:
    """The functions that have a configuration."""
    one = _find(call)
    size = lookup.page_size(call)
    rows = signing.functions(call.store, one.scope, one.id, lookup.marker(call) or "", size + 1)
    here, more = lookup.page(rows, size, lambda name: name)
    return {"FunctionArns": [resources.function_arn(one.scope, name) for name in here], **more}


@operation("PutFunctionCodeSigningConfig", on=resources.function)
def put_function_code_signing_config(call: Call) -> dict[str, Any]:
    """Give a function a configuration; the package that it has stays."""
    one = _usable(call)
    function = lookup.whole_function_of(call)
    signing.assign(call.store, function.scope, function.name, one.id)
    return {"CodeSigningConfigArn": resources.signing_arn(one.scope, one.id), "FunctionName": function.name}


@operation("GetFunctionCodeSigningConfig", on=resources.function)
def get_function_code_signing_config(call: Call) -> dict[str, Any]:
    """A function's configuration; empty without."""
    function = lookup.function_of(call)
    one = signing.of_function(call.store, function.scope, function.name)
    if one is None:
        return {}
    return {"CodeSigningConfigArn": resources.signing_arn(one.scope, one.id), "FunctionName": function.name}


@operation("DeleteFunctionCodeSigningConfig", on=resources.function)
def delete_function_code_signing_config(call: Call) -> dict[str, Any]:
    """Take a function's configuration away."""
    function = lookup.whole_function_of(call)
    signing.assign(call.store, function.scope, function.name, "")
    return {}
