"""What EC2 does after it has answered: what was deleted is shown for a while, then forgotten."""

from __future__ import annotations

from cloudarium.gateway.background import Event, delivery
from cloudarium.vpc import records


@delivery("ForgetNatGateway")
async def forget_nat_gateway(event: Event) -> None:
    """Forget a NAT gateway an hour after it was deleted."""
    records.remove(event.store, event.scope, records.NAT_GATEWAY, event.payload["NatGatewayId"])
