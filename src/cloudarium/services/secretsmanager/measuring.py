"""When Secrets Manager begins to have something to tell CloudWatch: with the first secret."""

from __future__ import annotations

from cloudarium.gateway.call import Call


def measured(call: Call) -> None:
    """See to it that secrets are counted once a day."""
    if call.operation_name == "CreateSecret":
        call.cloud.meter.gauge_daily()
