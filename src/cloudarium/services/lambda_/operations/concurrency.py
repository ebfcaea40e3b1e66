"""Reserved and provisioned concurrency."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, provisioning, records, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import LATEST, Function, provisioned
from cloudarium.services.lambda_.records.provisioned import Provisioned
from cloudarium.services.lambda_.rules import configuration
from cloudarium.services.lambda_.rules.concurrency import ACCOUNT, UNRESERVED_MINIMUM
from cloudarium.shared.clock import iso

_NEEDS_QUALIFIER = "The function resource provided must be an alias or a published version."


# ---- reserved --------------------------------------------------------------------------------------------------------


@operation("PutFunctionConcurrency", on=resources.function)
def put_function_concurrency(call: Call) -> dict[str, Any]:
    """Reserve concurrency for a function, which also is its limit; 0 stops it."""
    function = lookup.whole_function_of(call, shown=records.LATEST)
    wanted = call.input["ReservedConcurrentExecutions"]
    held = sum(one.wanted for one in provisioned.of_function(call.store, function.scope, function.name))
    if wanted < held:
        raise errors.InvalidParameter(  # the spaces are AWS's
            f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned"
            f" concurrency [{held}]."
        )
    taken = records.reserved_elsewhere(call.store, function.scope, function.name)
    taken += provisioned.not_reserved(call.store, function.scope) - (held if function.reserved is None else 0)
    if ACCOUNT - taken - wanted < UNRESERVED_MINIMUM:
        raise _under_minimum("ReservedConcurrentExecutions")
    records.set_reserved(call.store, function, wanted)
    return {"ReservedConcurrentExecutions": wanted}


def _under_minimum(what: str) -> errors.InvalidParameter:
    return errors.InvalidParameter(
        f"Specified {what} for function decreases account's UnreservedConcurrentExecution"
        f" below its minimum value of [{UNRESERVED_MINIMUM}]."
    )


@operation("GetFunctionConcurrency", on=resources.function)
def get_function_concurrency(call: Call) -> dict[str, Any]:
    """The reserved concurrency, when there is one."""
    reserved = lookup.whole_function_of(call).reserved
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


@operation("DeleteFunctionConcurrency", on=resources.function)
def delete_function_concurrency(call: Call) -> dict[str, Any]:
    """Give the reserved concurrency back."""
    records.set_reserved(call.store, lookup.whole_function_of(call, shown=records.LATEST), None)
    return {}


def unreserved(call: Call) -> int:
    """What is left of the account's concurrency for functions that have none of their own."""
    taken = records.reserved_elsewhere(call.store, call.scope, "") + provisioned.not_reserved(call.store, call.scope)
    return ACCOUNT - taken


# ---- provisioned -----------------------------------------------------------------------------------------------------


def _provisionable(call: Call, refusal: str) -> tuple[Function, resources.FunctionName]:
    """The function and the version or alias that a call names; $LATEST is refused. Raises NotFound."""
    name = lookup.name_of(call)
    if name.qualifier in ("", LATEST):
        raise errors.InvalidParameter(refusal)
    if configuration.is_alias(name.qualifier):
        if records.find_alias(call.store, name.scope, name.name, name.qualifier) is None:
            raise errors.NotFound(f"Cannot find alias arn: {name.arn}")
    elif records.find_version(call.store, name.scope, name.name, name.qualifier) is None:
        raise errors.FunctionNotFound(name.arn)
    function = records.find_function(call.store, name.scope, name.name)
    assert function is not None
    return function, name


@operation("PutProvisionedConcurrencyConfig", on=resources.qualified)
def put_provisioned_concurrency_config(call: Call) -> dict[str, Any]:
    """Have environments of a version or alias started before anyone invokes; they are on their way at first."""
    refusal = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    function, name = _provisionable(call, refusal)
    wanted = call.input["ProvisionedConcurrentExecutions"]
    _check_version(call, name)
    all_of_it = provisioned.of_function(call.store, *name[:2])
    before = sum(one.wanted for one in all_of_it if one.qualifier == name.qualifier)
    _check_room(call, function, wanted, sum(one.wanted for one in all_of_it) - before, before)
    provisioning.wish(call, *name, wanted)
    made = provisioned.find(call.store, *name)
    assert made is not None
    return _shown(call, made)


