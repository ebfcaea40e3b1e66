"""SetAlarmState: what an alarm would do, without waiting for it."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudwatch import errors, resources, states, watching
from cloudarium.services.cloudwatch.records import alarms

Data = dict[str, Any]


@operation("SetAlarmState", on=resources.alarm)
def set_alarm_state(call: Call) -> Data:
    """Put an alarm into a state, with its actions, until it is looked at the next time."""
    given = call.input
    alarm = alarms.find(call.store, call.scope, given["AlarmName"])
    if alarm is None:
        raise errors.NotFound
    reason_data = given.get("StateReasonData")
    if reason_data is not None:
        try:
            orjson.loads(reason_data)
        except ValueError:
            raise errors.InvalidFormat("StateReasonData was not valid JSON") from None
    states.change(call.store, alarm, given["StateValue"], given["StateReason"], reason_data, call.now)
    if alarm.kind == "MetricAlarm":
        watching.plan(call.store, call.scope, alarm.name, call.now)
    return {}
