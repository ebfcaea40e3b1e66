"""Alarms in words, and as commands that make them."""

from __future__ import annotations

import shlex

from cloudarium.console import words

BASE = {
    "AlarmName": "a b", "Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60,
    "EvaluationPeriods": 1, "Threshold": 80.0, "ComparisonOperator": "GreaterThanThreshold",
    "Dimensions": [{"Name": "InstanceId", "Value": "i-1"}],
}  # fmt: skip


def test_conditions() -> None:
    assert words.condition(BASE) == "Average of CPUUtilization > 80 for 1 of 1 periods of 1 minute"
    several = {**BASE, "EvaluationPeriods": 5, "DatapointsToAlarm": 3, "Period": 300, "Threshold": 0.25,
               "ComparisonOperator": "LessThanOrEqualToThreshold"}  # fmt: skip
    assert words.condition(several) == "Average of CPUUtilization ≤ 0.25 for 3 of 5 periods of 5 minutes"
    stat = {"Metric": {"Namespace": "n", "MetricName": "m"}, "Stat": "p99", "Period": 3600}
    queries = [{"Id": "m1", "MetricStat": stat}, {"Id": "b", "Expression": "ANOMALY_DETECTION_BAND(m1)"}]
    band = {"Metrics": queries, "ThresholdMetricId": "b", "EvaluationPeriods": 2,
            "ComparisonOperator": "GreaterThanUpperThreshold"}  # fmt: skip
    assert words.condition(band) == "p99 of m above the band for 2 of 2 periods of 1 hour"
    assert words.condition({"AlarmRule": "ALARM(a)"}) == "ALARM(a)"


def test_facts() -> None:
    told = dict(
        words.facts({**BASE, "TreatMissingData": "breaching", "AlarmActions": ["arn:x"], "ActionsEnabled": False})
    )
    assert told["Watches"] == "AWS/EC2 › CPUUtilization with InstanceId = i-1"
    assert told["A missing value"] == "counts as beyond the threshold"
    assert told["Actions"] == "switched off"
    assert told["When it goes into ALARM"] == "arn:x"
    assert dict(words.facts(BASE))["Actions"] == "none: nobody is told"


def split(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", ""))


def test_commands() -> None:
    parts = split(words.alarm_command({**BASE, "AlarmDescription": "it's $HOME", "ActionsEnabled": False}, "eu-west-1"))
    assert parts[:5] == ["aws", "cloudwatch", "put-metric-alarm", "--region", "eu-west-1"]
    given = dict(zip(parts[5:-1:2], parts[6:-1:2], strict=True))
    assert given["--alarm-name"] == "a b" and given["--alarm-description"] == "it's $HOME"
    assert given["--dimensions"] == '[{"Name":"InstanceId","Value":"i-1"}]' and given["--threshold"] == "80"
    assert parts[-1] == "--no-actions-enabled"
    composite = {"AlarmName": "c", "AlarmRule": "ALARM(a)", "OKActions": ["arn:x", "arn:y"]}
    assert split(words.alarm_command(composite, "r"))[-3:] == ["--ok-actions", "arn:x", "arn:y"]
