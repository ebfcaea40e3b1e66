"""Step 8, record: one journal entry per call. Runs whatever happened before."""

from __future__ import annotations

from cloudarium.gateway.call import Call


def record(call: Call) -> None:
    """Hand the call to the journal, which writes in batches off the hot path."""
    call.cloud.journal.add(call)
