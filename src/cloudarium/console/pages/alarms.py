"""Alarms: their states and why, and one with its settings, its metric and its history."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.console import words
from cloudarium.console.pages.metrics import chart_of, metric_query
from cloudarium.console.rendering import page
from cloudarium.console.visit import Visit
from cloudarium.gateway.control import Refused
from cloudarium.gateway.http import HttpResponse

_KINDS = ["MetricAlarm", "CompositeAlarm"]
_WORST_FIRST = {"ALARM": 0, "INSUFFICIENT_DATA": 1, "OK": 2}
_RELATIVES = (("Rests on", "ChildrenOfAlarmName"), ("Is part of", "ParentsOfAlarmName"))
_PERIODS_SHOWN = 60


async def show(visit: Visit) -> HttpResponse:
    """All alarms, those in ALARM first, or the one that the path names. Raises Refused."""
    if visit.parts:
        return await _one(visit, visit.parts[0])
    found: list[dict[str, Any]] = []
    for kind in _KINDS:
        listing = visit.each("cloudwatch", "DescribeAlarms", f"{kind}s", "NextToken", AlarmTypes=[kind])
        found += [each async for each in listing]
    found.sort(key=lambda each: (_WORST_FIRST[each["StateValue"]], each["AlarmName"]))
    return page(visit, "alarms.html", "Alarms", alarms=[(each, words.condition(each)) for each in found])


async def _one(visit: Visit, name: str) -> HttpResponse:
    answer = await visit.ask("cloudwatch", "DescribeAlarms", AlarmNames=[name], AlarmTypes=_KINDS)
    found = answer.get("MetricAlarms", []) + answer.get("CompositeAlarms", [])
    if not found:
        raise Refused(404, f"There is no alarm {name} in {visit.scope.region}.")
    told = await visit.ask("cloudwatch", "DescribeAlarmHistory", AlarmName=name, AlarmTypes=_KINDS, MaxRecords=100)
    return page(
        visit,
        "alarm.html",
        name,
        alarm=found[0],
        relatives=[(said, own) for said, how in _RELATIVES if (own := await _related(visit, name, how))],
        condition=words.condition(found[0]),
        facts=words.facts(found[0]),
        command=words.alarm_command(found[0], visit.scope.region),
        settings=orjson.dumps(found[0], option=orjson.OPT_INDENT_2).decode(),
        history=[{**each, "data": _pretty(each.get("HistoryData"))} for each in told["AlarmHistoryItems"]],
        drawn=await _chart(visit, found[0]) if "MetricName" in found[0] or "Metrics" in found[0] else None,
    )


async def _related(visit: Visit, name: str, how: str) -> list[dict[str, Any]]:
    """The alarms that a composite one speaks of, or the composite ones that speak of one."""
    answer = await visit.ask("cloudwatch", "DescribeAlarms", **{how: name})
    found: list[dict[str, Any]] = answer.get("MetricAlarms", []) + answer.get("CompositeAlarms", [])
    return sorted(found, key=lambda each: str(each["AlarmName"]))


def _pretty(data: str | None) -> str:
    try:
        return orjson.dumps(orjson.loads(data or "{}"), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return data or ""


async def _chart(visit: Visit, alarm: dict[str, Any]) -> dict[str, Any]:
    """What the alarm watches, over the last periods, with its threshold."""
    if "Metrics" in alarm:
        queries = alarm["Metrics"]
        period = max((each["MetricStat"]["Period"] for each in queries if "MetricStat" in each), default=60)
    else:
        period = alarm["Period"]
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())}
        queries = [metric_query("m1", alarm["Namespace"], alarm["MetricName"], dimensions, statistic, period)]
    start = visit.now - _PERIODS_SHOWN * period
    return await chart_of(visit, queries, start, visit.now, threshold=alarm.get("Threshold"))
