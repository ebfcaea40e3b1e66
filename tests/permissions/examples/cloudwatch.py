"""Calls of CloudWatch that succeed, and what they need."""

from __future__ import annotations

from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

TAGS = [{"Key": "team", "Value": "red"}]
TAGGED = "Tags of a new alarm need cloudwatch:TagResource (API reference of PutMetricAlarm, Tags)."
METRIC = {"Namespace": "shop", "MetricName": "m"}
SETTINGS: dict[str, Any] = {
    **METRIC, "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip
RANGE = {"StartTime": 1_700_000_000, "EndTime": 1_700_003_600}


def alarm(at: Stage) -> str:
    """The ARN of a new alarm, named as the operation."""
    at.root().put_metric_alarm(AlarmName=at.name, **SETTINGS)
    return at.arn(f"alarm:{at.name}")


def dashboard(at: Stage) -> str:
    """The ARN of a new dashboard, named as the operation."""
    at.root().put_dashboard(DashboardName=at.name, DashboardBody='{"widgets": []}')
    return at.arn(f"dashboard/{at.name}", region="")


@EXAMPLES("PutMetricData")
def put_metric_data(at: Stage) -> Case:
    return Case({"Namespace": "shop", "MetricData": [{"MetricName": "m", "Value": 1}]})


@EXAMPLES("ListMetrics", "ListDashboards")
def listing(at: Stage) -> Case:
    return Case({})


@EXAMPLES("GetMetricStatistics")
def get_metric_statistics(at: Stage) -> Case:
    return Case({**METRIC, **RANGE, "Period": 60, "Statistics": ["Sum"]})


@EXAMPLES("GetMetricData")
def get_metric_data(at: Stage) -> Case:
    query = {"Id": "m", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum"}}
    return Case({"MetricDataQueries": [query], **RANGE})


@EXAMPLES("GetMetricWidgetImage")
def get_metric_widget_image(at: Stage) -> Case:
    return Case({"MetricWidget": '{"metrics": [["shop", "m"]], "width": 100, "height": 100}'})


@EXAMPLES("PutAnomalyDetector", "DeleteAnomalyDetector", "DescribeAnomalyDetectors")
def detectors(at: Stage) -> Case:
    given = {**METRIC, "Stat": "Sum"}
    if at.operation == "DeleteAnomalyDetector":
        at.root().put_anomaly_detector(**given)
    return Case({} if at.operation == "DescribeAnomalyDetectors" else given)


@EXAMPLES("PutMetricAlarm")
def put_metric_alarm(at: Stage) -> Case:
    arn = at.arn(f"alarm:{at.name}")
    also = [Also("cloudwatch:TagResource", arn, TAGGED)]
    return Case({"AlarmName": at.name, **SETTINGS, "Tags": TAGS}, arn, also=also)


@EXAMPLES("PutCompositeAlarm")
def put_composite_alarm(at: Stage) -> Case:
    arn = at.arn(f"alarm:{at.name}")
    also = [Also("cloudwatch:TagResource", arn, TAGGED)]
    return Case({"AlarmName": at.name, "AlarmRule": "FALSE", "Tags": TAGS}, arn, also=also)


@EXAMPLES("DescribeAlarms", "DescribeAlarmHistory")
def describing(at: Stage) -> Case:
    return Case({}, at.arn("alarm:*"))


@EXAMPLES("DescribeAlarmsForMetric")
def describe_alarms_for_metric(at: Stage) -> Case:
    return Case(METRIC)


@EXAMPLES("SetAlarmState")
def set_alarm_state(at: Stage) -> Case:
    return Case({"AlarmName": at.name, "StateValue": "OK", "StateReason": "r"}, alarm(at))


@EXAMPLES("DeleteAlarms", "EnableAlarmActions", "DisableAlarmActions")
def by_names(at: Stage) -> Case:
    arn = alarm(at)
    if at.operation == "EnableAlarmActions":
        at.root().disable_alarm_actions(AlarmNames=[at.name])
    return Case({"AlarmNames": [at.name]}, arn)


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    arn = alarm(at)
    return Case({"ResourceARN": arn, "Tags": TAGS}, arn)


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    arn = alarm(at)
    at.root().tag_resource(ResourceARN=arn, Tags=TAGS)
    return Case({"ResourceARN": arn, "TagKeys": ["team"]}, arn)


@EXAMPLES("ListTagsForResource")
def list_tags_for_resource(at: Stage) -> Case:
    arn = alarm(at)
    return Case({"ResourceARN": arn}, arn)


@EXAMPLES("PutDashboard")
def put_dashboard(at: Stage) -> Case:
    given = {"DashboardName": at.name, "DashboardBody": '{"widgets": []}'}
    return Case(given, at.arn(f"dashboard/{at.name}", region=""))


@EXAMPLES("GetDashboard")
def get_dashboard(at: Stage) -> Case:
    return Case({"DashboardName": at.name}, dashboard(at))


@EXAMPLES("DeleteDashboards")
def delete_dashboards(at: Stage) -> Case:
    return Case({"DashboardNames": [at.name]}, dashboard(at))
