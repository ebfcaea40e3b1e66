"""Reserved concurrency."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.running import ACCOUNT_CONCURRENCY, UNRESERVED_MINIMUM


def _function(call: Call, shown: str = records.LATEST) -> records.Function:
    """The function as a whole; one that is missing is named by the qualifier `shown`, as on AWS."""
    name = lookup.name_of(call)
    if name.qualifier:
        raise errors.InvalidParameter(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation."
            " Please specify either a function name or an unqualified function ARN."
        )
    found = records.find_function(call.store, name.scope, name.name)
    if found is None:
        raise errors.FunctionNotFound(name._replace(qualifier=shown).arn)
    return found


@operation("PutFunctionConcurrency", on=resources.function)
def put_function_concurrency(call: Call) -> dict[str, Any]:
    """Reserve concurrency for a function, which also is its limit; 0 stops it."""
    function = _function(call)
    wanted = call.input["ReservedConcurrentExecutions"]
    elsewhere = records.reserved_elsewhere(call.store, function.scope, function.name)
    if ACCOUNT_CONCURRENCY - elsewhere - wanted < UNRESERVED_MINIMUM:
        raise errors.InvalidParameter(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution"
            f" below its minimum value of [{UNRESERVED_MINIMUM}]."
        )
    records.set_reserved(call.store, function, wanted)
    return {"ReservedConcurrentExecutions": wanted}


@operation("GetFunctionConcurrency", on=resources.function)
def get_function_concurrency(call: Call) -> dict[str, Any]:
    """The reserved concurrency, when there is one."""
    reserved = _function(call, "").reserved
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


@operation("DeleteFunctionConcurrency", on=resources.function)
def delete_function_concurrency(call: Call) -> dict[str, Any]:
    """Give the reserved concurrency back."""
    records.set_reserved(call.store, _function(call), None)
    return {}
