"""What EC2 does after it has answered: what was deleted is shown for a while, then forgotten."""

from __future__ import annotations

from cloudarium.gateway.background import Event, delivery
from cloudarium.shared.scope import Scope
from cloudarium.vpc import records


@delivery("AgePeering")
async def age_peering(event: Event) -> None:
    """End a peering connection that nobody accepted in time; forget one that has ended some time ago."""
    id = event.payload["VpcPeeringConnectionId"]
    data = records.find(event.store, event.scope, records.PEERING, id)
    if data is None or data["Status"]["Code"] == "active" or data.get("ExpirationTime", event.now) > event.now:
        return
    sides = {Scope(data[name]["OwnerId"], data[name]["Region"]) for name in ("RequesterVpcInfo", "AccepterVpcInfo")}
    with event.transaction():
        if data["Status"]["Code"] == "pending-acceptance":
            ended = {**data, "Status": {"Code": "expired", "Message": f"Expired: {id} was not accepted in time"}}
            for side in sides:
                records.put(event.store, side, records.PEERING, id, ended)
            event.later("AgePeering", event.payload, due=event.now + 7200)
            return
        for side in sides:
            records.remove(event.store, side, records.PEERING, id)


@delivery("ForgetAnswer")
async def forget_answer(event: Event) -> None:
    """Forget what a stack's call got: it has long gone on."""
    records.remove(event.store, event.scope, records.ANSWER, event.payload["Token"])


@delivery("ForgetNatGateway")
async def forget_nat_gateway(event: Event) -> None:
    """Forget a NAT gateway an hour after it was deleted or has failed."""
    records.remove(event.store, event.scope, records.NAT_GATEWAY, event.payload["NatGatewayId"])
