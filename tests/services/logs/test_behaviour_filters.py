"""Metric filters, subscriptions, embedded metrics and live tail: what events that come in set off."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

ACCOUNT = "000000000000"


def group(logs: Any, name: str) -> str:
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


def seconds(own: RunningCloud) -> float:
    """The cloud's time."""
    return datetime.fromisoformat(own.control("clock")["now"]).timestamp()


def put(own: RunningCloud, logs: Any, name: str, *messages: Any) -> int:
    """Put messages now by the cloud's clock; the time in milliseconds."""
    now = round(seconds(own) * 1000)
    texts = [each if isinstance(each, str) else json.dumps(each) for each in messages]
    logs.put_log_events(
        logGroupName=name, logStreamName="s", logEvents=[{"timestamp": now, "message": text} for text in texts]
    )
    return now


def metrics(own: RunningCloud, namespace: str) -> dict[tuple[str, tuple[str, ...]], tuple[float, float, str]]:
    """(sum, samples, unit) of each metric of a namespace, by name and the values of its dimensions."""
    watch = own.client("cloudwatch")
    now = seconds(own)
    found = {}
    for each in watch.list_metrics(Namespace=namespace)["Metrics"]:
        points = watch.get_metric_statistics(
            Namespace=namespace,
            MetricName=each["MetricName"],
            Dimensions=each["Dimensions"],
            StartTime=now - 3000,
            EndTime=now + 3000,
            Period=3600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        values = tuple(one["Value"] for one in each["Dimensions"])
        found[each["MetricName"], values] = (
            sum(point["Sum"] for point in points),
            sum(point["SampleCount"] for point in points),
            points[0]["Unit"],
        )
    return found


def refused(call: Callable[[], Any], code: str) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    assert raised.value.response["Error"]["Code"] == code
    return str(raised.value.response["Error"]["Message"])


def filtered(logs: Any, name: str, pattern: str, **transformation: Any) -> None:
    made = {"metricName": "M", "metricNamespace": f"App/{name}", "metricValue": "1", **transformation}
    logs.put_metric_filter(
        logGroupName=name, filterName=made["metricName"], filterPattern=pattern, metricTransformations=[made]
    )


def test_metric_filters_count_what_matches(own: RunningCloud, logs: Any) -> None:
    name = group(logs, "counted")
    filtered(logs, name, '{ $.level = "ERROR" }', metricName="Errors", unit="Count")
    timed = {"metricValue": "$.ms", "unit": "Milliseconds", "dimensions": {"Path": "$.path"}}
    filtered(logs, name, "{ $.ms > 0 }", metricName="Time", **timed)
    filtered(logs, name, "[ip, user, size > 10]", metricName="Size", metricValue="$size", dimensions={"User": "$user"})
    filtered(logs, name, "never", metricName="Never", defaultValue=7)
    put(
        own,
        logs,
        name,
        {"level": "ERROR", "ms": 5, "path": "/a"},
        {"level": "ERROR", "ms": 1.5, "path": "/a"},
        {"level": "INFO", "ms": 2, "path": "/b"},
        {"level": "INFO", "ms": 2},  # without the dimension there is no value
        "1.2.3.4 ada 12",
        "1.2.3.4 ada 9",
    )
    put(own, logs, name, "x")  # the default is the minute's, not the batch's
    own.clock_advance(61)
    found = metrics(own, "App/counted")
    assert found.pop(("Never", ())) in ((7.0, 1.0, "None"), (14.0, 2.0, "None"))  # a minute may have ended between
    assert found == {
        ("Errors", ()): (2.0, 2.0, "Count"),
        ("Time", ("/a",)): (6.5, 2.0, "Milliseconds"),
        ("Time", ("/b",)): (2.0, 1.0, "Milliseconds"),
        ("Size", ("ada",)): (12.0, 1.0, "None"),
    }
    counted = metrics(own, "AWS/Logs")
    assert counted["IncomingLogEvents", (name,)][0] == 7


def test_metric_filters_are_listed_changed_and_deleted(logs: Any) -> None:
    name = group(logs, "listed")
    filtered(logs, name, "a", metricName="A")
    filtered(logs, name, "b", metricName="B", dimensions={}, metricNamespace="A.B-c_d/1#2:listed")
    filtered(logs, name, "changed", metricName="A")
    (shown,) = logs.describe_metric_filters(logGroupName=name, filterNamePrefix="A")["metricFilters"]
    assert shown["filterPattern"] == "changed" and shown["applyOnTransformedLogs"] is False
    assert logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["metricFilterCount"] == 2
    by_metric = logs.describe_metric_filters(metricName="B", metricNamespace="A.B-c_d/1#2:listed")["metricFilters"]
    assert [each["filterName"] for each in by_metric] == ["B"]
    page = logs.describe_metric_filters(logGroupName=name, limit=1)
    rest = logs.describe_metric_filters(logGroupName=name, nextToken=page["nextToken"])
    assert [each["filterName"] for each in page["metricFilters"] + rest["metricFilters"]] == ["A", "B"]
    logs.delete_metric_filter(logGroupName=name, filterName="A")
    message = refused(lambda: logs.delete_metric_filter(logGroupName=name, filterName="A"), "ResourceNotFoundException")
    assert message == "The specified metric filter does not exist."


def test_metric_filters_that_make_no_sense_are_refused(logs: Any) -> None:
    name = group(logs, "refused")
    bad: list[tuple[str, dict[str, Any]]] = [
        ("{ $.a = 1 }", {"dimensions": {"A": "$.a"}, "defaultValue": 0}),
        ("{ $.a = 1 }", {"dimensions": {letter: "$.a" for letter in "ABCD"}}),
        ("word", {"metricValue": "$size"}),
        ("word", {"metricValue": "many"}),
        ("{ $.a = }", {}),
    ]
    for pattern, transformation in bad:
        refused(lambda p=pattern, t=transformation: filtered(logs, name, p, **t), "InvalidParameterException")
    refused(lambda: filtered(logs, "nowhere", "x"), "ResourceNotFoundException")
    assert logs.describe_metric_filters(logGroupName=name)["metricFilters"] == []


def test_a_filter_is_tried_with_messages(logs: Any) -> None:
    # The samples of TestMetricFilter's API reference.
    lines = [
        '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534',
        '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324',
    ]
    pattern = "[ip, identity, user_id, timestamp, request, status_code = 4* || status_code = 5*, size]"
    (found,) = logs.test_metric_filter(filterPattern=pattern, logEventMessages=lines)["matches"]
    assert found == {
        "eventNumber": 2,
        "eventMessage": lines[1],
        "extractedValues": {
            "$ip": "127.0.0.1",
            "$identity": "-",
            "$user_id": "frank",
            "$timestamp": "10/Oct/2000:13:35:22 -0700",
            "$request": "GET /apache_pb.gif HTTP/1.0",
            "$status_code": "500",
            "$size": "5324",
        },
    }
    trail = json.dumps({"eventType": "UpdateTrail", "n": {"deep": [1, 2]}})
    (found,) = logs.test_metric_filter(
        filterPattern='{ $.eventType = "UpdateTrail" && $.n.deep[1] = 2 }', logEventMessages=["x", trail]
    )["matches"]
    assert found["extractedValues"] == {"$.eventType": "UpdateTrail", "$.n.deep[1]": "2"}
    assert len(logs.test_metric_filter(filterPattern="", logEventMessages=["a", "b"])["matches"]) == 2
    refused(lambda: logs.test_metric_filter(filterPattern="{", logEventMessages=["a"]), "InvalidParameterException")


def test_events_carry_metrics_of_their_own(own: RunningCloud, logs: Any) -> None:
    name = group(logs, "carried")
    now = round(seconds(own) * 1000)
    directive = {
        "Namespace": "Shop",
        "Dimensions": [["service"], ["service", "stage"]],
        "Metrics": [{"Name": "latency", "Unit": "Milliseconds"}, {"Name": "fine", "StorageResolution": 1}],
    }
    event = {
        "_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]},
        "service": "cart",
        "stage": "test",
        "latency": [1, 2, 3],
        "fine": 7,
    }
    broken = [
        {**event, "latency": "fast"},
        {**event, "service": 1},
        {**event, "_aws": {"CloudWatchMetrics": [directive]}},
    ]
    put(own, logs, name, event, *broken, {"_aws": "no metrics"}, 'not JSON "_aws"')
    own.settle()
    own.clock_advance(61)
    assert metrics(own, "Shop") == {
        ("latency", ("cart",)): (6.0, 3.0, "Milliseconds"),
        ("latency", ("cart", "test")): (6.0, 3.0, "Milliseconds"),
        ("fine", ("cart",)): (7.0, 1.0, "None"),
        ("fine", ("cart", "test")): (7.0, 1.0, "None"),
    }
    assert metrics(own, "AWS/Logs")["EMFValidationErrors", (name,)][0] == 3


def test_live_tail_shows_what_comes(own: RunningCloud, logs: Any) -> None:
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group(logs, 'tailed')}"
    group(logs, "not-tailed")
    answer = logs.start_live_tail(
        logGroupIdentifiers=[arn], logStreamNamePrefixes=["s"], logEventFilterPattern="-secret"
    )
    stream = answer["responseStream"]
    updates = iter(stream)
    started = next(updates)["sessionStart"]
    assert started["logGroupIdentifiers"] == [arn] and started["logStreamNamePrefixes"] == ["s"]
    put(own, logs, "not-tailed", "elsewhere")
    now = put(own, logs, "tailed", "one", "secret", "two")
    while not (found := next(updates)["sessionUpdate"]["sessionResults"]):
        pass
    stream.close()
    assert [(each["message"], each["logStreamName"], each["timestamp"]) for each in found] == [
        ("one", "s", now),
        ("two", "s", now),
    ]
    assert found[0]["logGroupIdentifier"] == arn
    refused(lambda: logs.start_live_tail(logGroupIdentifiers=["tailed"]), "InvalidParameterException")
    refused(lambda: logs.start_live_tail(logGroupIdentifiers=[arn + "x"]), "ResourceNotFoundException")


