"""Alarms in words, and what is shown as a command of the AWS CLI."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

Data = Mapping[str, Any]
_COMPARED = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside of the band",
    "LessThanLowerThreshold": "below the band",
    "GreaterThanUpperThreshold": "above the band",
}
_MISSING = {
    "missing": "counts for nothing; when all are missing the alarm has insufficient data",
    "ignore": "leaves the state as it is",
    "breaching": "counts as beyond the threshold",
    "notBreaching": "counts as within the threshold",
}
_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_WHEN = {
    "AlarmActions": "When it goes into ALARM",
    "OKActions": "When it is OK again",
    "InsufficientDataActions": "When data are insufficient",
}


def lasting(seconds: float) -> str:
    """A duration in the largest unit of which it is a whole number: 5 minutes."""
    size, unit = next((each for each in _UNITS if seconds and seconds % each[0] == 0), (1, "second"))
    count = seconds / size
    return f"{count:g} {unit}" if count == 1 else f"{count:g} {unit}s"


def condition(alarm: Data) -> str:
    """When an alarm goes off: Average of CPUUtilization > 80 for 1 of 1 periods of 1 minute."""
    if "AlarmRule" in alarm:
        return str(alarm["AlarmRule"])
    compared = _COMPARED[alarm["ComparisonOperator"]]
    if "ThresholdMetricId" not in alarm:
        compared += f" {alarm['Threshold']:g}"
    periods = alarm["EvaluationPeriods"]
    count = alarm.get("DatapointsToAlarm") or periods
    return f"{_subject(alarm)} {compared} for {count} of {periods} periods of {lasting(_period(alarm))}"


def _subject(alarm: Data) -> str:
    if "MetricName" in alarm:
        return f"{alarm.get('Statistic') or alarm.get('ExtendedStatistic')} of {alarm['MetricName']}"
    band = alarm.get("ThresholdMetricId")
    shown = [each for each in alarm["Metrics"] if each.get("ReturnData") is not False and each["Id"] != band]
    return _query(shown[0]) if shown else "The query"


def _query(query: Data) -> str:
    """A metric data query in a few words."""
    stat = query.get("MetricStat")
    what = f"{stat['Stat']} of {stat['Metric']['MetricName']}" if stat else str(query["Expression"])
    return f"{query['Label']} ({what})" if query.get("Label") else what


def _period(alarm: Data) -> int:
    queries = alarm.get("Metrics", ())
    given = [each.get("Period") or (each.get("MetricStat") or {}).get("Period") or 60 for each in queries]
    return int(alarm.get("Period") or max(given, default=60))


def facts(alarm: Data) -> list[tuple[str, str]]:
    """What an alarm is about, in words: (name, value)."""
    found = [("Goes off", condition(alarm))]
    if alarm.get("AlarmDescription"):
        found.insert(0, ("Is for", str(alarm["AlarmDescription"])))
    if "MetricName" in alarm:
        own = ", ".join(f"{each['Name']} = {each['Value']}" for each in alarm.get("Dimensions", ()))
        found.append(("Watches", f"{alarm['Namespace']} › {alarm['MetricName']}" + (f" with {own}" if own else "")))
    found += [(f"Query {each['Id']}", _query(each)) for each in alarm.get("Metrics", ())]
    if alarm.get("Unit"):
        found.append(("Unit", str(alarm["Unit"])))
    if "ComparisonOperator" in alarm:
        found.append(("A missing value", _MISSING[alarm.get("TreatMissingData") or "missing"]))
    if alarm.get("EvaluateLowSampleCountPercentile") == "ignore":
        found.append(("Few samples", "leave the state as it is, since a percentile says little then"))
    return found + _actions(alarm)


def _actions(alarm: Data) -> list[tuple[str, str]]:
    found = [(words, ", ".join(alarm[name])) for name, words in _WHEN.items() if alarm.get(name)]
    if not found:
        return [("Actions", "none: nobody is told")]
    if not alarm.get("ActionsEnabled", True):
        found.insert(0, ("Actions", "switched off"))
    if alarm.get("ActionsSuppressor"):
        waits, extends = alarm["ActionsSuppressorWaitPeriod"], alarm["ActionsSuppressorExtensionPeriod"]
        while_ = f"while {alarm['ActionsSuppressor']} is in ALARM"
        how = f"{while_}; waits {lasting(waits)} for it, and {lasting(extends)} after"
        found.append(("Actions are held back", how))
    return found


# ---- Commands --------------------------------------------------------------------------------------------------------


def command(operation: str, region: str, given: Iterable[tuple[str, Any]]) -> str:
    """A command of the AWS CLI for CloudWatch; what is no text, number or list of texts is written as JSON."""
    lines = [f"aws cloudwatch {operation} --region {region}"]
    for name, value in given:
        if isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value):
            said = " ".join(shlex.quote(each) for each in value)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            said = shlex.quote(f"{value:.12g}" if isinstance(value, float) else str(value))
        else:
            said = shlex.quote(orjson.dumps(value).decode())
        lines.append(f"--{name} {said}")
    return " \\\n  ".join(lines)


_SETTINGS = (
    ("AlarmName", "alarm-name"), ("AlarmDescription", "alarm-description"), ("Namespace", "namespace"),
    ("MetricName", "metric-name"), ("Dimensions", "dimensions"), ("Statistic", "statistic"),
    ("ExtendedStatistic", "extended-statistic"), ("Period", "period"), ("Unit", "unit"), ("Metrics", "metrics"),
    ("AlarmRule", "alarm-rule"), ("EvaluationPeriods", "evaluation-periods"),
    ("DatapointsToAlarm", "datapoints-to-alarm"), ("Threshold", "threshold"),
    ("ThresholdMetricId", "threshold-metric-id"), ("ComparisonOperator", "comparison-operator"),
    ("TreatMissingData", "treat-missing-data"),
    ("EvaluateLowSampleCountPercentile", "evaluate-low-sample-count-percentile"),
    ("AlarmActions", "alarm-actions"), ("OKActions", "ok-actions"),
    ("InsufficientDataActions", "insufficient-data-actions"), ("ActionsSuppressor", "actions-suppressor"),
    ("ActionsSuppressorWaitPeriod", "actions-suppressor-wait-period"),
    ("ActionsSuppressorExtensionPeriod", "actions-suppressor-extension-period"),
)  # fmt: skip


def alarm_command(alarm: Data, region: str) -> str:
    """The command that makes an alarm with these settings."""
    operation = "put-composite-alarm" if "AlarmRule" in alarm else "put-metric-alarm"
    given = [(option, alarm[name]) for name, option in _SETTINGS if alarm.get(name) not in (None, "", [])]
    text = command(operation, region, given)
    return text if alarm.get("ActionsEnabled", True) else f"{text} \\\n  --no-actions-enabled"
