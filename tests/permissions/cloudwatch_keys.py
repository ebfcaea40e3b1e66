"""The condition keys of CloudWatch, and the calls by which each is tried."""

from __future__ import annotations

from tests.permissions.probe import Probe
from tests.permissions.taggables import Ask
from tests.permissions.team import Team

TOPIC = "arn:aws:sns:us-east-1:730000000002:t"


def data(team: Team) -> Ask:
    """A value of a metric."""
    return "put_metric_data", {"Namespace": "shop", "MetricData": [{"MetricName": "m", "Value": 1}]}


def alarm(team: Team) -> Ask:
    """An alarm that tells a topic."""
    settings = {
        "AlarmName": team.new(), "Namespace": "shop", "MetricName": "m", "Statistic": "Sum", "Period": 60,
        "Threshold": 1,
        "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": [TOPIC],
    }  # fmt: skip
    return "put_metric_alarm", settings


def composite(team: Team) -> Ask:
    """A composite alarm that tells a topic."""
    return "put_composite_alarm", {"AlarmName": team.new(), "AlarmRule": "FALSE", "OKActions": [TOPIC]}


PROBES = [
    Probe("cloudwatch:namespace", data, "shop"),
    Probe(
        "cloudwatch:AlarmActions", alarm, TOPIC, "arn:aws:sns:us-east-1:730000000002:other", "ForAnyValue:StringEquals"
    ),
    Probe("cloudwatch:AlarmActions", composite, TOPIC, "other", "ForAnyValue:StringEquals"),
]
