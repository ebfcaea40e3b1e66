"""Work of Parameter Store without a request: parameters whose Expiration policy says that their time is up."""

from __future__ import annotations

from cloudarium.gateway.background import Event, delivery
from cloudarium.services.ssm import records, resources, telling


@delivery("ExpireParameter")
async def expire_parameter(event: Event) -> None:
    """Delete a parameter if it still has that expiry."""
    name = event.payload["Name"]
    with event.transaction():
        found = records.latest(event.store, event.scope, name)
        if found is not None and (found.data.get("Expires") or event.now + 1) <= event.now:
            records.remove(event.store, event.scope, name)
            telling.changed(event, "Delete", name, found.data)
            event.tags.drop(resources.parameter_arn(event.scope, name))
