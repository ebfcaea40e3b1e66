"""Moves of the clock: time passes through every moment at which something is due, up to where it is to stand.

At each of these moments the clock stands until all that is due has happened, and what that led to; so work that comes
again every day comes thirty times in thirty days, in its place among the work of other rooms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud


class Journeys:
    """Moves the clock of a cloud, one move after the other; a crash in the middle of one goes on at the next start."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._one_at_a_time = asyncio.Lock()
        self._enough = False
        self._runs_after = True
        self._tasks: set[asyncio.Task[None]] = set()
        self.to: float | None = None  # where the move that is under way ends

    def resume(self) -> None:
        """Go on with the move that an earlier run of the cloud was in the middle of."""
        left = self._cloud.store.setting("journey")
        if left:
            target, _, then = left.partition(";")
            self.to, self._runs_after = float(target), then == "runs"
            self._begin(self._go_on())

    async def move(self, target: Callable[[float], float]) -> None:
        """When earlier moves have ended, let time pass until `target` of the present moment, or set the clock back.

        Returns when all that became due has happened. What `target` raises is raised, and nothing moves.
        """
        await asyncio.shield(self._begin(self._go(target)))  # whoever asked may hang up; the move goes on

    async def reset(self) -> None:
        """Return to the machine's own time: by a move when that lies ahead, else at once. It runs on from there."""
        clock = self._cloud.clock
        await self.move(lambda now: max(now, clock.machine_now()))
        clock.reset()
        self._remember()
        await self._cloud.deliverer.settle()

    async def end(self) -> None:
        """End the move that is under way where it has come to, in order."""
        self._enough = True
        try:
            await self.ended()
        finally:
            self._enough = False

    async def ended(self) -> None:
        """Wait until no move is under way."""
        async with self._one_at_a_time:
            return

    async def stop(self) -> None:
        """Cut a move off: the cloud stops. It goes on at the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- Inside -----------------------------------------------------------------------------------------------------

    def _begin(self, going: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(going, name="clock")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _go(self, target: Callable[[float], float]) -> None:
        async with self._one_at_a_time:
            clock = self._cloud.clock
            self._cloud.meter.flush(all=True)  # what was measured may wake somebody on the way
            moment = target(clock.now())
            if moment <= clock.now():
                clock.move_to(moment)
            else:
                self.to, self._runs_after = moment, clock.frozen_at is None
                clock.freeze()
                await self._pass()
            self._remember()
            await self._cloud.deliverer.settle()

    async def _go_on(self) -> None:
        async with self._one_at_a_time:
            await self._pass()
            self._remember()

    async def _pass(self) -> None:
        """Take the standing clock from one due moment to the next, and let it run on in the end if it ran before."""
        cloud, target = self._cloud, self.to
        assert target is not None
        while not self._enough:
            self._remember()
            await cloud.deliverer.settle()
            due = cloud.store.outbox.next_due(cloud.clock.now())
            if due is None or due > target:
                cloud.clock.pass_to(target)
                break
            cloud.clock.pass_to(due)
        self.to = None
        if self._runs_after:
            cloud.clock.run()

    def _remember(self) -> None:
        left = "" if self.to is None else f"{self.to!r};{'runs' if self._runs_after else 'stands'}"
        with self._cloud.store.transaction():
            self._cloud.remember_clock()
            self._cloud.store.remember("journey", left)
