"""Reserved concurrency."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.running import ACCOUNT_CONCURRENCY, UNRESERVED_MINIMUM


@operation("PutFunctionConcurrency", on=resources.function)
def put_function_concurrency(call: Call) -> dict[str, Any]:
    """Reserve concurrency for a function, which also is its limit; 0 stops it."""
    function = lookup.whole_function_of(call, shown=records.LATEST)
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
    reserved = lookup.whole_function_of(call).reserved
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


@operation("DeleteFunctionConcurrency", on=resources.function)
def delete_function_concurrency(call: Call) -> dict[str, Any]:
    """Give the reserved concurrency back."""
    records.set_reserved(call.store, lookup.whole_function_of(call, shown=records.LATEST), None)
    return {}
