"""Heavy work on large messages leaves the event loop: what sends is written once, as a generator that yields such work.

For a small message the work is done on the spot, in the call's own transaction. For a large one it is done in a thread,
and what stands between two pieces of it is a transaction each: checks come first, what is recorded comes last.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from cloudarium.gateway.call import Call

_LARGE = 256 * 1024  # bytes of a call, or of a message that comes another way
Made = TypeVar("Made")


class Work(NamedTuple):
    """What may take long and touches nothing but its arguments."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


Steps = Generator[Work, Any, Made]


def work(function: Callable[..., Any], *arguments: Any) -> Work:
    """Work to be yielded; its result, or its exception, comes back from the yield."""
    return Work(function, arguments)


def at_once(steps: Steps[Made]) -> Made:
    """Do everything now."""
    try:
        wanted = next(steps)
        while True:
            try:
                done = wanted.function(*wanted.arguments)
            except Exception as error:
                wanted = steps.throw(error)
            else:
                wanted = steps.send(done)
    except StopIteration as end:
        made: Made = end.value
        return made


async def apart(call: Call, steps: Steps[Made]) -> Made:
    """Do the work in threads; others are answered meanwhile."""
    ended, value = _advance(call, lambda: next(steps))
    while not ended:
        wanted: Work = value
        try:
            done = await asyncio.to_thread(wanted.function, *wanted.arguments)
        except Exception as error:
            failed = error
            ended, value = _advance(call, lambda: steps.throw(failed))  # noqa: B023 - it is called at once
        else:
            ended, value = _advance(call, lambda: steps.send(done))  # noqa: B023
    made: Made = value
    return made


def _advance(call: Call, go_on: Callable[[], Work]) -> tuple[bool, Any]:
    """(whether the steps have ended, their value or the next work), in a transaction of its own."""
    with call.transaction():
        try:
            return False, go_on()
        except StopIteration as end:
            return True, end.value


def in_steps(
    handler: Callable[[Call], Steps[dict[str, Any]]],
) -> Callable[[Call], dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]]:
    """Make a handler of a generator: a large call's work is done apart."""

    @functools.wraps(handler)
    def handle(call: Call) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
        return apart(call, handler(call)) if _size(call) > _LARGE else at_once(handler(call))

    return handle


def _size(call: Call) -> int:
    request = call.request
    if request is None:
        return 0
    length = request.headers.get("content-length", "")
    return max(len(request.body), int(length) if length.isdecimal() else 0)
