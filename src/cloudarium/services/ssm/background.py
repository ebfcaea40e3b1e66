"""Work of Parameter Store without a request: what policies do at their time."""

from __future__ import annotations

from cloudarium.gateway.background import Event, delivery
from cloudarium.services.ssm import records, resources, telling


@delivery("ExpireParameter")
async def expire_parameter(event: Event) -> None:
    """Delete a parameter if it still has that expiry."""
    name = event.payload["Name"]
    with event.transaction():
        found = records.latest(event.store, event.scope, name)
        if found is None or (found.data.get("Expires") or event.now + 1) > event.now:
            return
        kinds = [policy["PolicyType"] for policy in found.data["Policies"]]
        telling.acted(event, name, found.data, kinds.index("Expiration"))
        telling.cancel(event, name)
        records.remove(event.store, event.scope, name)
        event.tags.drop(resources.parameter_arn(event.scope, name))


@delivery("TellPolicy")
async def tell_policy(event: Event) -> None:
    """Tell that a parameter is about to expire, or has not changed for so long, if it is still that version."""
    name, number = event.payload["Name"], event.payload["Number"]
    with event.transaction():
        found = records.latest(event.store, event.scope, name)
        if found is None or found.version != event.payload["Version"]:
            return
        telling.acted(event, name, found.data, number)
        found.data["Policies"][number]["PolicyStatus"] = "Finished"
        records.set_data(event.store, event.scope, found)
