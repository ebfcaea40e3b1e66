"""Step 6, invoke: the room's handler does it, in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable
from types import CoroutineType as Coroutine
from typing import Any

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
        return _wait_for(call, handler.function(call))
    with call.cloud.store.transaction():
        output = handler.function(call)
    if isinstance(output, Coroutine):
        return _wait_for(call, output)
    call.output = output or {}
    return None


async def _wait_for(call: Call, work: Awaitable[dict[str, Any] | None]) -> None:
    call.output = await work or {}


async def open_door(call: Call) -> None:
    """Let the room answer a request that is not an API call."""
    assert call.room is not None and call.door is not None
    doors = call.room.module("doors")
    card = call.room.card
    name = card.doors.get(call.door.label) or card.paths.get(call.door.label) or card.form
    call.response = await getattr(doors, name)(call)
