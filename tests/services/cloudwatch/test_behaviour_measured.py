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
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
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
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.publish(TopicArn=topic, Message="Hello")
    entries = [{"Id": str(n), "Message": "x"} for n in range(3)]
    sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert found(desk, "AWS/SNS", "NumberOfMessagesPublished", TopicName="t") == 4.0
    assert found(desk, "AWS/SNS", "PublishSize", TopicName="t") == 8.0


def test_what_is_measured_wakes_an_alarm(timed):
    url = timed.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    timed.alarm(Namespace="AWS/SQS", MetricName="NumberOfMessagesSent", Threshold=0,
                Dimensions=[{"Name": "QueueName", "Value": "q"}])  # fmt: skip
    timed.cloud.clock_advance(60)
    timed.client("sqs").send_message(QueueUrl=url, MessageBody="Hello")
    timed.cloud.clock_advance(60)
    assert timed.state() == "ALARM"
