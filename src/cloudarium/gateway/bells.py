"""Waiting for something by its name: no thread, no transaction, no polling.

A long poll, or whoever consumes what another room keeps, waits for a bell; whoever brings what is waited for rings it.
Each ring wakes the one who has waited longest. He looks, and rings again when he leaves something for the next. What
every waiting one may have is rung for all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from cloudarium.shared.clock import Clock


class Bells:
    """The bells of a cloud. Nothing rests on them alone: whoever is woken looks into the store."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[Hashable, dict[asyncio.Future[None], None]] = {}
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
            await turn
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


def _end(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)
