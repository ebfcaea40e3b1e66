"""Alarms as they are set and stand, and what happened to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudwatch import errors, resources, states
from cloudarium.services.cloudwatch.records import alarms
from cloudarium.services.cloudwatch.records.alarms import Alarm
from cloudarium.services.cloudwatch.rules import data
from cloudarium.services.cloudwatch.rules.composites import parse_rule
from cloudarium.shared import paging
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_PAGE = 100
_INNER = frozenset({"Suppressed"})


def shown(alarm: Alarm) -> Data:
    """An alarm in AWS's members."""
    found = {name: value for name, value in alarm.data.items() if name not in _INNER}
    return {"AlarmName": alarm.name, "AlarmArn": alarm.arn, **found}


@operation("DescribeAlarms", on=resources.all_alarms)
def describe_alarms(call: Call) -> Data:
    """Alarms by name: by names, a prefix, a state, an action, as children or parents; metric alarms unless asked."""
    given = call.input
    kinds = given.get("AlarmTypes") or ["MetricAlarm"]
    if "LogAlarm" in kinds:
        raise NotBuilt("cloudwatch:DescribeAlarms AlarmTypes LogAlarm")
    if given.get("AlarmNames") and given.get("AlarmNamePrefix"):
        raise errors.Invalid("The parameters AlarmNames and AlarmNamePrefix are mutually exclusive.")
    related = "ChildrenOfAlarmName" in given or "ParentsOfAlarmName" in given
    found = _related(call) if related else _asked_for(call)
    if not related:
        found = (alarm for alarm in found if alarm.kind in kinds)
    page, more = _page(call, [alarm for alarm in found if _fits(alarm, given)])
    if related:
        page = [_brief(alarm) for alarm in page]
    answer: Data = {
        "MetricAlarms": [shown(alarm) for alarm in page if alarm.kind == "MetricAlarm"],
        "CompositeAlarms": [shown(alarm) for alarm in page if alarm.kind == "CompositeAlarm"],
    }
    return {**answer, **more}


def _asked_for(call: Call) -> Iterable[Alarm]:
    names = call.input.get("AlarmNames")
    if names:
        found = [alarms.find(call.store, call.scope, name) for name in sorted(set(names))]
        return [alarm for alarm in found if alarm is not None]
    return alarms.everything(call.store, call.scope, prefix=call.input.get("AlarmNamePrefix") or "")


def _related(call: Call) -> Iterable[Alarm]:
    """The children or parents of an alarm. Raises Invalid when more is asked for with it."""
    given = call.input
    others = ("AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "ActionPrefix")
    if any(given.get(name) for name in others) or "ChildrenOfAlarmName" in given and "ParentsOfAlarmName" in given:
        raise errors.Invalid("ChildrenOfAlarmName and ParentsOfAlarmName cannot be used with other filters.")
    name = str(given.get("ChildrenOfAlarmName") or given.get("ParentsOfAlarmName"))
    alarm = alarms.find(call.store, call.scope, name)
    if alarm is None:
        return []
    if "ParentsOfAlarmName" in given:
        return states.parents(call.store, alarm)
    if alarm.kind != "CompositeAlarm":
        return []
    children = sorted(parse_rule(alarm.data["AlarmRule"]).children)
    found = [alarms.find(call.store, call.scope, each) for each in children]
    return [each for each in found if each is not None]


def _brief(alarm: Alarm) -> Alarm:
    """What is told of relatives: the state beside name and ARN."""
    kept = ("StateValue", "StateUpdatedTimestamp")
    return alarm._replace(data={name: alarm.data[name] for name in kept})


def _fits(alarm: Alarm, given: Data) -> bool:
    state, prefix = given.get("StateValue"), given.get("ActionPrefix")
    if state and alarm.data["StateValue"] != state:
        return False
    return not prefix or any(each.startswith(prefix) for name in resources.ACTIONS for each in alarm.data[name])


def _page(call: Call, found: list[Alarm]) -> tuple[list[Alarm], Data]:
    token = call.input.get("NextToken")
    if token is not None:
        try:
            after = paging.decode(token)
        except ValueError:
            after = None
        if not isinstance(after, str):
            raise errors.InvalidToken
        found = [alarm for alarm in found if alarm.name > after]
    limit = call.input.get("MaxRecords", _PAGE)
    more = {"NextToken": paging.encode(found[limit - 1].name)} if len(found) > limit else {}
    return found[:limit], more


@operation("DescribeAlarmsForMetric")
def describe_alarms_for_metric(call: Call) -> Data:
    """The alarms on one metric with exactly these dimensions, by statistic, period and unit if given."""
    given = call.input
    wanted = {name: given[name] for name in _OF_METRIC if given.get(name) is not None}
    own = data.dimensions(given.get("Dimensions"))
    found = [
        alarm
        for alarm in alarms.everything(call.store, call.scope, "MetricAlarm")
        if "MetricName" in alarm.data
        and data.dimensions(alarm.data.get("Dimensions")) == own
        and all(alarm.data.get(name) == value for name, value in wanted.items())
    ]
    return {"MetricAlarms": [shown(alarm) for alarm in found]}


_OF_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit")


@operation("DescribeAlarmHistory", on=resources.all_alarms, refuses=("AlarmContributorId",))
def describe_alarm_history(call: Call) -> Data:
    """What happened to alarms in the last 30 days: settings, states, actions; also of alarms that are deleted."""
    given = call.input
    kinds = given.get("AlarmTypes") or ["MetricAlarm"]
    if "LogAlarm" in kinds:
        raise NotBuilt("cloudwatch:DescribeAlarmHistory AlarmTypes LogAlarm")
    limit = given.get("MaxRecords", _PAGE)
    kind = given.get("HistoryItemType")
    found: list[alarms.Item] = []
    after = _place(call)
    while len(found) <= limit:
        some = alarms.history(
            call.store, call.scope, alarm=given.get("AlarmName"), kind=kind,
            first=max(given.get("StartDate", 0.0), call.now - alarms.KEPT), last=given.get("EndDate", call.now + 1),
            descending=given.get("ScanBy") != "TimestampAscending", after=after, limit=limit + 1,
        )  # fmt: skip
        found += (item for item in some if item.data["AlarmType"] in kinds)
        if len(some) <= limit:
            break
        after = (some[-1].time, some[-1].id)
    answer: Data = {"AlarmHistoryItems": [_item(item) for item in found[:limit]]}
    if len(found) > limit:
        answer["NextToken"] = paging.encode([found[limit - 1].time, found[limit - 1].id])
    return answer


def _place(call: Call) -> tuple[float, int] | None:
    token = call.input.get("NextToken")
    if token is None:
        return None
    try:
        time, id = paging.decode(token)
    except (ValueError, TypeError):
        time = id = None
    if not isinstance(time, float) or type(id) is not int or abs(id) >= 2**62:
        raise errors.InvalidToken
    return time, id


def _item(item: alarms.Item) -> Data:
    return {
        "AlarmName": item.alarm,
        "AlarmType": item.data["AlarmType"],
        "Timestamp": item.time,
        "HistoryItemType": item.kind,
        "HistorySummary": item.data["HistorySummary"],
        "HistoryData": orjson.dumps(item.data["HistoryData"]).decode(),
    }
