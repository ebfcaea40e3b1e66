"""Step 6, invoke: the room's handler does it, in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable

from cloudarium.gateway.call import Call
from cloudarium.shared.errors import NotBuilt


def invoke(call: Call) -> Awaitable[None] | None:
    """Run the handler and set the output. What it recorded is kept when it returns and taken back when it raises."""
    handler = call.handler
    assert handler is not None
    if handler.refuses:
        for name in handler.refuses & call.input.keys():
            raise NotBuilt(f"{call.service}:{call.operation_name} with {name}")
    if handler.is_async:
        return _invoke_waiting(call)
    with call.cloud.store.transaction():
        call.output = handler.function(call) or {}
    return None


async def _invoke_waiting(call: Call) -> None:
    assert call.handler is not None
    call.output = await call.handler.function(call) or {}


async def open_door(call: Call) -> None:
    """Let the room answer a request that is not an API call."""
    assert call.room is not None and call.door is not None
    doors = call.room.module("doors")
    name = call.room.card.doors.get(call.door.label, call.room.card.form)
    call.response = await getattr(doors, name)(call)
