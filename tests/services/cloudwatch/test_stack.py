"""CloudWatch's resources made by CloudFormation."""

from __future__ import annotations

import json


def template(threshold: str, text: str) -> str:
    alarm = {
        "Namespace": "shop", "MetricName": "m", "Statistic": "Sum", "Period": "60", "EvaluationPeriods": 1,
        "Threshold": threshold, "ComparisonOperator": "GreaterThanThreshold", "ActionsEnabled": "false",
        "Tags": [{"Key": "k", "Value": text}],
    }  # fmt: skip
    body = {"widgets": [{"type": "text", "properties": {"markdown": text}}]}
    resources = {
        "A": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
        "C": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": {"Fn::Sub": "ALARM(${A})"}}},
        "D": {"Type": "AWS::CloudWatch::Dashboard",
              "Properties": {"DashboardName": "d", "DashboardBody": json.dumps(body)}},
    }  # fmt: skip
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}
    stat = {"Metric": {"Namespace": "shop", "MetricName": "m"}, "Period": "60", "Stat": "Sum"}
    resources["N"] = {
        "Type": "AWS::CloudWatch::AnomalyDetector",
        "Properties": {
            "Namespace": "shop", "MetricName": "m", "Stat": "Sum",
            "Configuration": {
                "MetricTimeZone": "Europe/Vienna",
                "ExcludedTimeRanges": [{"StartTime": "2027-01-01T00:00:00", "EndTime": "2027-01-02T00:00:00"}],
            },
        },
    }  # fmt: skip
    resources["B"] = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "Metrics": [{"Id": "m1", "MetricStat": stat, "ReturnData": "true"}, band], "ThresholdMetricId": "band",
            "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanUpperThreshold",
        },
    }  # fmt: skip
    outputs = {
        "B": {"Value": {"Ref": "B"}},
        "N": {"Value": {"Fn::GetAtt": ["N", "Id"]}},
        "A": {"Value": {"Ref": "A"}},
        "Arn": {"Value": {"Fn::GetAtt": ["A", "Arn"]}},
        "C": {"Value": {"Ref": "C"}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_all_types_are_made_changed_and_deleted(desk):
    cloudformation = desk.client("cloudformation")

    def outputs() -> dict[str, str]:
        desk.cloud.settle()
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        happened = cloudformation.describe_stack_events(StackName="s")["StackEvents"]
        why = [each["ResourceStatusReason"] for each in happened if "FAILED" in each["ResourceStatus"]]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), why
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    cloudformation.create_stack(StackName="s", TemplateBody=template("5", "one"))
    made = outputs()
    assert made["A"].startswith("s-A-")
    assert made["Arn"] == desk.described(made["A"])["AlarmArn"]
    found = desk.described(made["A"])
    assert (found["Threshold"], found["Period"], found["ActionsEnabled"]) == (5.0, 60, False)
    assert desk.described(made["C"])["AlarmRule"] == f"ALARM({made['A']})"
    assert desk.described(made["B"])["ThresholdMetricId"] == "band"
    [detector] = desk.watch.describe_anomaly_detectors()["AnomalyDetectors"]
    assert (detector["AnomalyDetectorId"], detector["Configuration"]["MetricTimezone"]) == (made["N"], "Europe/Vienna")
    cloudformation.update_stack(StackName="s", TemplateBody=template("7", "two"))
    assert outputs() == made
    assert desk.described(made["A"])["Threshold"] == 7.0
    tags = desk.watch.list_tags_for_resource(ResourceARN=made["Arn"])["Tags"]
    assert {"Key": "k", "Value": "two"} in tags
    assert "two" in desk.watch.get_dashboard(DashboardName="d")["DashboardBody"]
    cloudformation.delete_stack(StackName="s")
    desk.cloud.settle()
    assert desk.watch.describe_alarms()["MetricAlarms"] == []
    assert desk.watch.list_dashboards()["DashboardEntries"] == []
    assert desk.watch.describe_anomaly_detectors()["AnomalyDetectors"] == []
