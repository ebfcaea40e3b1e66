"""What the rooms tell of themselves: AWS's own metrics, with their dimensions and units."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

TRUST = {"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}
CODE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("on purpose")
    return {"statusCode": 200, "body": "hi"}
"""


def found(desk, namespace, name, stat="Sum", **dimensions):
    """A statistic of a metric over the last hour, None without data."""
    own = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    now = desk.now()
    points = desk.watch.get_metric_statistics(
        Namespace=namespace, MetricName=name, Dimensions=own, StartTime=now - 3600, EndTime=now + 3600, Period=7200,
        Statistics=[stat],
    )["Datapoints"]  # fmt: skip
    return points[0][stat] if points else None


def test_tables(desk):
    dynamodb = desk.client("dynamodb")
    dynamodb.create_table(
        TableName="tab", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )  # fmt: skip
    for name in ("a", "b"):
        dynamodb.put_item(TableName="tab", Item={"k": {"S": name}, "text": {"S": "x" * 1500}})
    dynamodb.get_item(TableName="tab", Key={"k": {"S": "a"}}, ConsistentRead=True)
    dynamodb.scan(TableName="tab")
    with pytest.raises(ClientError):
        dynamodb.put_item(TableName="tab", Item={"k": {"S": "a"}}, ConditionExpression="attribute_not_exists(k)")
    with pytest.raises(ClientError):
        dynamodb.get_item(TableName="none", Key={"k": {"S": "a"}})
    get = lambda name, stat="Sum", **own: found(desk, "AWS/DynamoDB", name, stat, **own)  # noqa: E731
    assert get("ConsumedWriteCapacityUnits", TableName="tab") == 4.0
    assert get("ConsumedReadCapacityUnits", TableName="tab") == 1.5
    assert get("SuccessfulRequestLatency", "SampleCount", TableName="tab", Operation="PutItem") == 2.0
    assert get("ReturnedItemCount", TableName="tab", Operation="Scan") == 2.0
    assert get("ConditionalCheckFailedRequests", TableName="tab") == 1.0
    assert get("UserErrors") == 1.0
    index = {
        "IndexName": "by-text", "KeySchema": [{"AttributeName": "text", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 400, "WriteCapacityUnits": 8},
    }  # fmt: skip
    dynamodb.update_table(
        TableName="tab", BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 400, "WriteCapacityUnits": 80},
    )  # fmt: skip
    dynamodb.update_table(
        TableName="tab", AttributeDefinitions=[{"AttributeName": "text", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )  # fmt: skip
    own = {"TableName": "tab", "GlobalSecondaryIndexName": "by-text"}
    assert get("OnlineIndexPercentageProgress", "Maximum", **own) == 100.0
    assert get("OnlineIndexConsumedWriteCapacity", **own) == 4.0
    assert get("AccountProvisionedReadCapacityUtilization", "Maximum") == 1.0
    assert get("MaxProvisionedTableReadCapacityUtilization", "Maximum") == 1.0
    assert get("AccountProvisionedWriteCapacityUtilization", "Maximum") == pytest.approx(0.11)
    assert get("MaxProvisionedTableWriteCapacityUtilization", "Maximum") == pytest.approx(0.2)


def test_functions_and_http_apis(desk):
    iam, functions, apis = desk.client("iam"), desk.client("lambda"), desk.client("apigatewayv2")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", CODE)
    arn = functions.create_function(
        FunctionName="f", Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": buffer.getvalue()}
    )["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    functions.invoke(FunctionName="f", Payload=b"{}")
    functions.invoke(FunctionName="f", Payload=b'{"fail": true}')
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    with suppress(ClientError):
        functions.invoke(FunctionName="f", Payload=b"{}")
    functions.delete_function_concurrency(FunctionName="f")
    get = lambda name, stat="Sum", **own: found(desk, "AWS/Lambda", name, stat, **own)  # noqa: E731
    assert get("Invocations", FunctionName="f") == get("Invocations") == 2.0
    assert get("Errors", FunctionName="f") == 1.0
    assert get("Throttles", FunctionName="f") == 2.0  # boto3 tried twice
    assert get("Duration", "Minimum", FunctionName="f") > 0
    assert get("ConcurrentExecutions", "Maximum", FunctionName="f") == 1.0
    assert get("ClaimedAccountConcurrency", "Maximum") == 1.0
    functions.create_function_url_config(FunctionName="f", AuthType="AWS_IAM")
    place = functions.get_function_url_config(FunctionName="f")["FunctionUrl"]
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(place, timeout=30)
    for own in ({}, {"Resource": "f:$LATEST"}, {"Resource": "f:$LATEST", "ExecutedVersion": "$LATEST"}):
        assert get("UrlRequestCount", FunctionName="f", **own) == 1.0
        assert get("Url4xxCount", FunctionName="f", **own) == 1.0
        assert get("Url5xxCount", FunctionName="f", **own) == 0.0
        assert get("UrlRequestLatency", "SampleCount", FunctionName="f", **own) == 1.0

    api = apis.create_api(Name="a", ProtocolType="HTTP", Target=arn)["ApiId"]
    functions.add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    url = f"{desk.cloud.url}/_aws/execute-api/{api}"
    assert urllib.request.urlopen(f"{url}/x", timeout=30).read() == b"hi"
    apis.delete_route(ApiId=api, RouteId=apis.get_routes(ApiId=api)["Items"][0]["RouteId"])
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{url}/x", timeout=30)
    for own in ({"ApiId": api}, {"ApiId": api, "Stage": "$default"}):
        assert found(desk, "AWS/ApiGateway", "Count", **own) == 2.0
        assert found(desk, "AWS/ApiGateway", "4xx", **own) == 1.0
        assert found(desk, "AWS/ApiGateway", "5xx", **own) == 0.0
        assert found(desk, "AWS/ApiGateway", "Latency", "SampleCount", **own) == 2.0
        assert found(desk, "AWS/ApiGateway", "IntegrationLatency", "SampleCount", **own) == 1.0
    assert found(desk, "AWS/Lambda", "Invocations", FunctionName="f") == 3.0


def test_queues_and_topics(desk):
    sqs, sns = desk.client("sqs"), desk.client("sns")
    url = sqs.create_queue(QueueName="q", tags={"team": "red"})["QueueUrl"]
    sqs.receive_message(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="Hello")
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    names = (
        ("NumberOfMessagesSent", 1.0), ("SentMessageSize", 5.0), ("NumberOfMessagesReceived", 1.0),
        ("NumberOfEmptyReceives", 1.0), ("NumberOfMessagesDeleted", 1.0),
    )  # fmt: skip
    for name, value in names:
        assert found(desk, "AWS/SQS", name, QueueName="q") == value
    sent = 'SELECT SUM(NumberOfMessagesSent) FROM "AWS/SQS"'
    for question, values in ((f"{sent} WHERE tag.team = 'red' GROUP BY tag.team", [[1.0]]),
                             (f"{sent} WHERE tag.team != 'red'", []), (f"{sent} GROUP BY tag.other", [])):  # fmt: skip
        assert desk.values({"Id": "q", "Expression": question, "Period": 3600}) == values
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.publish(TopicArn=topic, Message="Hello")
    entries = [{"Id": str(n), "Message": "x"} for n in range(3)]
    sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert found(desk, "AWS/SNS", "NumberOfMessagesPublished", TopicName="t") == 4.0
    assert found(desk, "AWS/SNS", "PublishSize", TopicName="t") == 8.0
    sns.publish(PhoneNumber="+15550100", Message="Hello")
    assert found(desk, "AWS/SNS", "SMSSuccessRate", "Average") == 1.0


def test_calls_are_counted_as_usage_when_their_minute_is_over(timed):
    own = {"Class": "None", "Type": "API", "Service": "SQS", "Resource": "ListQueues"}
    for _ in range(3):
        timed.client("sqs").list_queues()
    assert found(timed, "AWS/Usage", "CallCount", **own) is None
    timed.cloud.clock_advance(60)
    assert found(timed, "AWS/Usage", "CallCount", **own) == 3.0


def test_what_is_measured_wakes_an_alarm(timed):
    url = timed.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    timed.alarm(Namespace="AWS/SQS", MetricName="NumberOfMessagesSent", Threshold=0,
                Dimensions=[{"Name": "QueueName", "Value": "q"}])  # fmt: skip
    timed.cloud.clock_advance(60)
    timed.client("sqs").send_message(QueueUrl=url, MessageBody="Hello")
    timed.cloud.clock_advance(60)
    assert timed.state() == "ALARM"


def points(desk, namespace, name, **own):
    """The values of a metric in each minute of the last day, the oldest first."""
    answer = desk.watch.get_metric_statistics(
        Namespace=namespace, MetricName=name, Period=60, Statistics=["Maximum"],
        StartTime=desk.now() - 80_000, EndTime=desk.now() + 60,
        Dimensions=[{"Name": key, "Value": value} for key, value in own.items()],
    )  # fmt: skip
    return [each["Maximum"] for each in sorted(answer["Datapoints"], key=lambda each: each["Timestamp"])]


def test_how_full_a_queue_is_minute_by_minute(timed):
    sqs = timed.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    own = {"QueueName": "q"}
    get = lambda name: points(timed, "AWS/SQS", f"Approximate{name}", **own)  # noqa: E731
    sqs.send_message(QueueUrl=url, MessageBody="a")
    sqs.send_message(QueueUrl=url, MessageBody="b", DelaySeconds=150)
    timed.cloud.clock_advance(60)
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=90)
    timed.cloud.clock_advance(180)
    assert get("NumberOfMessagesVisible") == [1, 0, 2, 2]
    assert get("NumberOfMessagesNotVisible") == [0, 1, 0, 0]
    assert get("NumberOfMessagesDelayed") == [1, 1, 0, 0]
    assert get("AgeOfOldestMessage") == [60, 120, 180, 240]
    sqs.purge_queue(QueueUrl=url)
    timed.cloud.clock_advance(12 * 3600)
    visible = get("NumberOfMessagesVisible")
    assert len(visible) == 4 + 360 and set(visible[4:]) == {0}  # an empty queue is active for six hours


def test_a_message_that_comes_to_a_dead_letter_queue_alarms_and_goes_on_alarming(timed):
    sqs = timed.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName="q", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    timed.alarm(Namespace="AWS/SQS", MetricName="ApproximateNumberOfMessagesVisible", Threshold=0, Statistic="Maximum",
                Dimensions=[{"Name": "QueueName", "Value": "dead"}])  # fmt: skip
    sqs.send_message(QueueUrl=url, MessageBody="a")
    sqs.receive_message(QueueUrl=url)
    timed.cloud.clock_advance(120)
    sqs.receive_message(QueueUrl=url)
    timed.cloud.clock_advance(120)
    assert timed.state() == "ALARM"
    timed.cloud.clock_advance(3600)
    assert timed.state() == "ALARM"
    sqs.purge_queue(QueueUrl=dead)
    timed.cloud.clock_advance(240)
    assert timed.state() == "OK"


def test_what_becomes_of_notifications(desk):
    sqs, sns = desk.client("sqs"), desk.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    queue = f"arn:aws:sqs:us-east-1:{desk.account}"
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    document = json.dumps({"Version": "2012-10-17", "Statement": {**allow, "Resource": "*"}})
    for name, policy in (("q", document), ("dead", document), ("closed", "")):
        sqs.create_queue(QueueName=name, Attributes={"Policy": policy} if policy else {})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{queue}:q", Attributes={"FilterPolicy": '{"a": ["x"]}'})
    redrive = json.dumps({"deadLetterTargetArn": f"{queue}:dead"})
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=f"{queue}:closed", Attributes={"RedrivePolicy": redrive}
    )  # no policy lets it in
    sns.publish(TopicArn=topic, Message="1", MessageAttributes={"a": {"DataType": "String", "StringValue": "x"}})
    sns.publish(TopicArn=topic, Message="2")
    desk.cloud.settle()
    for name, value in (
        ("Delivered", 1.0), ("Failed", 2.0), ("RedrivenToDlq", 2.0), ("FilteredOut", 1.0),
        ("FilteredOut-NoMessageAttributes", 1.0),
    ):  # fmt: skip
        assert found(desk, "AWS/SNS", f"NumberOfNotifications{name}", TopicName="t") == value, name


def test_rules_and_schedules(timed):
    events, sqs, iam = timed.client("events"), timed.client("sqs"), timed.client("iam")
    queue = f"arn:aws:sqs:us-east-1:{timed.account}"
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    document = json.dumps({"Version": "2012-10-17", "Statement": {**allow, "Resource": "*"}})
    sqs.create_queue(QueueName="q", Attributes={"Policy": document})
    events.create_event_bus(Name="b")
    for name, target in (("good", f"{queue}:q"), ("bad", f"{queue}:none")):
        events.put_rule(Name=name, EventBusName="b", EventPattern='{"source": ["shop"]}')
        more = {"DeadLetterConfig": {"Arn": f"{queue}:q"}} if name == "bad" else {}
        events.put_targets(Rule=name, EventBusName="b", Targets=[{"Id": "t", "Arn": target, **more}])
    entry = {"Source": "shop", "DetailType": "d", "Detail": "{}", "EventBusName": "b"}
    events.put_events(Entries=[entry, {**entry, "Detail": "no"}])
    timed.cloud.settle()
    for name, good, bad in (
        ("MatchedEvents", 1.0, 1.0), ("TriggeredRules", 1.0, 1.0), ("Invocations", 1.0, 1.0),
        ("InvocationAttempts", 1.0, 1.0), ("SuccessfulInvocationAttempts", 1.0, None),
        ("FailedInvocations", None, 1.0), ("InvocationsSentToDlq", None, 1.0),
        ("IngestionToInvocationCompleteLatency", 0.0, 0.0),
    ):  # fmt: skip
        for rule, value in (("good", good), ("bad", bad)):
            assert found(timed, "AWS/Events", name, EventBusName="b", RuleName=rule) == value, (name, rule)
    assert found(timed, "AWS/Events", "PutEventsEntriesCount") == 2.0
    assert found(timed, "AWS/Events", "PutEventsFailedEntriesCount") == 1.0
    trust = {**TRUST, "Statement": {**TRUST["Statement"], "Principal": {"Service": "scheduler.amazonaws.com"}}}
    role = iam.create_role(RoleName="s", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    timed.client("scheduler").create_schedule(
        Name="s", ScheduleExpression="rate(1 hours)", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": f"{queue}:q", "RoleArn": role, "RetryPolicy": {"MaximumRetryAttempts": 0}},
    )  # fmt: skip
    timed.cloud.settle()
    for name in ("InvocationAttemptCount", "TargetErrorCount", "InvocationDroppedCount"):  # the role may do nothing
        assert (
            found(timed, "AWS/Scheduler", name, ScheduleGroup="default") == found(timed, "AWS/Scheduler", name) == 1.0
        )
