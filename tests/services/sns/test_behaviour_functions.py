"""Functions at the end of a topic, and the log of what became of deliveries."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": ["lambda.amazonaws.com", "sns.amazonaws.com"]},
        "Action": "sts:AssumeRole",
    },
}
SOURCE = """
import boto3, json, os

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
"""


@pytest.fixture
def listener(world, client):
    """The ARN of a function that passes on what it gets to a queue, the queue's URL, and its role."""
    iam = client("iam")
    role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": ["sqs:*", "logs:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": may})
    iam.put_role_policy(RoleName="runs", PolicyName="p", PolicyDocument=document)
    url, _ = world.queue("heard")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", SOURCE)
    made = client("lambda").create_function(
        FunctionName="listens", Role=role, Handler="app.handler", Runtime="python3.11",
        Code={"ZipFile": package.getvalue()}, Environment={"Variables": {"QUEUE": url}}, Timeout=30,
    )  # fmt: skip
    return made["FunctionArn"], url, role


def allow(client, arn, topic):
    given = {"Principal": "sns.amazonaws.com", "Action": "lambda:InvokeFunction", "SourceArn": topic}
    client("lambda").add_permission(FunctionName=arn, StatementId="sns", **given)


def test_a_function_gets_an_event(world, client, listener):
    arn, url, _ = listener
    topic = world.topic(SignatureVersion="2")
    own = world.subscribe(topic, "lambda", arn)
    allow(client, arn, topic)
    typed = {"a": {"DataType": "String", "StringValue": "b"}}
    sent = world.sns.publish(TopicArn=topic, Message="hello", Subject="greeting", MessageAttributes=typed)
    world.sns.publish(TopicArn=topic, Message="bare")
    events = {each["Records"][0]["Sns"]["Message"]: each["Records"][0] for each in world.bodies(url)}
    record = events["hello"]
    assert (record["EventSource"], record["EventVersion"], record["EventSubscriptionArn"]) == ("aws:sns", "1.0", own)
    content = record["Sns"]
    assert set(content) == {
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
        "SigningCertUrl", "UnsubscribeUrl", "MessageAttributes",
    }  # fmt: skip
    assert (content["MessageId"], content["SignatureVersion"]) == (sent["MessageId"], "1")
    assert content["MessageAttributes"] == {"a": {"Type": "String", "Value": "b"}}
    assert events["bare"]["Sns"]["Subject"] is None and events["bare"]["Sns"]["MessageAttributes"] == {}


def test_a_function_that_does_not_let_the_topic_in_is_not_run(world, client, listener):
    arn, url, _ = listener
    topic, (dead, redrive) = world.topic(), world.queue("dead")
    world.subscribe(topic, "lambda", arn, RedrivePolicy=json.dumps({"deadLetterTargetArn": redrive}))
    world.sns.publish(TopicArn=topic, Message="x")
    assert world.texts(dead) == ["x"] and world.received(url) == []


def test_what_became_of_deliveries_is_logged_as_the_role(world, client, listener):
    arn, url, role = listener
    topic = world.topic(
        LambdaSuccessFeedbackRoleArn=role, LambdaSuccessFeedbackSampleRate="100", LambdaFailureFeedbackRoleArn=role
    )
    own = world.subscribe(topic, "lambda", arn)
    allow(client, arn, topic)
    sent = world.sns.publish(TopicArn=topic, Message="hello")
    world.cloud.settle()
    client("lambda").remove_permission(FunctionName=arn, StatementId="sns")
    world.sns.publish(TopicArn=topic, Message="lost")
    world.cloud.settle()
    logs, group = client("logs"), f"sns/us-east-1/{world.account}/news"
    [event] = logs.filter_log_events(logGroupName=group)["events"]
    entry = json.loads(event["message"])
    assert entry["status"] == "SUCCESS" and entry["notification"]["messageId"] == sent["MessageId"]
    assert entry["notification"]["messageMD5Sum"] == "5d41402abc4b2a76b9719d911017c592"
    assert (entry["delivery"]["destination"], entry["delivery"]["statusCode"]) == (arn, 202)
    assert "lambdaRequestId" in json.loads(entry["delivery"]["providerResponse"])
    [event] = logs.filter_log_events(logGroupName=f"{group}/Failure")["events"]
    entry = json.loads(event["message"])
    assert entry["status"] == "FAILURE" and entry["delivery"]["statusCode"] == 403
    assert own and entry["notification"]["topicArn"] == topic


def test_a_role_that_may_not_log_logs_nothing(world, client, listener):
    arn, _, role = listener
    topic = world.topic(LambdaSuccessFeedbackRoleArn=role, LambdaSuccessFeedbackSampleRate="100")
    world.subscribe(topic, "lambda", arn)
    allow(client, arn, topic)
    may = {"Effect": "Allow", "Action": ["sqs:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": may})
    client("iam").put_role_policy(RoleName="runs", PolicyName="p", PolicyDocument=document)
    world.sns.publish(TopicArn=topic, Message="hello")
    world.cloud.settle()
    assert client("logs").describe_log_groups(logGroupNamePrefix="sns/")["logGroups"] == []


def test_what_became_of_text_messages_is_logged_too(world, client, listener):
    _, _, role = listener
    status = {"DeliveryStatusIAMRole": role, "DeliveryStatusSuccessSamplingRate": "100"}
    world.sns.set_sms_attributes(attributes=status)
    world.cloud.control("sms/opt-out", {"account": world.account, "region": "us-east-1", "phone": "+15550101"})
    sent = world.sns.publish(PhoneNumber="+15550100", Message="x")
    world.sns.publish(PhoneNumber="+15550101", Message="x")
    world.cloud.settle()
    group = f"sns/us-east-1/{world.account}/DirectPublishToPhoneNumber"
    [event] = client("logs").filter_log_events(logGroupName=group)["events"]
    entry = json.loads(event["message"])
    assert (entry["status"], entry["notification"]["messageId"]) == ("SUCCESS", sent["MessageId"])
    assert (entry["delivery"]["destination"], entry["delivery"]["numberOfMessageParts"]) == ("+15550100", 1)
    [event] = client("logs").filter_log_events(logGroupName=f"{group}/Failure")["events"]
    assert json.loads(event["message"])["delivery"]["destination"] == "+15550101"
