"""Alarms in time: what state follows from what data, who is told, and what an idle one costs: nothing."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from cloudarium.gateway.rooms import schemas
from cloudarium.services.cloudwatch import evaluating, ingest, watching
from cloudarium.services.cloudwatch.records import alarms
from cloudarium.services.cloudwatch.records.alarms import Alarm
from cloudarium.services.cloudwatch.rules import samples
from cloudarium.services.cloudwatch.rules.data import Datum
from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from tests.services.cloudwatch.conftest import NOON, stat


def outbox_is_empty(desk) -> bool:
    return desk.cloud.control("health")["undelivered"] == 0


def test_a_metric_that_crosses_and_ends(timed):
    timed.alarm()
    timed.put(9)
    assert timed.state() == "INSUFFICIENT_DATA"
    timed.cloud.clock_advance(60)
    assert timed.state() == "ALARM"
    assert timed.described()["StateReason"].startswith("Threshold Crossed: 1 datapoint [9.0 (")
    data = json.loads(timed.described()["StateReasonData"])
    assert data["recentDatapoints"] == [9.0]
    assert data["evaluatedDatapoints"][0]["sampleCount"] == 1.0
    timed.put(1)
    timed.cloud.clock_advance(60)
    assert timed.state() == "OK"
    timed.cloud.clock_advance(120)
    assert timed.state() == "OK"  # the last values are still within the evaluation range
    timed.cloud.clock_advance(120)
    assert timed.state() == "INSUFFICIENT_DATA"
    assert timed.described()["StateReason"] == "Insufficient Data: 1 datapoint was unknown."


def test_n_of_m_by_the_minute(timed):
    timed.alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    seen = []
    for value in (9, 1, 9, 1, 1, 9, 9):
        timed.put(value)
        timed.cloud.clock_advance(60)
        seen.append(timed.state())
    assert seen == ["INSUFFICIENT_DATA", "OK", "ALARM", "OK", "OK", "OK", "ALARM"]


@pytest.mark.parametrize(
    ("treat", "expected"),
    [("missing", "INSUFFICIENT_DATA"), ("ignore", "INSUFFICIENT_DATA"), ("breaching", "ALARM"), ("notBreaching", "OK")],
)
def test_an_alarm_without_data(timed, treat, expected):
    timed.alarm(TreatMissingData=treat)
    timed.cloud.clock_advance(120)
    assert timed.state() == expected


def test_an_alarm_on_ten_seconds(timed):
    timed.alarm(Period=10, EvaluationPeriods=2)
    for _ in range(2):
        timed.put(9, StorageResolution=1)
        timed.cloud.clock_advance(10)
    assert timed.state() == "ALARM"


def test_an_alarm_on_thirty_seconds_sees_data_of_a_minute(timed):
    timed.alarm(Period=30, TreatMissingData="ignore")
    timed.cloud.clock_advance(24)
    timed.put(9, 11)
    timed.cloud.clock_advance(6)
    data = json.loads(timed.described()["StateReasonData"])
    assert (timed.state(), data["recentDatapoints"]) == ("ALARM", [20.0])
    timed.cloud.clock_advance(60)
    timed.cloud.clock_advance(25)
    timed.put(1)
    timed.cloud.clock_advance(5)
    assert timed.state() == "OK"


def test_an_alarm_on_math(timed):
    queries = [
        stat("errors", "errors", ReturnData=False),
        stat("calls", "calls", ReturnData=False),
        {"Id": "rate", "Expression": "100 * errors / calls", "Label": "rate", "ReturnData": True},
    ]
    timed.alarm(Metrics=queries, Threshold=10)
    timed.put(10, name="calls")
    timed.put(2, name="errors")
    timed.cloud.clock_advance(60)
    assert timed.state() == "ALARM"
    assert "[20.0 (" in timed.described()["StateReason"]
    assert timed.described()["Metrics"][2] == queries[2]


def test_an_alarm_on_a_percentile_of_few_samples(timed):
    timed.alarm(ExtendedStatistic="p90", EvaluateLowSampleCountPercentile="ignore")
    timed.alarm("b", ExtendedStatistic="p90")
    timed.put(9, 9, 9)
    timed.cloud.clock_advance(60)
    assert (timed.state(), timed.state("b")) == ("INSUFFICIENT_DATA", "ALARM")


def test_an_alarm_on_a_query(timed):
    query = {"Id": "q", "Expression": "SELECT MAX(m) FROM shop", "Period": 60}
    timed.alarm(Metrics=[query])
    timed.put(9, Dimensions=[{"Name": "x", "Value": "y"}])
    timed.cloud.clock_advance(60)
    assert timed.state() == "ALARM"


def test_an_alarm_that_nothing_happens_to_waits_for_nothing():
    """Data has an alarm looked at while it moves through its periods; then nothing is planned any more."""
    store, scope = Store(None, schemas()), Scope("000000000000", "us-east-1")
    settings = {
        "Namespace": "shop", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 2,
        "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", "StateValue": "OK", "StateReason": "r",
        "ActionsEnabled": False, "StateUpdatedTimestamp": NOON,
    }  # fmt: skip

    def planned() -> float | None:
        return store.outbox.when("cloudwatch", watching.KIND, scope, "a")

    with store.transaction():
        alarms.put(store, Alarm(scope, "a", "MetricAlarm", None, settings), new_settings=True)
        assert planned() is None
        datum = Datum("m", (), "None", NOON, 60, samples.one(9.0))
        ingest.take(store, scope, "shop", [datum], NOON)
    looks, seen = [], []
    while (due := planned()) is not None:
        with store.transaction():
            evaluating.look(store, alarms.find(store, scope, "a"), due, {})
        looks.append(due - NOON)
        seen.append(alarms.find(store, scope, "a").data["StateValue"])
        assert len(looks) < 20
    assert looks == [60.0, 120.0, 180.0, 240.0, 300.0]  # two periods, two further back, and the end of the last
    assert seen[-1] == "INSUFFICIENT_DATA"
    store.close()


def test_a_state_that_was_set_lasts_until_the_next_look(timed):
    timed.alarm(TreatMissingData="notBreaching")
    timed.cloud.clock_advance(60)
    timed.watch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="try")
    assert timed.state() == "ALARM"
    timed.cloud.clock_advance(60)
    assert timed.state() == "OK"


# ---- Who is told -----------------------------------------------------------------------------------------------------


def test_a_topic_is_told_as_aws_tells_it(timed):
    topic, url = timed.topic()
    timed.alarm(AlarmActions=[topic], OKActions=[topic], AlarmDescription="d", Unit="Seconds",
                Dimensions=[{"Name": "InstanceId", "Value": "abc"}], TreatMissingData="ignore")  # fmt: skip
    timed.watch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="testing alarm")
    [envelope] = timed.told(url)
    assert envelope["Subject"] == 'ALARM: "a" in US East (N. Virginia)'
    message = json.loads(envelope["Message"])
    assert message.pop("StateChangeTime").endswith("+0000")
    message.pop("AlarmConfigurationUpdatedTimestamp")
    assert message == {
        "AlarmName": "a", "AlarmDescription": "d", "AWSAccountId": timed.account, "NewStateValue": "ALARM",
        "NewStateReason": "testing alarm", "Region": "US East (N. Virginia)", "OldStateValue": "INSUFFICIENT_DATA",
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{timed.account}:alarm:a", "OKActions": [topic],
        "AlarmActions": [topic], "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "m", "Namespace": "shop", "StatisticType": "Statistic", "Statistic": "SUM", "Unit": "Seconds",
            "Dimensions": [{"value": "abc", "name": "InstanceId"}], "Period": 60, "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0, "TreatMissingData": "ignore",
            "EvaluateLowSampleCountPercentile": "",
        },
    }  # fmt: skip
    timed.watch.disable_alarm_actions(AlarmNames=["a"])
    timed.watch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="quiet")
    assert timed.told(url) == []
    [item] = timed.watch.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"]
    assert item["HistorySummary"] == f"Successfully executed action {topic}"
    data = json.loads(item["HistoryData"])
    assert (data["actionState"], data["notificationResource"], data["error"]) == ("Succeeded", topic, None)
    assert json.loads(data["publishedMessage"])["NewStateReason"] == "testing alarm"


def test_a_topic_whose_policy_does_not_let_it_is_not_told(timed):
    topic, url = timed.topic()
    own = {"Effect": "Allow", "Principal": {"AWS": timed.account}, "Action": "sns:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [own]})
    timed.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    timed.alarm(AlarmActions=[topic])
    timed.watch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="r")
    assert timed.told(url) == []
    [item] = timed.watch.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"]
    assert item["HistorySummary"].startswith(f"Failed to execute action {topic}. Received error:")


CODE = "import json\n\ndef handler(event, context):\n    print(json.dumps(event))\n"


def test_a_function_is_invoked_if_its_policy_lets_alarms(timed):
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    writes = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    iam, functions, logs = timed.client("iam"), timed.client("lambda"), timed.client("logs")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Statement": trust}))["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": writes})
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", CODE)
    arn = functions.create_function(
        FunctionName="f", Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": buffer.getvalue()}
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    timed.alarm(AlarmActions=[arn])

    def alarm():
        timed.watch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="before")
        timed.watch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="testing alarm")
        timed.cloud.settle()
        return timed.watch.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"][0]

    refused = alarm()
    assert refused["HistorySummary"].startswith(f"Failed to execute action {arn}. Received error:")
    assert json.loads(refused["HistoryData"])["publishedMessage"] is None
    functions.add_permission(
        FunctionName="f", StatementId="alarms", Action="lambda:InvokeFunction", SourceAccount=timed.account,
        Principal="lambda.alarms.cloudwatch.amazonaws.com", SourceArn=timed.described()["AlarmArn"],
    )  # fmt: skip
    assert alarm()["HistorySummary"] == f"Successfully executed action {arn}"
    lines = [each["message"] for each in logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]]
    [event] = [json.loads(line) for line in lines if line.startswith("{")]
    assert (event["source"], event["accountId"], event["region"]) == ("aws.cloudwatch", timed.account, "us-east-1")
    assert event["alarmArn"] == timed.described()["AlarmArn"]
    told = event["alarmData"]
    assert (told["alarmName"], told["state"]["value"], told["state"]["reason"]) == ("a", "ALARM", "testing alarm")
    assert told["previousState"]["value"] == "OK"


def test_the_event_bus_is_told(timed):
    url = timed.client("sqs").create_queue(QueueName="bus")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{timed.account}:bus"
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}]}
    timed.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    timed.client("events").put_rule(Name="r", EventPattern='{"source": ["aws.cloudwatch"]}')
    timed.client("events").put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn}])
    timed.alarm()
    timed.watch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="r")
    [event] = timed.told(url)
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [f"arn:aws:cloudwatch:us-east-1:{timed.account}:alarm:a"]
    detail = event["detail"]
    assert (detail["alarmName"], detail["state"]["value"]) == ("a", "ALARM")
    assert detail["previousState"]["value"] == "INSUFFICIENT_DATA"
    [metric] = detail["configuration"]["metrics"]
    assert metric["metricStat"]["metric"] == {"namespace": "shop", "name": "m", "dimensions": {}}


def test_composite_alarms_follow_their_children(timed):
    topic, url = timed.topic()
    timed.alarm("a")
    timed.alarm("b", MetricName="n")
    timed.watch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(a) AND ALARM(b)", AlarmActions=[topic])
    timed.watch.put_composite_alarm(AlarmName="above", AlarmRule="NOT OK(both)")
    timed.put(9)
    timed.cloud.clock_advance(60)
    assert (timed.state("both"), timed.state("above")) == ("OK", "OK")
    timed.put(9)
    timed.put(9, name="n")
    timed.cloud.clock_advance(60)
    assert (timed.state("both"), timed.state("above")) == ("ALARM", "ALARM")
    assert "alarm:b transitioned to ALARM at " in timed.described("both")["StateReason"]
    [envelope] = timed.told(url)
    message = json.loads(envelope["Message"])
    assert message["AlarmRule"] == "ALARM(a) AND ALARM(b)"
    assert message["TriggeringChildren"][0]["Arn"].endswith(":alarm:b")


def test_a_suppressor_holds_actions_back(timed):
    topic, url = timed.topic()
    timed.alarm("child")
    timed.alarm("works")
    timed.watch.put_composite_alarm(
        AlarmName="c", AlarmRule="ALARM(child)", AlarmActions=[topic], ActionsSuppressor="works",
        ActionsSuppressorWaitPeriod=30, ActionsSuppressorExtensionPeriod=20,
    )  # fmt: skip

    def set_state(name, state):
        timed.watch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="r")
        timed.cloud.settle()

    set_state("child", "ALARM")
    assert timed.described("c")["ActionsSuppressedBy"] == "WaitPeriod"
    timed.cloud.clock_advance(10)
    set_state("works", "ALARM")
    assert timed.described("c")["ActionsSuppressedBy"] == "Alarm"
    timed.cloud.clock_advance(25)
    assert timed.told(url) == []
    set_state("works", "OK")
    assert timed.described("c")["ActionsSuppressedBy"] == "ExtensionPeriod"
    timed.cloud.clock_advance(19)
    assert timed.told(url) == []
    timed.cloud.clock_advance(1)
    assert len(timed.told(url)) == 1
    assert "ActionsSuppressedBy" not in timed.described("c")
