"""The first page: what goes wrong now, what was called last, and where everything is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.http import HttpResponse
from cloudarium.gateway.rooms import all_rooms
from cloudarium.shared.clock import iso_millis

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_LAST = 12
_FAILED = 6


async def show(visit: Visit) -> HttpResponse:
    """The overview."""
    cloud, account = visit.cloud, visit.scope.account
    firing = await visit.ask(
        "cloudwatch", "DescribeAlarms", StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return page(
        visit,
        "overview.html",
        "Overview",
        firing=firing.get("MetricAlarms", []) + firing.get("CompositeAlarms", []),
        failed=cloud.journal.find(account=account, failed=True, limit=_FAILED),
        last=cloud.journal.find(account=account, parent="", limit=_LAST),  # pollers alone would fill the page
        clock=iso_millis(visit.now),
        clock_said=_clock_said(cloud),
        folder=None if cloud.store.ephemeral else str(cloud.store.folder),
        waiting=cloud.store.outbox.waiting(visit.now),
        rooms=[(name, room.card.purpose) for name, room in all_rooms().items()],
    )


def _clock_said(cloud: Cloud) -> str:
    """How the clock differs from the machine's, nothing when it does not."""
    offset = round(cloud.clock.now() - cloud.clock.machine_now())
    stands = "It stands still" if cloud.clock.frozen_at is not None else ""
    if abs(offset) <= 1:
        return stands
    ahead = f"{timedelta(seconds=abs(offset))} {'ahead of' if offset > 0 else 'behind'} the machine's"
    return f"{stands}, {ahead}" if stands else ahead.capitalize()
