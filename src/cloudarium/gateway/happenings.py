"""What happens to a service's resource, told to whoever in the account asked to be told: EventBridge's aws.* events.

A room says what happened, and the rooms with a `listeners.py` say whether anybody of the account listens; only then is
the happening left in the outbox, in the transaction that caused it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudarium.gateway.rooms import rooms_with
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.store import Store


def tell(
    store: Store,
    scope: Scope,
    source: str,
    kind: str,
    detail: dict[str, Any],
    resources: list[str],
    now: float,
    trace: str = "",
) -> None:
    """Tell of what happened: `source` is the service's (aws.s3), `kind` the detail-type. Part of the transaction."""
    for room, module in rooms_with("listeners"):
        if module.listens(store, scope):
            told = {"Source": source, "DetailType": kind, "Detail": detail, "Resources": resources, "Time": now}
            store.outbox.put(room.card.name, module.DELIVERY, scope, told, now, trace=trace)
