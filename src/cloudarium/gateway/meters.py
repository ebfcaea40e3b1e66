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
import math
from typing import TYPE_CHECKING, NamedTuple

import apsw

from cloudarium.gateway.rooms import rooms_with
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

log = logging.getLogger("cloudarium")

_USAGE = "AWS/Usage"
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
        self._called: dict[tuple[Scope, str, str, int], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._minute_ends: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gauged = self._gauges_planned = False

    def start(self) -> None:
        """Begin to hand over; to be called on the event loop."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """Hand over what waits."""
        if self._minute_ends is not None:
            self._minute_ends.cancel()
            self._minute_ends = None
        self.flush(all=True)
        self._loop = None

    def add(
        self, now: float, scope: Scope, namespace: str, name: str, dimensions: Dimensions, value: float, unit: str
    ) -> None:
        """Count one value of a metric; `dimensions` are in the order of their names."""
        place = (scope, namespace, name, dimensions, unit, int(now // 60) * 60)
        values = self._counted.get(place)
        if values is None:
            values = self._counted[place] = {}
            self._flush_soon()
        values[value] = values.get(value, 0.0) + 1.0

    def called(self, now: float, scope: Scope, service: str, operation: str) -> None:
        """Count a call for AWS/Usage, by what that calls the service; it is on every call's way, so it is cheap."""
        place = (scope, service, operation, int(now // 60))
        count = self._called.get(place)
        if count is None:
            count = 0.0
            self._tell_usage_later(now)
        self._called[place] = count + 1.0

    def _tell_usage_later(self, now: float) -> None:
        if self._minute_ends is None and self._loop is not None:
            self._minute_ends = self._loop.call_later(60.0 - now % 60, self._tell_usage)

    def _tell_usage(self) -> None:
        self._minute_ends = None
        self.flush()
        if self._called:  # the clock stands, or has been moved back
            self._tell_usage_later(self._cloud.clock.now())

    def _ended(self, now: float) -> list[tuple[Counted, dict[float, float]]]:
        """The calls of the minutes that are over: as on AWS, none is told while its minute lasts."""
        places = [place for place in self._called if place[3] < now // 60]
        return [_usage(*place, self._called.pop(place)) for place in places]

    def _flush_soon(self) -> None:
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(_PAUSE, self.flush)

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
            self._flush_soon()

    def gauges_end(self) -> None:
        """No gauge shows anything any more: none is read until a room asks again."""
        self._gauged = self._gauges_planned = False

    def flush(self, *, all: bool = False) -> None:
        """Hand over what waits, now; not within a transaction, which may be rolled back.

        `all`: the calls of this minute too, since the clock is about to move.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waits = self._gauged and not self._gauges_planned
        if not self._counted and not self._called and not waits:
            return
        if self._cloud.store.in_transaction:
            self._flush_soon()
            return
        counted, self._counted = self._counted, {}
        found = [(Counted(*place), values) for place, values in counted.items()]
        found += self._ended(math.inf if all else self._cloud.clock.now())
        if not found and not waits:
            return
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
        self._called.clear()
        self.gauges_end()


def _usage(scope: Scope, service: str, operation: str, minute: int, count: float) -> tuple[Counted, dict[float, float]]:
    """Calls of an operation as AWS documents them: in no unit, their sum says how many.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Usage-Metrics.html
    """
    own = (("Class", "None"), ("Resource", operation), ("Service", service), ("Type", "API"))
    return Counted(scope, _USAGE, "CallCount", own, "None", minute * 60), {1.0: count}
