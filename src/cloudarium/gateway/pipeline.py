"""The way of a call, as a list. Reading it from top to bottom is reading the architecture.

    socket → route → authenticate → parse → authorize → validate → invoke → serialize → record

The socket is app.py. A step is a function of the call; one that must wait returns an awaitable. A step that raises ends
the way in; `serialize` and `record` run whatever happened before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from cloudarium.gateway.authenticate import authenticate
from cloudarium.gateway.authorize import authorize
from cloudarium.gateway.call import Call
from cloudarium.gateway.invoke import invoke, open_door
from cloudarium.gateway.parse import parse
from cloudarium.gateway.record import record
from cloudarium.gateway.route import route
from cloudarium.gateway.serialize import serialize
from cloudarium.gateway.validate import validate

Step = Callable[[Call], Awaitable[None] | None]

API_CALL = (authenticate, parse, authorize, validate, invoke)  # a signed request for an operation
DOOR_CALL = (open_door,)  # a request at a host or path outside of the API, such as execute-api
SENT_CALL = (authorize, validate, invoke)  # one room calls another: the principal is known, the input is data


def answer(call: Call) -> Awaitable[None] | None:
    """Take an HTTP request the whole way: `call.response` is set then, or once the awaitable that is returned is done.

    Most calls have nothing to wait for, and a task of their own would cost as much as a step.
    """
    return _go(call, _way(call))


def _way(call: Call) -> Iterator[Step]:
    yield route
    if call.response is None:  # else it was a browser's preflight, which is answered on the spot
        yield from API_CALL if call.door is None else DOOR_CALL


def _go(call: Call, steps: Iterator[Step]) -> Awaitable[None] | None:
    try:
        for step in steps:
            waiting = step(call)
            if waiting is not None:
                return _go_on(call, steps, waiting)
    except Exception as error:
        call.error = error
    serialize(call)
    record(call)
    return None


async def _go_on(call: Call, steps: Iterator[Step], waiting: Awaitable[None]) -> None:
    try:
        await waiting
    except Exception as error:
        call.error = error
    rest = _go(call, iter(()) if call.error is not None else steps)
    if rest is not None:
        await rest


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
