"""What Scheduler tells CloudWatch of invocations, of all and by group.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
"""

from __future__ import annotations

from cloudarium.gateway.call import Call

_NAMESPACE = "AWS/Scheduler"


def counted(call: Call, group: str, name: str) -> None:
    """Count what became of an invocation."""
    for own in ((), (("ScheduleGroup", group),)):
        call.cloud.meter.add(call.cloud.clock.now(), call.scope, _NAMESPACE, name, own, 1.0, "Count")
