"""Invocations whose answer is passed on as it comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cloudarium.runtime import InvocationResult
from cloudarium.runtime.streams import ResponseStream
from cloudarium.services.lambda_ import running

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_KEEP = "lambda.streams"


class Streamed:
    """An invocation that runs: its pieces, and in the end its result."""

    def __init__(self, pieces: ResponseStream, task: asyncio.Task[InvocationResult]) -> None:
        self.pieces = pieces
        self._task = task

    @property
    def streams(self) -> bool:
        """Whether the function streams; else its result has the whole answer."""
        return self.pieces.streams

    async def result(self) -> InvocationResult:
        """How it ended, without what was streamed. It goes on to its end whoever waits for it."""
        return await asyncio.shield(self._task)


async def begin(cloud: Cloud, event: running.Event) -> Streamed:
    """Run a function; returns once it streams or has ended. Raises what `running.run` raises."""
    assert event.stream is not None
    pieces = event.stream
    running_ones: set[asyncio.Task[InvocationResult]] = cloud.keep.setdefault(_KEEP, set())
    task = asyncio.create_task(running.run(cloud, event))
    running_ones.add(task)
    task.add_done_callback(running_ones.discard)
    task.add_done_callback(lambda done: pieces.end())
    await asyncio.shield(pieces.opened)
    if task.done():
        task.result()
    return Streamed(pieces, task)
