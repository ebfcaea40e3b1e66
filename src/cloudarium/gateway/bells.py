"""Waiting for something by its name: no thread, no transaction, no polling.

A long poll, or whoever consumes what another room keeps, waits for a bell; whoever brings what is waited for rings it.
Each ring wakes the one who has waited longest. He looks, and rings again when he leaves something for the next. What
every waiting one may have is rung for all of them.

A worker is a task of the cloud's own that takes what comes, as a reader of a queue does. While it waits for a bell it
is at rest; a move of the clock waits until all workers are, so that what they have in hand is done in its own time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any, TypeVar

from cloudarium.shared.clock import Clock

T = TypeVar("T")


class Bells:
    """The bells of a cloud. Nothing rests on them alone: whoever is woken looks into the store."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[Hashable, dict[asyncio.Future[None], None]] = {}
        self._workers: dict[asyncio.Task[Any], asyncio.Future[Any] | None] = {}  # and what each waits for at rest
        self._rested: asyncio.Future[None] | None = None
        self.silent = False  # the cloud stops: nobody waits any more

    def ring(self, name: Hashable) -> None:
        """Wake the one who has waited longest for `name`; nothing happens when nobody does."""
        line = self._waiting.get(name)
        if line is not None:
            for turn in line:
                if not turn.done():
                    turn.set_result(None)
                    return

    def ring_for_all(self, name: Hashable) -> None:
        """Wake everybody who waits for `name`: each of them has a use for what has come."""
        for turn in self._waiting.get(name, ()):
            if not turn.done():
                turn.set_result(None)

    def ring_all(self) -> None:
        """Wake everybody: the clock was moved, or the cloud stops."""
        for line in self._waiting.values():
            for turn in line:
                if not turn.done():
                    turn.set_result(None)

    def stop(self) -> None:
        """Wake everybody for good."""
        self.silent = True
        self.ring_all()

    async def wait(self, name: Hashable, until: float | None = None) -> None:
        """Return when the bell rings for this caller, at `until`, or when the clock was moved; look then what is so."""
        if self.silent:
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        line = self._waiting.setdefault(name, {})
        line[turn] = None
        pause = self._clock.seconds_until(until) if until is not None else None
        timer = loop.call_later(pause, _end, turn) if pause is not None else None
        try:
            await self.rest(turn)
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.ring(name)  # it rang for someone who is no longer there
            raise
        finally:
            if timer is not None:
                timer.cancel()
            line.pop(turn, None)
            if not line and self._waiting.get(name) is line:
                del self._waiting[name]

    # ---- Workers ----------------------------------------------------------------------------------------------------

    def employ(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Begin a worker's work, which must wait by bells, and by `rest` for other workers."""
        task = asyncio.create_task(work, name=name)
        self._workers[task] = None
        task.add_done_callback(self._leave)
        return task

    async def rest(self, until: asyncio.Future[T]) -> T:
        """Await a bell's turn, or other workers; a worker who does so is at rest, up to the moment in which it ends."""
        task = asyncio.current_task()
        if task is None or task not in self._workers:
            return await until
        self._workers[task] = until
        self._tell()
        try:
            return await until
        finally:
            self._workers[task] = None

    def at_work(self) -> asyncio.Future[None] | None:
        """None when all workers are at rest; else what is done once one more is, or has left."""
        if all(until is not None and not until.done() for until in self._workers.values()):
            return None
        if self._rested is None:
            self._rested = asyncio.get_running_loop().create_future()
        return self._rested

    def _leave(self, task: asyncio.Task[None]) -> None:
        del self._workers[task]
        self._tell()

    def _tell(self) -> None:
        rested, self._rested = self._rested, None
        if rested is not None and not rested.done():
            rested.set_result(None)


def _end(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)
