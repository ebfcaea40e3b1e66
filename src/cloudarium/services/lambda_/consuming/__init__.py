"""What reads the sources of event source mappings, while the cloud runs.

One reader per enabled mapping: a task that waits in the source's own long poll, so that it costs nothing while nothing
comes. All that must not be lost is in the store and in the source; a start finds it there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from cloudarium.services.lambda_.records import event_sources as rows
from cloudarium.services.lambda_.records.event_sources import EventSource
from cloudarium.services.lambda_.rules import event_sources as rules

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_KEEP = "lambda.readers"


class Reader(Protocol):
    """Reads one mapping's source."""

    async def run(self) -> None:
        """Read until cancelled."""

    async def close(self) -> None:
        """Cut off what is under way."""


class Readers:
    """The readers that run, by their mapping's UUID."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._running: dict[str, tuple[Reader, asyncio.Task[None]]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def start(self, one: EventSource) -> None:
        """Begin to read, with the mapping's present settings."""
        from cloudarium.services.lambda_.consuming.queues import QueueReader

        self.stop(one.uuid)
        reader: Reader
        if rules.kind_of(one.source) == rules.SQS:
            reader = QueueReader(self._cloud, one)
        else:
            from cloudarium.services.lambda_.consuming.streams import StreamReader

            reader = StreamReader(self._cloud, one)
        self._running[one.uuid] = reader, self._cloud.bells.employ(reader.run(), f"lambda:{one.uuid}")

    def stop(self, uuid: str) -> None:
        """Read no more; what a function has in hand it finishes."""
        found = self._running.pop(uuid, None)
        if found is not None:
            found[1].cancel()
            self._leaving.add(found[1])
            found[1].add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """End all readers at once."""
        running = [*self._running.values()]
        for _, task in running:
            task.cancel()
        await asyncio.gather(*(task for _, task in running), *self._leaving, return_exceptions=True)
        await asyncio.gather(*(reader.close() for reader, _ in running), return_exceptions=True)
        self._running.clear()


def readers(cloud: Cloud) -> Readers:
    """The cloud's readers, made when first wanted."""
    found: Readers | None = cloud.keep.get(_KEEP)
    if found is None:
        found = cloud.keep[_KEEP] = Readers(cloud)
        cloud.at_close(found.close)
    return found


async def prepare(cloud: Cloud, one: EventSource) -> None:
    """Before a mapping is said to be enabled: hold on to where its reading begins."""
    if rules.kind_of(one.source) == rules.STREAM:
        from cloudarium.services.lambda_.consuming.streams import StreamReader

        await StreamReader(cloud, one).prepare()


def resume(cloud: Cloud) -> None:
    """Go on with what an earlier run of the cloud read; mappings on their way to a state come by the outbox."""
    for one in rows.everywhere(cloud.store):
        if one.state == "Enabled":
            readers(cloud).start(one)
