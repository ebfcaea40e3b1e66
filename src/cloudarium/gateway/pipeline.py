"""The way of a call, as a list. Reading it from top to bottom is reading the architecture.

    socket → route → authenticate → parse → authorize → validate → invoke → serialize → record

The socket is app.py. A step is a function of the call; one that must wait returns an awaitable. A step that raises ends
the way in; `serialize` and `record` run whatever happened before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cloudarium.gateway.authenticate import authenticate
from cloudarium.gateway.authorize import authorize
from cloudarium.gateway.call import Call
from cloudarium.gateway.invoke import invoke, open_door
from cloudarium.gateway.parse import parse
from cloudarium.gateway.record import record
from cloudarium.gateway.route import route
from cloudarium.gateway.serialize import serialize
from cloudarium.gateway.validate import validate

API_CALL = (authenticate, parse, authorize, validate, invoke)  # a signed request for an operation
DOOR_CALL = (open_door,)  # a request at a host or path outside of the API, such as execute-api
SENT_CALL = (authorize, validate, invoke)  # one room calls another: the principal is known, the input is data


async def answer(call: Call) -> None:
    """Take an HTTP request the whole way: `call.response` is set in the end."""
    try:
        await route(call)
        for step in _steps(call):
            waiting = step(call)
            if waiting is not None:
                await waiting
    except Exception as error:
        call.error = error
    serialize(call)
    record(call)


def _steps(call: Call) -> tuple[Callable[[Call], Awaitable[None] | None], ...]:
    if call.response is not None:  # a browser's preflight is answered on the spot
        return ()
    return API_CALL if call.door is None else DOOR_CALL


async def deliver(call: Call) -> None:
    """Take a call from one room to another: `call.output` is set, or its error is raised."""
    try:
        for step in SENT_CALL:
            waiting = step(call)
            if waiting is not None:
                await waiting
    except Exception as error:
        call.error = error
        raise
    finally:
        record(call)
