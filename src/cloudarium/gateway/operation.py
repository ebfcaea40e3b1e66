"""`@operation` makes a function of a room the handler of an AWS operation, with what the gateway must know as data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cloudarium.gateway.call import Call


class Need(NamedTuple):
    """One permission that a call needs: an action on a resource, with context keys of its own."""

    action: str
    resource: str
    context: Mapping[str, Any] = {}


On = Callable[["Call"], "str | Need | Sequence[str | Need]"]


@dataclass(slots=True)
class Handler:
    """A room's function for one operation, and the data that the steps read."""

    name: str
    function: Callable[..., Any]
    on: On | None
    context: Callable[[Call], Mapping[str, Any]] | None
    refuses: frozenset[str]
    ignores: Mapping[str, str]
    is_async: bool = field(default=False)


HANDLERS: dict[str, dict[str, Handler]] = {}  # by the room's package name, then by operation


def operation(
    name: str,
    *,
    on: On | None = None,
    context: Callable[[Call], Mapping[str, Any]] | None = None,
    refuses: Sequence[str] = (),
    ignores: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the handler of the AWS operation `name`.

    `on(call)` names what the call touches: an ARN for the operation's own actions in the access table, or `Need`s;
    without it the resource is `*`. It runs before validation, so it must bear any input. `context(call)` adds the
    service's condition keys. `refuses` are input members that are not built: a call that sets one is refused by name.
    `ignores` are members that AWS itself takes and ignores, or whose effect cannot be seen here, each with the reason.
    A plain function runs in one transaction; an `async` one opens its own with `call.transaction()`. A plain one that
    finds that it has to wait (a body that still arrives) returns a coroutine, to which the same applies.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        room = room_of(function.__module__)
        handlers = HANDLERS.setdefault(room, {})
        if name in handlers:
            raise TypeError(f"{room} has two handlers of {name}")
        is_async = inspect.iscoroutinefunction(function)
        handlers[name] = Handler(name, function, on, context, frozenset(refuses), ignores or {}, is_async)
        return function

    return register


def room_of(module: str) -> str:
    """The room's package inside of which a module lies: cloudarium.services.lambda_.operations.x → lambda_."""
    return module.split(".")[2]
