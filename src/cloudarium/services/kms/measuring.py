"""When KMS begins to have something to tell CloudWatch: with material that expires."""

from __future__ import annotations

from cloudarium.gateway.call import Call


def measured(call: Call) -> None:
    """See to it that what is left is told once a day."""
    if call.operation_name == "ImportKeyMaterial":
        call.cloud.meter.gauge_daily()
