"""What AWS answers to calls of CloudWatch: shapes, order, limits, sentences."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudwatch.conftest import refused, stat

BODY = {
    "widgets": [
        {"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6,
         "properties": {"metrics": [["AWS/EC2", "CPUUtilization", "InstanceId", "i-1"]], "region": "us-east-1",
                        "view": "timeSeries", "stacked": False}},
        {"type": "text", "x": 6, "y": 0, "width": 6, "height": 6, "properties": {"markdown": "# Hello"}},
    ]
}  # fmt: skip


# ---- Data ------------------------------------------------------------------------------------------------------------


def test_data_in_all_forms(desk):
    now = desk.now()
    data = [
        {"MetricName": "m", "Value": 1.0, "Unit": "Count"},
        {"MetricName": "m", "Values": [1.0, 10.0], "Counts": [2, 4], "Unit": "Count"},
        {"MetricName": "m", "Values": [5.0, 5.0], "Unit": "Count"},
        {"MetricName": "m", "StatisticValues": {"SampleCount": 2, "Sum": 7, "Minimum": 0.5, "Maximum": 6.5},
         "Unit": "Count"},
    ]  # fmt: skip
    for each in data:
        each["Timestamp"] = now
    desk.watch.put_metric_data(Namespace="shop", MetricData=data)
    answer = desk.watch.get_metric_statistics(
        Namespace="shop", MetricName="m", StartTime=now - 60, EndTime=now + 60, Period=60,
        Statistics=["SampleCount", "Sum", "Minimum", "Maximum", "Average"],
    )  # fmt: skip
    answer.pop("ResponseMetadata")
    assert answer == {
        "Label": "m",
        "Datapoints": [
            {"Timestamp": datetime.fromtimestamp(now // 60 * 60, UTC), "Unit": "Count", "SampleCount": 11.0,
             "Sum": 60.0, "Minimum": 0.5, "Maximum": 10.0, "Average": 60 / 11}
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "datum", "message"),
    [
        ("InvalidParameterValue", {"Value": math.nan},
         "The value NaN for parameter MetricData.member.1.Value is invalid."),
        ("InvalidParameterValue", {"Value": math.inf},
         "The value Infinity for parameter MetricData.member.1.Value is invalid."),
        ("InvalidParameterCombination", {"Value": 1, "Values": [1]},
         "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have"
         " specified both."),
        ("InvalidParameterValue", {"Values": [1, 2], "Counts": [1]},
         "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size."),
        ("InvalidParameterValue", {"Values": [1] * 151},
         "The collection MetricData.member.1.Values must not have a size greater than 150."),
        ("InvalidParameterValue", {"Value": 1, "StorageResolution": 30},
         "The value 30 for parameter MetricData.member.1.StorageResolution is invalid."),
        ("InvalidParameterCombination", {}, None),
        ("InvalidParameterValue", {"Value": 1, "Timestamp": 86_400}, None),
        ("InvalidParameterValue", {"Value": 1, "Timestamp": 4_000_000_000}, None),
        ("InvalidParameterValue", {"Values": [1], "Counts": [-1]}, None),
        ("InvalidParameterValue", {"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}}, None),
        ("ValidationError", {"Value": 1, "Unit": "Pounds"}, None),
        ("ValidationError", {"Value": 1, "Dimensions": [{"Name": str(n), "Value": "v"} for n in range(31)]}, None),
    ],
)  # fmt: skip
def test_data_that_cannot_be(desk, code, datum, message):
    given = [{"MetricName": "m", **datum}]
    said = refused(code, desk.watch.put_metric_data, Namespace="shop", MetricData=given)
    assert message in (None, said)
    assert desk.watch.list_metrics(Namespace="shop")["Metrics"] == []


def test_calls_that_put_nothing(desk):
    put = desk.watch.put_metric_data
    assert refused("MissingParameter", put, Namespace="shop") == "The parameter MetricData is required."
    many = [{"MetricName": "m", "Value": 1}] * 1001
    message = refused("InvalidParameterValue", put, Namespace="shop", MetricData=many)
    assert message == "The collection MetricData must not have a size greater than 1000."
    message = refused("InvalidParameterValue", put, Namespace="AWS/EC2", MetricData=many[:1])
    assert message == "The value AWS/EC2 for parameter Namespace is invalid."
    refused("ValidationError", put, Namespace=":x", MetricData=many[:1])
    entity = [{"Entity": {"KeyAttributes": {"Type": "Service", "Name": "n"}}, "MetricData": many[:1]}]
    refused("NotImplemented", put, Namespace="shop", EntityMetricData=entity, StrictEntityValidation=True)


def test_a_thousand_data_come_compressed(desk):
    data = [{"MetricName": f"m{n}", "Value": n, "Dimensions": [{"Name": "a", "Value": "b"}]} for n in range(1000)]
    desk.watch.put_metric_data(Namespace="shop", MetricData=data)
    pages = list(desk.watch.get_paginator("list_metrics").paginate(Namespace="shop"))
    assert [len(page["Metrics"]) for page in pages] == [500, 500]
    names = {metric["MetricName"] for page in pages for metric in page["Metrics"]}
    assert len(names) == 1000


def test_lists_of_metrics(desk):
    for name, value in (("a", "1"), ("a", "2"), ("b", "1")):
        desk.put(1, name="m", Dimensions=[{"Name": name, "Value": value}])
    desk.put(1, name="other", Dimensions=[{"Name": "a", "Value": "1"}, {"Name": "b", "Value": "1"}])
    desk.put(1, name="m", ago=4 * 3600, Dimensions=[{"Name": "old", "Value": "x"}])

    def listed(**given):
        return [
            (each["MetricName"], *(f"{one['Name']}={one['Value']}" for one in each["Dimensions"]))
            for each in desk.watch.list_metrics(**given)["Metrics"]
        ]

    assert len(listed(Namespace="shop")) == 5
    assert listed(Dimensions=[{"Name": "a"}]) == [("m", "a=1"), ("m", "a=2"), ("other", "a=1", "b=1")]
    assert listed(Dimensions=[{"Name": "a", "Value": "1"}, {"Name": "b"}]) == [("other", "a=1", "b=1")]
    assert listed(MetricName="other") == [("other", "a=1", "b=1")]
    assert listed(Namespace="none") == []
    assert ("m", "old=x") not in listed(RecentlyActive="PT3H")
    accounts = desk.watch.list_metrics(Namespace="shop", IncludeLinkedAccounts=True)["OwningAccounts"]
    assert accounts == [desk.account] * 5
    refused("NotImplemented", desk.watch.list_metrics, OwningAccount="123456789012")
    refused("InvalidParameterValue", desk.watch.list_metrics, NextToken="nonsense")


@pytest.mark.parametrize(
    ("code", "given", "message"),
    [
        ("InvalidParameterCombination", {"Statistics": None}, "Must specify either Statistics or ExtendedStatistics"),
        ("InvalidParameterCombination", {"ExtendedStatistics": ["p9"]}, None),
        ("InvalidParameterValue", {"Statistics": None, "ExtendedStatistics": ["p101"]},
         "The value p101 for parameter ExtendedStatistics is invalid."),
        ("InvalidParameterValue", {"Period": 7}, None),
        ("InvalidParameterValue", {"EndTime": 1_600_000_000},
         "The parameter StartTime must be less than the parameter EndTime."),
        ("InvalidParameterCombination", {"Period": 60, "EndTime": 1_600_086_460},
         "You have requested up to 1,441 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints"
         " requested by increasing Period, or decreasing the time range."),
    ],
)  # fmt: skip
def test_statistics_that_cannot_be_asked_for(desk, code, given, message):
    asked = {
        "Namespace": "shop", "MetricName": "m", "StartTime": 1_600_000_000, "EndTime": 1_600_003_600, "Period": 3600,
        "Statistics": ["Sum"], **given,
    }  # fmt: skip
    asked = {name: value for name, value in asked.items() if value is not None}
    said = refused(code, desk.watch.get_metric_statistics, **asked)
    assert message in (None, said)


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ([stat("M1")], "The value M1 for parameter MetricDataQueries.member.1.Id is not matching the expected pattern"
         " ^[a-z][a-zA-Z0-9_]*$."),
        ([stat("m1"), stat("m1")], "The values for parameter id in MetricDataQueries are not unique."),
        ([{"Id": "a"}], "The parameter MetricDataQueries.member.1.MetricStat is required.\n"),
        ([{**stat("a"), "Expression": "1"}], None),
        ([stat("a", stat="median")], "The value median for parameter MetricDataQueries.member.1.MetricStat.Stat is not"
         " supported."),
        ([stat("a", period=7)], None),
        ([{"Id": "e", "Expression": "m9 * 2"}], "Error in expression 'e': There is no query with the id 'm9'"),
        ([{"Id": "e", "Expression": "e * 2"}], "Error in expression 'e': The query 'e' refers to itself"),
        ([{"Id": "e", "Expression": "1 + 1"}],
         "Error in expression 'e': The expression must return a time series or an array of time series"),
        ([{"Id": "e", "Expression": "SELECT AVG(x)"}], None),
        ([{"Id": "e", "Expression": "SEARCH('(', 'Sum')"}], None),
        ([], None),
    ],
)  # fmt: skip
def test_queries_that_cannot_be(desk, queries, message):
    said = refused(
        "ValidationError", desk.watch.get_metric_data, MetricDataQueries=queries, StartTime=1000, EndTime=2000
    )
    assert message in (None, said)


def test_time_ranges_that_cannot_be(desk):
    get = desk.watch.get_metric_data
    message = refused("ValidationError", get, MetricDataQueries=[stat("a")], StartTime=2000, EndTime=1000)
    assert message == "The parameter EndTime must be greater than StartTime."
    message = refused("ValidationError", get, MetricDataQueries=[stat("a")], StartTime=2000, EndTime=2000)
    assert message == "The parameter StartTime must not equal parameter EndTime."
    given = {"MetricDataQueries": [stat("a")], "StartTime": 1000, "EndTime": 2000}
    refused("InvalidNextToken", get, NextToken="nonsense", **given)
    refused("ValidationError", get, LabelOptions={"Timezone": "CET"}, **given)
    refused("ValidationError", get, MaxDatapoints=100_801, **given)
    other = [{**stat("a"), "AccountId": "123456789012"}]
    refused("NotImplemented", get, MetricDataQueries=other, StartTime=1000, EndTime=2000)


def test_metric_data_page_by_page(desk):
    for minute in range(7):
        desk.put(minute, ago=60 * minute)
    queries = [stat("a"), stat("b", stat="Maximum", Label="most")]
    seen: dict[str, list[float]] = {"a": [], "b": []}
    pages = 0
    for page in desk.watch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=desk.now() - 3600, EndTime=desk.now() + 60, MaxDatapoints=3
    ):
        pages += 1
        assert sum(len(each["Values"]) for each in page["MetricDataResults"]) <= 3
        for each in page["MetricDataResults"]:
            seen[each["Id"]] += each["Values"]
    assert pages == 5
    assert seen == {"a": [0, 1, 2, 3, 4, 5, 6], "b": [0, 1, 2, 3, 4, 5, 6]}


def test_labels(desk):
    desk.put(4.0, 105.0)
    names = [("a", "Sum", 60), ("b", "Minimum", 60)]
    found = desk.data(*(stat(id, stat=name, period=period) for id, name, period in names))["MetricDataResults"]
    assert [each["Label"] for each in found] == ["m Sum", "m Minimum"]
    names = [("a", "Sum", 60), ("b", "Minimum", 300)]
    found = desk.data(*(stat(id, stat=name, period=period) for id, name, period in names))["MetricDataResults"]
    assert [each["Label"] for each in found] == ["m Sum 60", "m Minimum 300"]
    label = "${LABEL}: ${MAX}, ${AVG} of ${PROP('MetricName')} ${PROP('Stat')} ${PROP('Dim.x')} ${NONE}"
    [found] = desk.data(stat("a", Label=label))["MetricDataResults"]
    assert found["Label"] == "m: 109, 109 of m Sum ${PROP('Dim.x')} ${NONE}"
    [found] = desk.data(stat("a", name="none", Label="${MAX}"))["MetricDataResults"]
    assert found["Label"] == "--"


def test_several_units(desk):
    for unit, value in (("Seconds", 1), ("Milliseconds", 60_000), (None, 5)):
        desk.put(value, **({"Unit": unit} if unit else {}))
    now = desk.now()
    found = desk.watch.get_metric_statistics(
        Namespace="shop", MetricName="m", StartTime=now - 300, EndTime=now + 60, Period=300, Statistics=["Average"]
    )["Datapoints"]
    assert {each["Unit"]: each["Average"] for each in found} == {"Seconds": 1, "Milliseconds": 60_000, "None": 5}
    [found] = desk.data(stat("a"))["MetricDataResults"]
    assert found["Values"] == [60_000]
    assert found["Messages"] == [
        {"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, None, Seconds]'"}
    ]
    [found] = desk.data(stat("a", Unit="Seconds"))["MetricDataResults"]
    assert (found["Values"], "Messages" in found) == ([1], False)


# ---- Alarms ----------------------------------------------------------------------------------------------------------


def test_an_alarm_as_it_is_described(desk):
    desk.alarm(Dimensions=[{"Name": "x", "Value": "y"}], AlarmDescription="<d>", Unit="Seconds")
    found = desk.described()
    times = [found.pop(name) for name in list(found) if name.endswith("Timestamp")]
    assert len(times) == 3
    assert found == {
        "AlarmName": "a", "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{desk.account}:alarm:a", "ActionsEnabled": True,
        "AlarmDescription": "<d>", "OKActions": [], "AlarmActions": [], "InsufficientDataActions": [],
        "StateValue": "INSUFFICIENT_DATA", "StateReason": "Unchecked: Initial alarm creation", "MetricName": "m",
        "Namespace": "shop", "Statistic": "Sum", "Dimensions": [{"Name": "x", "Value": "y"}], "Period": 60,
        "Unit": "Seconds", "EvaluationPeriods": 1, "Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"TreatMissingData": "nope"}, "The value nope is not supported for TreatMissingData parameter. Supported"
         " values are [breaching, notBreaching, ignore, missing]."),
        ({"EvaluateLowSampleCountPercentile": "nope"}, "Option nope is not supported. Supported options for parameter"
         " EvaluateLowSampleCountPercentile are evaluate and ignore."),
        ({"Period": 7}, "Period must be 10, 20, 30 or a multiple of 60."),
        ({"Period": 300, "EvaluationPeriods": 300}, "Metrics cannot be checked across more than a day"
         " (EvaluationPeriods * Period must be <= 86400)."),
        ({"ExtendedStatistic": "x"}, None), ({"Statistic": None}, None), ({"Threshold": None}, None),
        ({"DatapointsToAlarm": 2}, None), ({"AlarmActions": ["arn:alarm"]}, "Invalid arn syntax: arn:alarm"),
        ({"AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:t"]},
         "Invalid region eu-west-1 specified. Only us-east-1 is supported."),
        ({"ComparisonOperator": "Nope"}, None), ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, None),
        ({"Metrics": [stat("a"), stat("b")]}, "Exactly one element of the metrics list should return data."),
        ({"Metrics": [{"Id": "e", "Expression": "SEARCH('x', 'Sum')"}]}, "SEARCH is not supported on Metric Alarms."),
    ],
)  # fmt: skip
def test_alarms_that_cannot_be(desk, given, message):
    settings = {
        "AlarmName": "a", "Namespace": "shop", "MetricName": "m", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", **given,
    }  # fmt: skip
    if "Metrics" in given:
        settings = {
            name: settings[name] for name in settings if name not in ("Namespace", "MetricName", "Statistic", "Period")
        }
    settings = {name: value for name, value in settings.items() if value is not None}
    said = refused("ValidationError", desk.watch.put_metric_alarm, **settings)
    assert message in (None, said)
    assert desk.watch.describe_alarms()["MetricAlarms"] == []


def test_what_is_not_built_of_alarms_says_so(desk):
    for given in (
        {"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]},
        {"AlarmActions": ["arn:aws:ssm:us-east-1:111122223333:opsitem:1"]},
        {"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5}},
    ):
        with pytest.raises(ClientError) as error:
            desk.alarm(**given)
        assert error.value.response["Error"]["Code"] == "NotImplemented"


def test_finding_alarms(desk):
    topic = f"arn:aws:sns:us-east-1:{desk.account}:t"
    for name in ("a1", "a2", "b1"):
        desk.alarm(name, **({"AlarmActions": [topic]} if name == "a2" else {}))
    desk.watch.put_composite_alarm(AlarmName="c", AlarmRule='ALARM("a1") OR ALARM(b1)')
    names = lambda **given: [each["AlarmName"] for each in desk.watch.describe_alarms(**given)["MetricAlarms"]]  # noqa: E731
    assert names() == ["a1", "a2", "b1"]
    assert names(AlarmNames=["b1", "none"]) == ["b1"]
    assert names(AlarmNamePrefix="a") == ["a1", "a2"]
    assert names(ActionPrefix="arn:aws:sns") == ["a2"]
    assert names(StateValue="OK") == []
    assert names(AlarmTypes=["CompositeAlarm"]) == []
    page = desk.watch.describe_alarms(MaxRecords=2)
    assert [each["AlarmName"] for each in page["MetricAlarms"]] == ["a1", "a2"]
    assert names(MaxRecords=2, NextToken=page["NextToken"]) == ["b1"]
    refused("InvalidNextToken", desk.watch.describe_alarms, NextToken="nonsense")
    assert names(ChildrenOfAlarmName="c") == ["a1", "b1"]
    [parent] = desk.watch.describe_alarms(ParentsOfAlarmName="a1")["CompositeAlarms"]
    assert set(parent) == {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    for_metric = desk.watch.describe_alarms_for_metric
    assert len(for_metric(Namespace="shop", MetricName="m")["MetricAlarms"]) == 3
    assert for_metric(Namespace="shop", MetricName="m", Period=10)["MetricAlarms"] == []
    assert for_metric(Namespace="shop", MetricName="m", Dimensions=[{"Name": "x", "Value": "y"}])["MetricAlarms"] == []


def test_composite_alarms(desk):
    put = desk.watch.put_composite_alarm
    message = refused("ValidationError", put, AlarmName="c", AlarmRule="ALARM(none)")
    assert message == "Could not save the composite alarm as alarms [none] in the alarm rule do not exist"
    for rule in ("ALARM(", "x", "ALARM(a) AND", "NOT", "()", "TRUE FALSE", "(" * 200):
        refused("ValidationError", put, AlarmName="c", AlarmRule=rule)
    put(AlarmName="c", AlarmRule="NOT FALSE AND (TRUE OR FALSE)")
    assert desk.state("c") == "ALARM"
    arn = desk.described("c")["AlarmArn"]
    assert desk.described("c")["StateReason"] == f"{arn} was created and its alarm rule evaluates to ALARM"
    put(AlarmName="c", AlarmRule="FALSE")
    assert desk.described("c")["StateReason"] == f"{arn} was updated and its alarm rule evaluates to OK"
    desk.alarm("child")
    put(AlarmName="c", AlarmRule=f"INSUFFICIENT_DATA(arn:aws:cloudwatch:us-east-1:{desk.account}:alarm:child)")
    assert desk.state("c") == "ALARM"
    message = refused("ValidationError", desk.watch.delete_alarms, AlarmNames=["child"])
    assert message == "Cannot delete child as there are composite alarm(s) depending on it."
    desk.watch.delete_alarms(AlarmNames=["child", "c"])
    assert desk.watch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])["CompositeAlarms"] == []
    refused("ValidationError", put, AlarmName="c", AlarmRule="TRUE", ActionsSuppressor="none",
            ActionsSuppressorWaitPeriod=1, ActionsSuppressorExtensionPeriod=1)  # fmt: skip
    refused("ValidationError", put, AlarmName="c", AlarmRule="TRUE", ActionsSuppressorWaitPeriod=1)


def test_setting_a_state(desk):
    desk.alarm()
    set_state = desk.watch.set_alarm_state
    words = refused("ValidationError", set_state, AlarmName="a", StateValue="INVALID", StateReason="r")
    assert words.endswith("Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]")
    refused("ResourceNotFound", set_state, AlarmName="none", StateValue="OK", StateReason="r")
    refused("InvalidFormat", set_state, AlarmName="a", StateValue="OK", StateReason="r", StateReasonData="{")
    set_state(AlarmName="a", StateValue="ALARM", StateReason="r", StateReasonData='{"some": "data"}')
    found = desk.described()
    assert (found["StateValue"], found["StateReason"]) == ("ALARM", "r")
    assert found["StateReasonData"] == '{"some": "data"}'
    desk.watch.disable_alarm_actions(AlarmNames=["a", "none"])
    assert not desk.described()["ActionsEnabled"]
    desk.watch.enable_alarm_actions(AlarmNames=["a"])
    assert desk.described()["ActionsEnabled"]


def test_history(desk):
    desk.alarm()
    desk.watch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="r")
    desk.alarm(Threshold=7)
    desk.watch.delete_alarms(AlarmNames=["a"])
    items = desk.watch.describe_alarm_history(ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [each["HistorySummary"] for each in items] == [
        'Alarm "a" created', "Alarm updated from INSUFFICIENT_DATA to ALARM", 'Alarm "a" updated', 'Alarm "a" deleted',
    ]  # fmt: skip
    assert json.loads(items[1]["HistoryData"]) == {
        "version": "1.0",
        "oldState": {"stateValue": "INSUFFICIENT_DATA", "stateReason": "Unchecked: Initial alarm creation"},
        "newState": {"stateValue": "ALARM", "stateReason": "r"},
    }
    pages = desk.watch.get_paginator("describe_alarm_history").paginate(AlarmName="a", PaginationConfig={"PageSize": 3})
    newest_first = [each["HistorySummary"] for page in pages for each in page["AlarmHistoryItems"]]
    assert newest_first == [each["HistorySummary"] for each in reversed(items)]
    only = desk.watch.describe_alarm_history(HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert [each["AlarmType"] for each in only] == ["MetricAlarm"]
    assert desk.watch.describe_alarm_history(AlarmTypes=["CompositeAlarm"])["AlarmHistoryItems"] == []
    refused("InvalidNextToken", desk.watch.describe_alarm_history, NextToken="nonsense")


def test_tags_of_alarms(desk):
    desk.alarm(Tags=[{"Key": "k", "Value": "v"}])
    arn = desk.described()["AlarmArn"]
    desk.watch.tag_resource(ResourceARN=arn, Tags=[{"Key": "l", "Value": "w"}])
    desk.watch.untag_resource(ResourceARN=arn, TagKeys=["k", "none"])
    assert desk.watch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "l", "Value": "w"}]
    refused("ResourceNotFoundException", desk.watch.list_tags_for_resource, ResourceARN=f"{arn}x")
    refused("InvalidParameterValue", desk.watch.list_tags_for_resource, ResourceARN=arn.replace("cloudwatch", "sqs"))
    desk.watch.delete_alarms(AlarmNames=["a", "none"])
    desk.alarm()
    assert desk.watch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


# ---- Dashboards ------------------------------------------------------------------------------------------------------


def test_dashboards(desk):
    body = json.dumps(BODY)
    assert desk.watch.put_dashboard(DashboardName="d", DashboardBody=body)["DashboardValidationMessages"] == []
    found = desk.watch.get_dashboard(DashboardName="d")
    assert found["DashboardArn"] == f"arn:aws:cloudwatch::{desk.account}:dashboard/d"
    assert (found["DashboardName"], found["DashboardBody"]) == ("d", body)
    for name in ("other", "d2"):
        desk.watch.put_dashboard(DashboardName=name, DashboardBody='{"widgets": []}')
    [one, _] = desk.watch.list_dashboards(DashboardNamePrefix="d")["DashboardEntries"]
    assert (one["DashboardName"], one["Size"]) == ("d", len(body))
    refused("ResourceNotFound", desk.watch.delete_dashboards, DashboardNames=["d", "none"])
    assert len(desk.watch.list_dashboards()["DashboardEntries"]) == 3
    desk.watch.delete_dashboards(DashboardNames=["d", "d2"])
    message = refused("ResourceNotFound", desk.watch.get_dashboard, DashboardName="d")
    assert message == "Dashboard d does not exist"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("nonsense", "/"), ("[]", "/"), ("{}", "/widgets"), ('{"widgets": [{}]}', "/widgets/0"),
        ({"type": "nope"}, "/widgets/0/type"), ({"type": "text"}, "/widgets/0"),
        ({"type": "text", "properties": {}}, "/widgets/0/properties"),
        ({"type": "text", "x": 24, "properties": {"markdown": "x"}}, "/widgets/0/x"),
        ({"type": "text", "width": 0, "properties": {"markdown": "x"}}, "/widgets/0/width"),
        ({"type": "text", "height": 1.5, "properties": {"markdown": "x"}}, "/widgets/0/height"),
        ({"type": "metric", "properties": {"region": "us-east-1"}}, "/widgets/0/properties"),
        ({"type": "metric", "properties": {"metrics": [["a", "b"]]}}, "/widgets/0/properties"),
        ({"type": "metric", "properties": {"region": "r", "metrics": [["a", "b", "c"]]}},
         "/widgets/0/properties/metrics/0"),
        ({"type": "metric", "properties": {"region": "r", "metrics": [], "view": "x"}}, "/widgets/0/properties/view"),
        ({"type": "alarm", "properties": {"alarms": []}}, "/widgets/0/properties/alarms"),
        ({"type": "log", "properties": {}}, "/widgets/0/properties"),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be(desk, body, path):
    text = body if isinstance(body, str) else json.dumps({"widgets": [body]})
    with pytest.raises(ClientError) as caught:
        desk.watch.put_dashboard(DashboardName="d", DashboardBody=text)
    answer = caught.value.response
    assert answer["Error"]["Code"] == "InvalidParameterInput"
    assert path in [each["DataPath"] for each in answer["dashboardValidationMessages"]]
    refused("InvalidParameterInput", desk.watch.put_dashboard, DashboardName="a b", DashboardBody='{"widgets": []}')
    assert desk.watch.list_dashboards()["DashboardEntries"] == []


def test_a_body_that_cannot_be_is_told_with_all_places(desk):
    bodies = [
        {"metrics": [["AWS/EC2", "CPUUtilization", {"InstanceId": "i-1"}]], "region": "us-east-1"},
        {"metrics": ["AWS/EC2"], "region": "us-east-1"},
        {},
    ]
    widgets = {"widgets": [{"type": "metric", "properties": each} for each in bodies]}
    message = refused(
        "InvalidParameterInput", desk.watch.put_dashboard, DashboardName="d", DashboardBody=json.dumps(widgets)
    )
    head, _, listed = message.partition("\n")
    assert head == "The dashboard body is invalid, there are 6 validation errors:"
    found = [(each["dataPath"].removeprefix("/widgets/"), each["message"]) for each in json.loads(listed)]
    assert found[:2] == [
        ("0/properties/metrics/0", "Should NOT have more than 2 items"), ("1/properties/metrics/0", "Should be array")
    ]  # fmt: skip
    assert {place for place, _ in found[3:]} == {"2/properties"}
    chart = '{"widgets": [{"type": "chart", "properties": {}}]}'
    refused("NotImplemented", desk.watch.put_dashboard, DashboardName="d", DashboardBody=chart)
