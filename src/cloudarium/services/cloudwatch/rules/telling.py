"""What an alarm's change of state looks like to whom it is told: topics, functions, event buses."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
import orjson

from cloudarium.services.cloudwatch.records import alarms
from cloudarium.services.cloudwatch.records.alarms import Alarm
from cloudarium.services.cloudwatch.rules.reasons import stamp
from cloudarium.shared import ids

Data = dict[str, Any]
_LISTS = ("OKActions", "AlarmActions", "InsufficientDataActions")


@cache
def region_name(region: str) -> str:
    """A region as messages name it: US East (N. Virginia)."""
    for partition in botocore.session.get_session().get_data("partitions")["partitions"]:
        found = partition["regions"].get(region)
        if found is not None:
            name: str = found["description"]
            return name.replace("Europe (", "EU (")
    return region


def subject(alarm: Alarm) -> str:
    """The subject of a message to a topic."""
    text = f'{alarm.data["StateValue"]}: "{alarm.name}" in {region_name(alarm.scope.region)}'
    clean = "".join(letter for letter in text if letter.isascii() and letter.isprintable())
    return clean if len(clean) <= 100 else clean[:97] + "..."


def message(alarm: Alarm, old: Data) -> Data:
    """The JSON that a topic gets."""
    data = alarm.data
    found: Data = {"AlarmName": alarm.name, "AlarmDescription": data.get("AlarmDescription")}
    found["AWSAccountId"] = alarm.scope.account
    found["AlarmConfigurationUpdatedTimestamp"] = stamp(data["AlarmConfigurationUpdatedTimestamp"])
    found["NewStateValue"] = data["StateValue"]
    found["NewStateReason"] = data["StateReason"]
    found["StateChangeTime"] = stamp(data["StateUpdatedTimestamp"])
    found["Region"] = region_name(alarm.scope.region)
    found["AlarmArn"] = alarm.arn
    found["OldStateValue"] = old["StateValue"]
    if alarm.kind == "CompositeAlarm":
        found["AlarmRule"] = data["AlarmRule"]
    found.update({name: data[name] for name in _LISTS})
    if alarm.kind == "CompositeAlarm":
        found["TriggeringChildren"] = [
            {"Arn": each["arn"], "State": {"Value": each["state"]["value"], "Timestamp": each["state"]["timestamp"]}}
            for each in _triggering(data)
        ]
    else:
        found["Trigger"] = _trigger(data)
    return found


def _triggering(data: Data) -> list[Data]:
    try:
        found: list[Data] = orjson.loads(data.get("StateReasonData") or "{}")["triggeringAlarms"]
        return [each for each in found if each["arn"] and each["state"]["value"] and each["state"]["timestamp"]]
    except (ValueError, KeyError, TypeError):  # the state was set by hand, with a reason of somebody's own
        return []


def _trigger(data: Data) -> Data:
    found: Data = {}
    if "Metrics" not in data:
        found = {"MetricName": data["MetricName"], "Namespace": data["Namespace"]}
        if "Statistic" in data:
            found["StatisticType"] = "Statistic"
            found["Statistic"] = "SAMPLE_COUNT" if data["Statistic"] == "SampleCount" else data["Statistic"].upper()
        else:
            found["StatisticType"] = "ExtendedStatistic"
            found["ExtendedStatistic"] = data["ExtendedStatistic"]
        found["Unit"] = data.get("Unit")
        found["Dimensions"] = _small(data.get("Dimensions"))
    found["Period"] = alarms.period(data)
    found["EvaluationPeriods"] = data["EvaluationPeriods"]
    if "DatapointsToAlarm" in data:
        found["DatapointsToAlarm"] = data["DatapointsToAlarm"]
    found["ComparisonOperator"] = data["ComparisonOperator"]
    found["Threshold"] = data.get("Threshold", 0.0)
    if "ThresholdMetricId" in data:
        found["ThresholdMetricId"] = data["ThresholdMetricId"]
    found["TreatMissingData"] = data.get("TreatMissingData", "missing")
    found["EvaluateLowSampleCountPercentile"] = data.get("EvaluateLowSampleCountPercentile", "")
    if "Metrics" in data:
        found["Metrics"] = [_trigger_query(query) for query in data["Metrics"]]
    return found


def _small(dimensions: list[Data] | None) -> list[Data]:
    return [{"value": each["Value"], "name": each["Name"]} for each in dimensions or ()]


def _trigger_query(query: Data) -> Data:
    found = dict(query)
    if "MetricStat" in query:
        metric = query["MetricStat"]["Metric"]
        own = {**metric, "Dimensions": _small(metric.get("Dimensions"))}
        found["MetricStat"] = {**query["MetricStat"], "Metric": own}
    found["ReturnData"] = query.get("ReturnData", True)
    return found


# ---- Event buses and functions ---------------------------------------------------------------------------------------


def state(data: Data) -> Data:
    """A state as events tell it."""
    found = {"value": data["StateValue"], "reason": data["StateReason"]}
    if data.get("StateReasonData"):
        found["reasonData"] = data["StateReasonData"]
    found["timestamp"] = stamp(data["StateUpdatedTimestamp"])
    for name in ("ActionsSuppressedBy", "ActionsSuppressedReason"):
        if data.get(name):
            found[name[0].lower() + name[1:]] = data[name]
    return found


def detail(alarm: Alarm, old: Data) -> Data:
    """The detail of a "CloudWatch Alarm State Change"; a function gets it as alarmData."""
    found: Data = {"alarmName": alarm.name, "state": state(alarm.data), "previousState": state(old)}
    found["configuration"] = _configuration(alarm)
    return found


def _configuration(alarm: Alarm) -> Data:
    data = alarm.data
    found: Data = {}
    if "AlarmDescription" in data:
        found["description"] = data["AlarmDescription"]
    if alarm.kind == "CompositeAlarm":
        found["alarmRule"] = data["AlarmRule"]
        for name in ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"):
            if name in data:
                found[name[0].lower() + name[1:]] = data[name]
        return found
    found["metrics"] = [_query(query, "Metrics" in data) for query in alarms.queries(data)]
    return found


def _query(query: Data, named: bool) -> Data:
    found: Data = {"id": query["Id"] if named else ids.uuid()}
    if "MetricStat" in query:
        stat = query["MetricStat"]
        metric = stat["Metric"]
        own = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()}
        found["metricStat"] = {
            "metric": {"namespace": metric["Namespace"], "name": metric["MetricName"], "dimensions": own},
            "period": stat["Period"],
            "stat": stat["Stat"],
            **({"unit": stat["Unit"]} if stat.get("Unit") else {}),
        }
    else:
        found["expression"] = query["Expression"]
    if query.get("Label"):
        found["label"] = query["Label"]
    found["returnData"] = query.get("ReturnData", True)
    return found


def invocation(alarm: Alarm, old: Data) -> Data:
    """The event that a function gets."""
    found: Data = {"source": "aws.cloudwatch", "alarmArn": alarm.arn, "accountId": alarm.scope.account}
    found["time"] = stamp(alarm.data["StateUpdatedTimestamp"])
    found["region"] = alarm.scope.region
    found["alarmData"] = detail(alarm, old)
    return found
