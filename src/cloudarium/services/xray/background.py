"""Work of X-Ray without a request: traces older than thirty days go."""

from __future__ import annotations

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.traces import records

_PORTION = 500
_KEPT = records.DAYS_KEPT * 86400.0


@delivery("ExpireTraces")
async def expire_traces(event: Event) -> Retry | None:
    """Delete, in portions, what was still for thirty days, and come back for what is next."""
    with event.transaction():
        if records.expire(event.store, event.scope, event.now - _KEPT, _PORTION) == _PORTION:
            return Retry(at=event.now)
        oldest = records.oldest(event.store, event.scope)
    return None if oldest is None else Retry(at=oldest + _KEPT)


def expires(oldest: float) -> float:
    """When a trace of which something came last at `oldest` goes."""
    return oldest + _KEPT
