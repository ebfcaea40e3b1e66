"""Gauges: what rooms tell of themselves once a day, at midnight. No room has anything to tell: no timer."""

from __future__ import annotations

from cloudarium.cloud import Cloud
from cloudarium.gateway.rooms import rooms_with
from cloudarium.shared.scope import Scope

KIND = "ReadGauges"
_NOWHERE = Scope("", "")  # the timer is nobody's own
_KEY = "gauges"
_DAY = 86_400


def following(now: float) -> float:
    """The next midnight."""
    return (now // _DAY + 1) * _DAY


def plan(cloud: Cloud) -> None:
    """See to it that gauges are read at midnight, within a transaction."""
    outbox = cloud.store.outbox
    if outbox.when("cloudwatch", KIND, _NOWHERE, _KEY) is None:
        outbox.put("cloudwatch", KIND, _NOWHERE, {}, following(cloud.clock.now()), _KEY)


async def read(cloud: Cloud, now: float) -> float | None:
    """Read the gauges of all rooms; when they are read next, None when none shows anything."""
    shown = False
    for _, module in rooms_with("gauges"):
        shown = await module.read(cloud, now) or shown
    cloud.meter.flush()
    if shown:
        return following(now)
    cloud.meter.gauges_end()
    return None