def _check_version(call: Call, name: resources.FunctionName) -> None:
    alias = None
    number = name.qualifier
    if configuration.is_alias(name.qualifier):
        alias = records.find_alias(call.store, *name)
        assert alias is not None
        if alias.weights:
            raise errors.InvalidParameter("Alias with weights can not be used with Provisioned Concurrency")
        number = alias.version
    version = records.find_version(call.store, name.scope, name.name, number)
    if version is None or version.number == LATEST:
        raise errors.InvalidParameter(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
    if configuration.snap_starts(version):
        raise errors.InvalidParameter("ProvisionedConcurrency is not supported for SnapStart enabled functions.")
    check_single(call, name, number)


def check_single(call: Call, name: resources.FunctionName, number: str) -> None:
    """A version has one provisioned concurrency, its own or that of one alias. Raises Conflict."""
    for one in provisioned.of_function(call.store, name.scope, name.name):
        if one.qualifier == name.qualifier:
            continue
        if one.qualifier == number:
            raise errors.Conflict(
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
            )
        pointing = records.find_alias(call.store, name.scope, name.name, one.qualifier)
        if pointing is not None and pointing.version == number:
            raise errors.Conflict("Version is pointed by a Provisioned Concurrency alias")


def _check_room(call: Call, function: Function, wanted: int, others: int, before: int) -> None:
    """It must fit into what the function has reserved, else into what the account has left."""
    if function.reserved is not None:
        if wanted + others > function.reserved:
            raise errors.InvalidParameter(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for"
                " function"
            )
        return
    if wanted > ACCOUNT:
        raise errors.InvalidParameter(
            f"Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{ACCOUNT}]."
        )
    if unreserved(call) + before - wanted < UNRESERVED_MINIMUM:
        raise _under_minimum("ConcurrentExecutions")


def _shown(call: Call, one: Provisioned) -> dict[str, Any]:
    allocated, available = provisioning.counts(call.cloud, one)
    shown: dict[str, Any] = {
        "RequestedProvisionedConcurrentExecutions": one.wanted,
        "AllocatedProvisionedConcurrentExecutions": min(allocated, one.wanted),
        "AvailableProvisionedConcurrentExecutions": min(available, one.wanted),
        "Status": one.status,
        "LastModified": iso(one.modified).replace("Z", "+0000"),
    }
    if one.reason:
        shown["StatusReason"] = one.reason
    return shown


@operation("GetProvisionedConcurrencyConfig", on=resources.qualified)
def get_provisioned_concurrency_config(call: Call) -> dict[str, Any]:
    """How many environments are wished for, and how many are there."""
    _, name = _provisionable(call, _NEEDS_QUALIFIER)
    found = provisioned.find(call.store, *name)
    if found is None:
        raise errors.NoProvisionedConcurrency()
    return _shown(call, found)


@operation("DeleteProvisionedConcurrencyConfig", on=resources.qualified)
def delete_provisioned_concurrency_config(call: Call) -> dict[str, Any]:
    """Stop what was held ready; that there is nothing is no error."""
    _, name = _provisionable(call, _NEEDS_QUALIFIER)
    found = provisioned.find(call.store, *name)
    if found is not None:
        provisioned.remove(call.store, found)
        provisioning.later(call, *name)
    return {}


@operation("ListProvisionedConcurrencyConfigs", on=resources.function)
def list_provisioned_concurrency_configs(call: Call) -> dict[str, Any]:
    """All of a function's."""
    function = lookup.function_of(call)
    size = lookup.page_size(call)
    rows = provisioned.of_function(call.store, function.scope, function.name, lookup.marker(call) or "", size + 1)
    here, more = lookup.page(rows, size, lambda one: one.qualifier)
    made = [
        {**_shown(call, one), "FunctionArn": resources.function_arn(one.scope, one.name, one.qualifier)} for one in here
    ]
    return {"ProvisionedConcurrencyConfigs": made, **more}
