"""Step 8, record: one journal entry per call, and what its room measures. Runs whatever happened before.

Whoever looks at a page is no user of the cloud: what pages ask is left out, or a live one would fill the journal.
"""

from __future__ import annotations

from cloudarium.gateway.call import Call


def record(call: Call) -> None:
    """Hand the call to the journal, which writes in batches off the hot path, and to its room's meters."""
    if call.parent is not None and call.parent.looks:
        return
    call.cloud.journal.add(call)
    room = call.room
    if room is None or call.operation is None:
        return
    if room.card.usage and call.request is not None:
        call.cloud.meter.called(call.now, call.scope, room.card.usage, call.operation_name)
    if room.measured is not None:
        room.measured(call)
