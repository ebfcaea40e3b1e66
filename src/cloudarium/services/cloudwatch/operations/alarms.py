"""Alarms: set, delete, turn their actions on and off."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudwatch import composing, errors, resources, states, watching
from cloudarium.services.cloudwatch.operations.data import check
from cloudarium.services.cloudwatch.records import alarms
from cloudarium.services.cloudwatch.records.alarms import Alarm
from cloudarium.services.cloudwatch.rules import reasons, settings
from cloudarium.services.cloudwatch.rules.composites import name_of
from cloudarium.shared import tags

Data = dict[str, Any]
_MOST = 5000
_STATE = (
    "StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp",
    "ActionsSuppressedBy", "ActionsSuppressedReason", "Suppressed",
)  # fmt: skip
_METRIC = (
    "AlarmDescription", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit",
    "EvaluationPeriods", "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData",
    "EvaluateLowSampleCountPercentile", "Metrics", "ThresholdMetricId",
)  # fmt: skip
_COMPOSITE = (
    "AlarmDescription", "AlarmRule", "ActionsSuppressor", "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)  # fmt: skip


@operation(
    "PutMetricAlarm",
    on=resources.new_alarm,
    refuses=(
        "EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria", "EvaluationInterval",
        "ActionConfiguration",
    ),
)  # fmt: skip
def put_metric_alarm(call: Call) -> Data:
    """Make a metric alarm, or set the one of this name anew; its state stays until it is looked at."""
    given = call.input
    settings.metric_alarm(given)
    if "Metrics" in given:
        check(given["Metrics"], "Metrics", call.account)
    settings.actions(given, resources.ACTIONS, call.region)
    data = {name: given[name] for name in _METRIC if given.get(name) is not None}
    if "Threshold" in given:
        data["Threshold"] = float(given["Threshold"])
    if "Metrics" not in data:
        data.setdefault("Dimensions", [])
    alarm = _put(call, "MetricAlarm", data)
    watching.plan(call.store, call.scope, alarm.name, call.now)
    return {}


@operation("PutCompositeAlarm", on=resources.new_alarm, refuses=("ActionConfiguration",))
def put_composite_alarm(call: Call) -> Data:
    """Make a composite alarm, or set the one of this name anew; it is evaluated at once."""
    given = call.input
    children = settings.rule(given["AlarmRule"])
    unknown = [name for name in children if alarms.find(call.store, call.scope, name) is None]
    if unknown:
        raise errors.Invalid(
            f"Could not save the composite alarm as alarms [{', '.join(unknown)}] in the alarm rule do not exist"
        )
    settings.actions(given, resources.ACTIONS, call.region)
    _check_suppressor(call)
    data = {name: given[name] for name in _COMPOSITE if given.get(name) is not None}
    before = alarms.find(call.store, call.scope, given["AlarmName"])
    alarm = _put(call, "CompositeAlarm", data)
    composing.compose(call.store, alarm, "created" if before is None else "updated", call.now)
    return {}


def _check_suppressor(call: Call) -> None:
    given = call.input
    names = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
    if "ActionsSuppressor" not in given:
        if any(name in given for name in names):
            raise errors.Invalid("ActionsSuppressor is required when a wait or extension period is specified.")
        return
    if any(name not in given for name in names):
        raise errors.Invalid(
            "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required when ActionsSuppressor is"
            " specified."
        )
    if any(given[name] < 0 for name in names):
        raise errors.Invalid("A wait or extension period must not be negative.")
    name = name_of(given["ActionsSuppressor"])
    if alarms.find(call.store, call.scope, name) is None:
        raise errors.Invalid(
            f"Could not save the composite alarm as the ActionsSuppressor alarm [{name}] does not exist"
        )


def _put(call: Call, kind: str, data: Data) -> Alarm:
    """Keep an alarm as it is now set, with the state that it had."""
    given, name = call.input, call.input["AlarmName"]
    before = alarms.find(call.store, call.scope, name)
    if before is not None and before.kind != kind:
        raise errors.Invalid(f"Alarm {name} already exists as a {before.kind}")
    if before is None and alarms.count(call.store, call.scope) >= _MOST:
        raise errors.LimitExceeded("The maximum limit of alarms has been reached.")
    data["ActionsEnabled"] = given.get("ActionsEnabled", True)
    for each in resources.ACTIONS:
        data[each] = list(dict.fromkeys(given.get(each) or ()))
    data["AlarmConfigurationUpdatedTimestamp"] = call.now
    if before is None:
        _tag(call, name)
        data.update(StateValue="INSUFFICIENT_DATA", StateReason=reasons.INITIAL)
        data.update(StateUpdatedTimestamp=call.now, StateTransitionedTimestamp=call.now)
    else:
        data.update({each: before.data[each] for each in _STATE if each in before.data})
    alarm = Alarm(call.scope, name, kind, before.due if before is not None else None, data)
    alarms.put(call.store, alarm, new_settings=True)
    _remember(call, alarm, "Create" if before is None else "Update")
    return alarm


def _tag(call: Call, name: str) -> None:
    new = tags.from_list(call.input.get("Tags"))
    wrong = tags.problem(new)
    if wrong:
        raise errors.Invalid(wrong)
    call.tags.put(resources.alarm_arn(call.scope, name), new)


def _remember(call: Call, alarm: Alarm, how: str) -> None:
    settings_ = {name: value for name, value in alarm.data.items() if name not in _STATE}
    data = {"version": "1.0", "type": how, f"{how.lower().rstrip('e')}edAlarm": {"AlarmName": alarm.name, **settings_}}
    summary = f'Alarm "{alarm.name}" {how.lower().rstrip("e")}ed'
    alarms.remember(
        call.store, alarm, call.now, "ConfigurationUpdate", {"HistorySummary": summary, "HistoryData": data}
    )


@operation("DeleteAlarms", on=resources.alarms)
def delete_alarms(call: Call) -> Data:
    """Delete alarms that no composite alarm speaks of; those that are not there are no error."""
    names = list(dict.fromkeys(call.input["AlarmNames"]))
    found = [alarm for name in names if (alarm := alarms.find(call.store, call.scope, name)) is not None]
    if sum(alarm.kind == "CompositeAlarm" for alarm in found) > 1:
        raise errors.Invalid("Only one composite alarm can be deleted at a time.")
    for alarm in found:
        if any(parent.name not in names for parent in states.parents(call.store, alarm)):
            raise errors.Invalid(f"Cannot delete {alarm.name} as there are composite alarm(s) depending on it.")
    for alarm in found:
        alarms.remove(call.store, alarm)
        for kind in (watching.KIND, states.COMPOSE, states.RELEASE):
            call.store.outbox.cancel("cloudwatch", kind, call.scope, alarm.name)
        call.tags.drop(alarm.arn)
        _remember(call, alarm, "Delete")
    return {}


@operation("EnableAlarmActions", on=resources.alarms)
def enable_alarm_actions(call: Call) -> Data:
    """Have alarms act from now on; those that are not there are no error."""
    return _turn(call, True)


@operation("DisableAlarmActions", on=resources.alarms)
def disable_alarm_actions(call: Call) -> Data:
    """Have alarms change their state without acting."""
    return _turn(call, False)


def _turn(call: Call, on: bool) -> Data:
    for name in dict.fromkeys(call.input["AlarmNames"]):
        alarm = alarms.find(call.store, call.scope, name)
        if alarm is not None and alarm.data["ActionsEnabled"] is not on:
            data = {**alarm.data, "ActionsEnabled": on, "AlarmConfigurationUpdatedTimestamp": call.now}
            alarm = alarm._replace(data=data)
            alarms.put(call.store, alarm, new_settings=False)
            _remember(call, alarm, "Update")
    return {}
