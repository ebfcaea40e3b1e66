"""Anomaly detection: detectors as they are kept, and bands whose sides can be worked out by hand."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from cloudarium.services.cloudwatch.rules import bands
from tests.services.cloudwatch.conftest import refused, stat

HOUR = 3600


def test_few_values_make_no_model():
    assert bands.trained({0: 1.0, 60: 2.0}) is None


def test_a_short_time_has_one_expectation():
    model = bands.trained({0: 2.0, 60: 4.0, 120: 6.0})
    assert model is not None
    low, high = model.sides(600, 1.0)  # the mean is 4, the deviation the root of 8/3
    assert (round(low, 6), round(high, 6)) == (round(4 - (8 / 3) ** 0.5, 6), round(4 + (8 / 3) ** 0.5, 6))


def of_days(days: int) -> dict[int, float]:
    """Each hour of some days: 100 at noon, give or take 1 from day to day, else 10."""
    return {
        hour * HOUR: (100.0 if hour % 24 == 12 else 10.0) + (1.0 if hour // 24 % 2 else -1.0)
        for hour in range(24 * days)
    }


def test_hours_of_the_day_are_told_apart():
    model = bands.trained(of_days(4))
    assert model is not None
    assert model.sides(10 * 86_400 + 12 * HOUR, 2.0) == (98.0, 102.0)
    assert model.sides(10 * 86_400 + 13 * HOUR, 2.0) == (8.0, 12.0)
    assert bands.trained(of_days(2)).expected.keys() == {None}


def test_zones_and_excluded_times():
    model = bands.trained(of_days(4), ZoneInfo("Etc/GMT-1"))
    assert model.expected[13] == 100.0
    spoilt = {**of_days(4), 86_400 + 5 * HOUR: 5000.0}
    assert bands.trained(spoilt, UTC, [(86_400 + 5 * HOUR, 86_400 + 6 * HOUR)]).deviation == pytest.approx(1.0, 0.01)


def trained(desk, values=(10, 12, 10, 12, 10, 12)):
    """Put a value a minute, so that the newest lies half an hour back."""
    for place, value in enumerate(values):
        desk.put(value, ago=1800 + 60 * (len(values) - place))


def test_a_band_has_two_sides(desk):
    trained(desk)
    band = {"Id": "b", "Expression": "ANOMALY_DETECTION_BAND(m1, 3)"}
    [high, low] = desk.data(stat("m1", ReturnData=False), band, back=600, ahead=0)["MetricDataResults"]
    assert set(high["Values"]) == {14.0} and set(low["Values"]) == {8.0}  # 11 and three times 1
    assert len(high["Values"]) in (10, 11) and high["Label"].endswith("(High)") and low["Label"].endswith("(Low)")
    first = {"Id": "f", "Expression": "FIRST(ANOMALY_DETECTION_BAND(m1))"}
    [[*values]] = desk.values(stat("m1", ReturnData=False), first, back=600, ahead=0)
    assert set(values) == {13.0}
    for wrong in ("ANOMALY_DETECTION_BAND()", "ANOMALY_DETECTION_BAND(m1, -1)", "ANOMALY_DETECTION_BAND([m1, m1])"):
        query = {"Id": "e", "Expression": wrong}
        with pytest.raises(desk.watch.exceptions.ClientError, match="ANOMALY_DETECTION_BAND needs"):
            desk.data(stat("m1"), query)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("LessThanLowerOrGreaterThanUpperThreshold", 20, "ALARM"),
        ("LessThanLowerOrGreaterThanUpperThreshold", 1, "ALARM"),
        ("LessThanLowerOrGreaterThanUpperThreshold", 11, "OK"),
        ("GreaterThanUpperThreshold", 1, "OK"),
        ("LessThanLowerThreshold", 20, "OK"),
    ],
)
def test_alarms_on_bands(timed, operator, value, expected):
    trained(timed)
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "ReturnData": True}
    timed.watch.put_metric_alarm(
        AlarmName="a", Metrics=[stat("m1", ReturnData=True), band], ThresholdMetricId="band", EvaluationPeriods=1,
        DatapointsToAlarm=1, ComparisonOperator=operator,
    )  # fmt: skip
    timed.put(value)
    timed.cloud.clock_advance(60)
    assert timed.state() == expected
    if value == 20 and expected == "ALARM":
        reason = timed.described()["StateReason"]
        assert reason.startswith("Thresholds Crossed: 1 out of the last 1 datapoints [20.0 (")
        assert "was less than the lower thresholds [9.0] or greater than the upper thresholds [13.0]" in reason
        assert '"recentUpperThresholds":[13.0]' in timed.described()["StateReasonData"]


def test_an_alarm_waits_for_its_model(timed):
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1)"}
    timed.watch.put_metric_alarm(
        AlarmName="a", Metrics=[stat("m1"), band], ThresholdMetricId="band", EvaluationPeriods=1,
        ComparisonOperator="GreaterThanUpperThreshold",
    )  # fmt: skip
    timed.put(9)
    timed.cloud.clock_advance(60)
    assert timed.state() == "INSUFFICIENT_DATA"


def test_alarms_that_cannot_be(desk):
    put = {"AlarmName": "a", "EvaluationPeriods": 1, "Metrics": [stat("m1"), {"Id": "b", "Expression": "m1 * 2"}]}
    upper = "GreaterThanUpperThreshold"
    refused("ValidationError", desk.watch.put_metric_alarm, **put, ComparisonOperator=upper, ThresholdMetricId="b")
    refused("ValidationError", desk.watch.put_metric_alarm, **put, ComparisonOperator=upper)
    both = {"ThresholdMetricId": "b", "Threshold": 1.0}
    refused("ValidationError", desk.watch.put_metric_alarm, **put, ComparisonOperator="GreaterThanThreshold", **both)
    refused("InvalidParameterCombination", desk.watch.put_metric_alarm, **put, ComparisonOperator=upper, **both)


# ---- Detectors -------------------------------------------------------------------------------------------------------

ONE = {"Namespace": "shop", "MetricName": "m", "Stat": "Sum", "Dimensions": [{"Name": "d", "Value": "v"}]}


def test_detectors_are_kept(desk):
    watch = desk.watch
    id = watch.put_anomaly_detector(**ONE, Configuration={})["AnomalyDetectorId"]
    [found] = watch.describe_anomaly_detectors()["AnomalyDetectors"]
    assert found == {
        **ONE, "AnomalyDetectorId": id, "Configuration": {"ExcludedTimeRanges": []}, "StateValue": "PENDING_TRAINING",
        "SingleMetricAnomalyDetector": ONE,
    }  # fmt: skip
    assert watch.put_anomaly_detector(SingleMetricAnomalyDetector=ONE)["AnomalyDetectorId"] == id
    math = {"MetricDataQueries": [stat("m1", ReturnData=False), {"Id": "e", "Expression": "m1 * 2"}]}
    watch.put_anomaly_detector(MetricMathAnomalyDetector=math)
    assert len(watch.describe_anomaly_detectors()["AnomalyDetectors"]) == 1
    both = watch.describe_anomaly_detectors(AnomalyDetectorTypes=["SINGLE_METRIC", "METRIC_MATH"], MaxResults=1)
    assert len(both["AnomalyDetectors"]) == 1 and both["NextToken"]
    assert watch.describe_anomaly_detectors(Namespace="other")["AnomalyDetectors"] == []
    watch.delete_anomaly_detector(**ONE)
    watch.delete_anomaly_detector(MetricMathAnomalyDetector=math)
    refused("ResourceNotFoundException", watch.delete_anomaly_detector, **ONE)
    refused("ResourceNotFoundException", watch.delete_anomaly_detector, AnomalyDetectorId=id)


def test_a_detectors_training(desk):
    trained(desk)
    desk.watch.put_anomaly_detector(Namespace="shop", MetricName="m", Stat="Sum")
    assert desk.watch.describe_anomaly_detectors()["AnomalyDetectors"][0]["StateValue"] == "TRAINED"
    spoilt = desk.now() - 1800 - 60
    times = [{"StartTime": spoilt - 90, "EndTime": spoilt + 30}]
    desk.put(5000, ago=1800 + 60)
    desk.watch.put_anomaly_detector(
        Namespace="shop", MetricName="m", Stat="Sum", Configuration={"ExcludedTimeRanges": times}
    )
    band = {"Id": "b", "Expression": "ANOMALY_DETECTION_BAND(m1, 1)"}
    [high, _] = desk.data(stat("m1", ReturnData=False), band, back=600, ahead=0)["MetricDataResults"]
    assert max(high["Values"]) < 100


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("MissingParameter", {}),
        ("MissingParameter", {"Namespace": "shop", "MetricName": "m"}),
        ("InvalidParameterCombination", {**ONE, "SingleMetricAnomalyDetector": ONE}),
        ("InvalidParameterValue", {**ONE, "Configuration": {"MetricTimezone": "Mars/Base"}}),
        ("InvalidParameterValue", {**ONE, "Configuration": {"ExcludedTimeRanges": [{"StartTime": 5, "EndTime": 5}]}}),
        ("InvalidParameterValue", {"MetricMathAnomalyDetector": {"MetricDataQueries": []}}),
        ("NotImplemented", {**ONE, "Configuration": {"AdaptationSpeed": "FAST"}}),
    ],
)
def test_detectors_that_cannot_be(desk, code, given):
    refused(code, desk.watch.put_anomaly_detector, **given)
