"""Aliases: names for versions, with weights for a second one."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, provisioning, records, resources
from cloudarium.services.lambda_.operations import concurrency, lookup
from cloudarium.services.lambda_.records import LATEST, Alias, Function, provisioned


def _shown(alias: Alias) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "AliasArn": resources.function_arn(alias.scope, alias.name, alias.alias),
        "Name": alias.alias,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    }
    if alias.weights:
        answer["RoutingConfig"] = {"AdditionalVersionWeights": alias.weights}
    return answer


def _find(call: Call, function: Function, name: str) -> Alias:
    found = records.find_alias(call.store, function.scope, function.name, name)
    if found is None:
        arn = resources.function_arn(function.scope, function.name, name)
        raise errors.NotFound(f"Cannot find alias arn: {arn}")
    return found


def _check_version(call: Call, function: Function, number: str) -> None:
    if records.find_version(call.store, function.scope, function.name, number) is None:
        raise errors.FunctionNotFound(resources.function_arn(function.scope, function.name, number))


def _already_routed(version: str) -> errors.InvalidParameter:
    return errors.InvalidParameter(
        f"Invalid function version {version}. Function version {version} is already included in routing configuration."
    )


def _weights(call: Call, function: Function, version: str) -> dict[str, float]:
    weights = (call.input.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if not weights:
        return {}
    if len(weights) > 1:
        raise errors.InvalidParameter("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if LATEST in weights or version == LATEST:
        raise errors.InvalidParameter("$LATEST is not supported for an alias pointing to more than 1 version")
    if version in weights:
        raise _already_routed(version)
    for number, weight in weights.items():
        if not 0 <= weight <= 1:
            raise errors.Constraint(weights, "routingConfig.additionalVersionWeights", "have value between 0.0 and 1.0")
        _check_version(call, function, number)
    return weights


@operation("CreateAlias", on=resources.alias)
def create_alias(call: Call) -> dict[str, Any]:
    """Give a version a name."""
    name, version = call.input["Name"], call.input["FunctionVersion"]
    function = lookup.function_of(call, shown=version)
    _check_version(call, function, version)
    weights = _weights(call, function, version)
    if records.find_alias(call.store, function.scope, function.name, name) is not None:
        arn = resources.function_arn(function.scope, function.name, name)
        raise errors.Conflict(f"Alias already exists: {arn}")
    description = call.input.get("Description", "")
    records.put_alias(call.store, function.scope, function.name, name, version, description, weights)
    return _shown(_find(call, function, name))


@operation("GetAlias", on=resources.alias)
def get_alias(call: Call) -> dict[str, Any]:
    """One alias."""
    return _shown(_find(call, lookup.function_of(call), call.input["Name"]))


@operation("UpdateAlias", on=resources.alias)
def update_alias(call: Call) -> dict[str, Any]:
    """Point an alias elsewhere; what is not given stays."""
    function = lookup.function_of(call)
    alias = _find(call, function, call.input["Name"])
    lookup.check_revision(call, alias.revision, "GetFunction/GetAlias")
    version = call.input.get("FunctionVersion", alias.version)
    _check_version(call, function, version)
    weights = _weights(call, function, version) if "RoutingConfig" in call.input else alias.weights
    if version in weights:
        raise _already_routed(version)
    description = call.input.get("Description", alias.description)
    if version != alias.version:
        _move_provisioned(call, alias, version)
    records.put_alias(call.store, function.scope, function.name, alias.alias, version, description, weights)
    return _shown(_find(call, function, alias.alias))


def _move_provisioned(call: Call, alias: Alias, version: str) -> None:
    """What is held ready for an alias goes with it to its new version."""
    found = provisioned.find(call.store, alias.scope, alias.name, alias.alias)
    if found is None:
        return
    if version == LATEST:
        raise errors.InvalidParameter("Alias with Provisioned Concurrency can not point to $LATEST")
    name = resources.FunctionName(alias.scope, alias.name, alias.alias)
    concurrency.check_single(call, name, version)
    provisioning.wish(call, *name, found.wanted)


@operation("DeleteAlias", on=resources.alias)
def delete_alias(call: Call) -> dict[str, Any]:
    """Delete an alias; one that is not there is no error."""
    function = lookup.function_of(call)
    place = function.scope, function.name, call.input["Name"]
    if provisioned.find(call.store, *place) is not None:
        provisioning.later(call, *place)
    records.delete_alias(call.store, *place)
    return {}


@operation("ListAliases", on=resources.alias)
def list_aliases(call: Call) -> dict[str, Any]:
    """A function's aliases, or those of one version."""
    function = lookup.function_of(call)
    size = lookup.page_size(call)
    rows = records.aliases(call.store, function.scope, function.name, lookup.marker(call) or "")
    version = call.input.get("FunctionVersion")
    if version:
        rows = [alias for alias in rows if alias.version == version or version in alias.weights]
    here, more = lookup.page(rows, size, lambda alias: alias.alias)
    return {"Aliases": [_shown(alias) for alias in here], **more}