def subscriber(own: RunningCloud) -> str:
    """A function that prints what it is given, which CloudWatch Logs may invoke for one group."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = own.client("iam")
    text = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName="printer", AssumeRolePolicyDocument=text)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName="printer", PolicyName="p", PolicyDocument=document)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): print('GOT ' + event['awslogs']['data'])")
    api = own.client("lambda")
    code = {"Runtime": "python3.11", "Handler": "app.handler", "Role": role, "Code": {"ZipFile": packed.getvalue()}}
    return str(api.create_function(FunctionName="printer", **code)["FunctionArn"])


def test_a_subscription_brings_events_to_a_function(own: RunningCloud, logs: Any) -> None:
    name, arn = group(logs, "watched"), subscriber(own)
    given = {"logGroupName": name, "filterName": "f", "filterPattern": "{ $.n > 1 }", "destinationArn": arn}
    message = refused(lambda: logs.put_subscription_filter(**given), "InvalidParameterException")
    assert message.startswith("Could not execute the lambda function. Make sure you have given CloudWatch Logs")
    own.client("lambda").add_permission(
        FunctionName="printer",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="logs.us-east-1.amazonaws.com",
        SourceAccount=ACCOUNT,
        SourceArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}:*",
    )
    logs.put_subscription_filter(**given)
    (shown,) = logs.describe_subscription_filters(logGroupName=name)["subscriptionFilters"]
    assert (shown["distribution"], shown["destinationArn"]) == ("ByLogStream", arn)
    now = put(own, logs, name, {"n": 1}, {"n": 2}, {"n": 3})
    own.settle()
    printed: list[str] = []
    while not printed:
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/printer", filterPattern="GOT")["events"]
        except logs.exceptions.ResourceNotFoundException:
            continue
        printed = [each["message"].removeprefix("GOT ") for each in events]
    (data,) = printed
    got = json.loads(gzip.decompress(base64.b64decode(data)))
    assert [(each["timestamp"], each["message"]) for each in got.pop("logEvents")] == [
        (now, '{"n": 2}'),
        (now, '{"n": 3}'),
    ]
    assert got == {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": name,
        "logStream": "s",
        "subscriptionFilters": ["f"],
    }
    logs.put_subscription_filter(**{**given, "filterName": "g"})
    refused(lambda: logs.put_subscription_filter(**{**given, "filterName": "h"}), "LimitExceededException")
    logs.delete_subscription_filter(logGroupName=name, filterName="g")
    message = refused(
        lambda: logs.delete_subscription_filter(logGroupName=name, filterName="g"), "ResourceNotFoundException"
    )
    assert message == "The specified subscription filter does not exist."


@pytest.mark.parametrize(
    ("destination", "code", "words"),
    [
        (
            "arn:aws:sqs:us-east-1:000000000000:q",
            "InvalidParameterException",
            "cannot work with destinationArn for vendor",
        ),
        ("arn:aws:kinesis:us-east-1:000000000000:stream/s", "InvalidParameterException", "used without roleArn"),
        (
            "arn:aws:lambda:us-east-1:111111111111:function:f",
            "AccessDeniedException",
            "Cross-account lambda",
        ),
        ("arn:aws:logs:us-east-1:000000000000:destination:d", "NotImplemented", "has not built"),
        ("nonsense", "InvalidParameterException", "not a valid ARN"),
    ],
)
def test_other_destinations_are_refused(logs: Any, destination: str, code: str, words: str) -> None:
    given = {"logGroupName": "any", "filterName": "f", "filterPattern": "", "destinationArn": destination}
    assert words in refused(lambda: logs.put_subscription_filter(**given), code)


def test_a_function_does_not_subscribe_to_its_own_log(logs: Any) -> None:
    given = {"logGroupName": "/aws/lambda/f", "filterName": "f", "filterPattern": ""}
    for function in ("f", "f:live"):
        destination = f"arn:aws:lambda:us-east-1:000000000000:function:{function}"
        found = refused(
            lambda to=destination: logs.put_subscription_filter(**given, destinationArn=to), "InvalidParameterException"
        )
        assert found == "The log group provided is reserved for the function logs of the destination function."
