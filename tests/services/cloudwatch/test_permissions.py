"""Who may put which data and see which alarms."""

from __future__ import annotations

from tests.services.cloudwatch.conftest import refused

ONE = [{"MetricName": "m", "Value": 1}]


def allowing(*actions, resource="*", **condition):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    if condition:
        statement["Condition"] = {"StringEquals": {"cloudwatch:namespace": condition["namespace"]}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_data_of_one_namespace_only(iam_user):
    user = iam_user(allowing("cloudwatch:PutMetricData", namespace="shop"))("cloudwatch")
    user.put_metric_data(Namespace="shop", MetricData=ONE)
    message = refused("AccessDenied", user.put_metric_data, Namespace="bank", MetricData=ONE)
    assert "is not authorized to perform: cloudwatch:PutMetricData" in message
    refused("AccessDenied", user.list_metrics)


def test_one_alarm_only(desk, iam_user, client):
    desk.alarm("mine")
    desk.alarm("other")
    arn = f"arn:aws:cloudwatch:us-east-1:{desk.account}:alarm:mine"
    user = iam_user(allowing("cloudwatch:SetAlarmState", "cloudwatch:DeleteAlarms", resource=arn))("cloudwatch")
    user.set_alarm_state(AlarmName="mine", StateValue="OK", StateReason="r")
    refused("AccessDenied", user.set_alarm_state, AlarmName="other", StateValue="OK", StateReason="r")
    refused("AccessDenied", user.delete_alarms, AlarmNames=["mine", "other"])
    refused("AccessDenied", user.describe_alarms, AlarmNames=["mine"])
    user.delete_alarms(AlarmNames=["mine"])
    assert [each["AlarmName"] for each in desk.watch.describe_alarms()["MetricAlarms"]] == ["other"]


def test_dashboards_are_in_no_region(desk, iam_user):
    arn = f"arn:aws:cloudwatch::{desk.account}:dashboard/d"
    user = iam_user(allowing("cloudwatch:PutDashboard", "cloudwatch:GetDashboard", resource=arn))
    user("cloudwatch").put_dashboard(DashboardName="d", DashboardBody='{"widgets": []}')
    assert user("cloudwatch", region="eu-west-1").get_dashboard(DashboardName="d")["DashboardName"] == "d"
    refused("AccessDenied", user("cloudwatch").get_dashboard, DashboardName="other")
