"""Connections that came with a token of IAM end after twelve hours, unless the client has shown a new one.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cloudarium.runtime.caches import Front

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud


class Lifetimes:
    """Ends connections whose time is over by the cloud's clock; there is a timer only while there are any."""

    def __init__(self, cloud: Cloud, fronts: Callable[[], Iterable[Front]]) -> None:
        self._cloud = cloud
        self._fronts = fronts
        self._watching: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Have an eye on a connection that has just got its time."""
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch(), name="elasticache: connections")

    def stop(self) -> None:
        """Watch no more."""
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        while not self._cloud.bells.silent:
            now = self._cloud.clock.now()
            for front in self._fronts():
                front.end(now)
            ends = [moment for front in self._fronts() for moment in front.ends() if moment > now]
            if not ends:
                return
            await self._cloud.bells.wait("elasticache connections", min(ends))
