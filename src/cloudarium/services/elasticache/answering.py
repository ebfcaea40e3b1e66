"""ElastiCache's handlers answer what is kept, which has AWS's own form, without the members that are only ours."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import On
from cloudarium.gateway.operation import operation as register

Handler = Callable[[Call], Any]


def operation(
    name: str, *, on: On | None = None, refuses: Sequence[str] = (), ignores: Mapping[str, str] | None = None
) -> Callable[[Handler], Handler]:
    """Register a handler, as `gateway.operation` does; members of its answer that begin with `_` are left out."""

    def wrap(function: Handler) -> Handler:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def waiting(call: Call) -> Any:
                return public(await function(call))

            return register(name, on=on, refuses=refuses, ignores=ignores)(waiting)

        @functools.wraps(function)
        def handler(call: Call) -> Any:
            return public(function(call))

        return register(name, on=on, refuses=refuses, ignores=ignores)(handler)

    return wrap


def public(value: Any) -> Any:
    """The same without members whose names begin with `_`, at any depth."""
    if isinstance(value, dict):
        return {name: public(one) for name, one in value.items() if name[:1] != "_"}
    if isinstance(value, list):
        return [public(one) for one in value]
    return value
