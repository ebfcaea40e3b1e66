"""What happens to a function in a recursive loop."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import resources
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import Function, recursion


@operation("PutFunctionRecursionConfig", on=resources.function)
def put_function_recursion_config(call: Call) -> dict[str, Any]:
    """Allow recursive loops of a function, or have them stopped (Terminate)."""
    function = lookup.whole_function_of(call)
    recursion.allow(call.store, function.scope, function.name, call.input["RecursiveLoop"] == "Allow")
    return _shown(call, function)


@operation("GetFunctionRecursionConfig", on=resources.function)
def get_function_recursion_config(call: Call) -> dict[str, Any]:
    """Whether recursive loops of a function are stopped, as they are by default."""
    return _shown(call, lookup.whole_function_of(call))


def _shown(call: Call, function: Function) -> dict[str, str]:
    allowed = recursion.allowed(call.store, function.scope, function.name)
    return {"RecursiveLoop": "Allow" if allowed else "Terminate"}
