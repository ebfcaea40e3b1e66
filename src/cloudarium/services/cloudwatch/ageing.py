"""Growing old: seconds become minutes after 3 hours, those 5 minutes after 15 days, hours after 63, none after 455.

One timer for the whole cloud, an hour apart at least while there are seconds, a day apart otherwise; it ends when
nothing is left to grow old.
"""

from __future__ import annotations

from cloudarium.services.cloudwatch.records import metrics, points
from cloudarium.services.cloudwatch.records.points import RESOLUTIONS, Point
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

KIND = "GrowOld"
_NOWHERE = Scope("", "")  # the timer is nobody's own
_KEY = "points"
_KNOWN = "cloudwatch ageing"
_HOUR, _DAY = 3600, 86_400
BATCH = 2000  # rows that are made coarser in one transaction


def plan(store: Store, finest: int, now: float) -> None:
    """See to it that data that has just come grows old in time."""
    known = store.known(_KNOWN)
    wanted = now + RESOLUTIONS[0].age + _HOUR if finest == 1 else now + RESOLUTIONS[1].age + _DAY
    due = known.get(_KEY)
    if due is None:
        due = store.outbox.when("cloudwatch", KIND, _NOWHERE, _KEY)
    if due is None or due > wanted:
        store.outbox.put("cloudwatch", KIND, _NOWHERE, {}, wanted, _KEY)
        due = wanted
    known[_KEY] = due


def grow(store: Store, now: float) -> bool:
    """Make a batch of rows of each resolution coarser, or drop those that are too old; whether more may wait."""
    more = False
    for place, (seconds, age) in enumerate(RESOLUTIONS):
        taken = points.take(store, seconds, now - age, BATCH)
        if place + 1 < len(RESOLUTIONS):
            coarser = RESOLUTIONS[place + 1].seconds
            for metric, (time, _, unit, sample) in taken:
                points.add(store, metric, Point(time // coarser * coarser, coarser, unit, sample))
        more = more or len(taken) == BATCH
    if not more:
        metrics.forget_without_points(store, now - RESOLUTIONS[1].age)
    return more


def following(store: Store, now: float) -> float | None:
    """When there is the next row to make coarser, None when there is no row."""
    store.changed(_KNOWN)
    found = []
    for seconds, age in RESOLUTIONS:
        oldest = points.oldest_of(store, seconds)
        if oldest is not None:
            found.append(max(oldest + age + 1, now + (_HOUR if seconds == 1 else _DAY)))
    return min(found, default=None)
