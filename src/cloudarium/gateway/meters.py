"""Meters: by which a room counts what it does, for whoever keeps the cloud's metrics.

A room adds values as they come, and what it does not count but knows, when somebody is about to look; they are summed
up in memory by minute and handed over about once a second, to the rooms that have a `meters.py`. So a value costs about
a microsecond, and a crash loses those of the last second.

What is no event but a level (how much a bucket holds) is a gauge: a room says `gauge_daily` when it begins to have one,
and its `gauges.py` is read at midnight.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

import apsw

from cloudarium.gateway.rooms import rooms_with
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

log = logging.getLogger("cloudarium")

_PAUSE = 1.0  # seconds that a value waits for company at most
Dimensions = tuple[tuple[str, str], ...]


class Counted(NamedTuple):
    """What a metric was measured by: AWS's namespace, its name, the dimensions by name, the unit, and the minute."""

    scope: Scope
    namespace: str
    name: str
    dimensions: Dimensions
    unit: str
    minute: int


class Meter:
    """Counts in memory, and hands over in batches."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._counted: dict[tuple[Scope, str, str, Dimensions, str, int], dict[float, float]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gauged = self._gauges_planned = False

    def start(self) -> None:
        """Begin to hand over; to be called on the event loop."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """Hand over what waits."""
        self.flush()
        self._loop = None

    def add(
        self, now: float, scope: Scope, namespace: str, name: str, dimensions: Dimensions, value: float, unit: str
    ) -> None:
        """Count one value of a metric; `dimensions` are in the order of their names."""
        place = (scope, namespace, name, dimensions, unit, int(now // 60) * 60)
        values = self._counted.get(place)
        if values is None:
            values = self._counted[place] = {}
            if self._timer is None and self._loop is not None:
                self._timer = self._loop.call_later(_PAUSE, self.flush)
        values[value] = values.get(value, 0.0) + 1.0

    def watched(self, scope: Scope, namespace: str) -> bool:
        """Whether anybody wants to be woken by metrics of a namespace."""
        return any(module.watches(self._cloud.store, scope, namespace) for _, module in rooms_with("meters"))

    def sample(self, scope: Scope) -> None:
        """Have the rooms with a `sampling.py` add how things stand in an account: somebody is about to look."""
        now = self._cloud.clock.now()
        for _, module in rooms_with("sampling"):
            module.sample(self._cloud, scope, now)

    def gauge_daily(self) -> None:
        """Have the rooms' gauges read once a day from now on, as long as one of them shows something."""
        if not self._gauged:
            self._gauged = True
            if self._timer is None and self._loop is not None:
                self._timer = self._loop.call_later(_PAUSE, self.flush)

    def gauges_end(self) -> None:
        """No gauge shows anything any more: none is read until a room asks again."""
        self._gauged = self._gauges_planned = False

    def flush(self) -> None:
        """Hand over what waits, now; not within a transaction, which may be rolled back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waits = self._gauged and not self._gauges_planned
        if not self._counted and not waits:
            return
        if self._cloud.store.in_transaction:
            if self._loop is not None:
                self._timer = self._loop.call_later(_PAUSE, self.flush)
            return
        counted, self._counted = self._counted, {}
        found = [(Counted(*place), values) for place, values in counted.items()]
        try:
            for _, module in rooms_with("meters"):
                with self._cloud.store.transaction():
                    if found:
                        module.take(self._cloud, found)
                    if waits:
                        module.plan_gauges(self._cloud)
            self._gauges_planned = self._gauged
        except apsw.Error as error:  # a full disk must not fail the call that is measured
            log.error("%d measured values are lost: %s", len(found), error)

    def forget(self) -> None:
        """Drop what waits to be handed over."""
        self._counted.clear()
        self.gauges_end()
