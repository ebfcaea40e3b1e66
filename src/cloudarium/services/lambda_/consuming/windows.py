"""Tumbling windows: what a function has made of a stretch of a stream so far goes with every batch of that stretch.

The state is kept with the position in the shard, so a killed cloud goes on with the state that belongs to it.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from cloudarium.services.lambda_.rules import streams as rules

if TYPE_CHECKING:
    from cloudarium.services.lambda_.consuming.streams import ShardReader

Data = dict[str, Any]


class Windows:
    """The windows of one shard, one after the other; at most one is open."""

    def __init__(self, shard: ShardReader, seconds: int) -> None:
        self._shard, self._seconds = shard, seconds
        self._start: float | None = None
        self._state: Data = {}

    def resume(self, kept: Data | None) -> None:
        """Go on with the window that was kept."""
        self._start, self._state = (kept["Start"], kept["State"]) if kept else (None, {})

    def kept(self) -> Data | None:
        """The open window as it is kept."""
        return {"Start": self._start, "State": self._state} if self._start is not None else None

    def end(self) -> float | None:
        """When the open window ends."""
        return self._start + self._seconds if self._start is not None else None

    def over(self) -> bool:
        """Whether the open window's time is over."""
        end = self.end()
        return end is not None and self._shard.cloud.clock.now() >= end

    async def work(self, records: list[Data]) -> None:
        """Give records to the function, each with the state of its window; a window ends when a later one begins."""
        for start, group in rules.by_window(records, self._seconds):
            if self._start is not None and self._start != start:
                await self.close()
            self._start = start
            await self._shard.trier.work(group, alone=True)
            if len(orjson.dumps(self._state)) > rules.MOST_STATE:
                await self._shard.trier.finish(self._event([], early=True))
                self._state = {}
                self._shard.closed()

    async def close(self) -> None:
        """Have the function see the last of a window, and forget its state."""
        if self._start is None:
            return
        await self._shard.trier.finish(self._event([], final=True))
        self._start, self._state = None, {}
        self._shard.closed()

    def event(self, records: list[Data]) -> Data:
        """What the function gets of a batch."""
        return self._event(records)

    def take(self, payload: bytes) -> None:
        """Go on with the state in a function's answer."""
        self._state = rules.state_in(payload) or {}

    def _event(self, records: list[Data], final: bool = False, early: bool = False) -> Data:
        assert self._start is not None
        shard = self._shard
        return rules.window_event(
            records, self._start, self._seconds, self._state, shard.shard, shard.one.source, final, early
        )
