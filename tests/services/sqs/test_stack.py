"""Queues and their policies made by CloudFormation.

What updates leave behind is what AWS was seen to leave: localstack, test_aws_sqs_queue.snapshot.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.conftest import RunningCloud
from tests.services.sqs.queue import refused

Clients = Callable[..., Any]
ALL = {
    "DelaySeconds": 17,
    "KmsDataKeyReusePeriodSeconds": 297,
    "KmsMasterKeyId": "alias/aws/sqs",
    "MaximumMessageSize": 1234,
    "MessageRetentionPeriod": 13579,
    "QueueName": "all",
    "ReceiveMessageWaitTimeSeconds": 18,
    "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 7},
    "Tags": [{"Key": "Department", "Value": "Finance"}, {"Key": "Environment", "Value": "Production"}],
    "VisibilityTimeout": 45,
}


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def deploy(cloud: RunningCloud, client: Clients, resources: dict[str, Any], method: str = "create_stack") -> Any:
    """The outputs of the stack: of each queue the URL, the ARN and the name."""
    outputs: dict[str, Any] = {}
    for name, resource in resources.items():
        if resource["Type"] == "AWS::SQS::Queue":
            outputs[name] = {"Value": {"Ref": name}}
            for attribute in ("Arn", "QueueName", "QueueUrl"):
                outputs[name + attribute] = {"Value": {"Fn::GetAtt": [name, attribute]}}
    cloudformation = client("cloudformation")
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    getattr(cloudformation, method)(StackName="s", TemplateBody=body)
    cloud.settle()
    (stack,) = cloudformation.describe_stacks(StackName="s")["Stacks"]
    events = cloudformation.describe_stack_events(StackName="s")["StackEvents"]
    reasons = [each["ResourceStatusReason"] for each in events if "ResourceStatusReason" in each]
    assert stack["StackStatus"] == f"{method.partition('_')[0].upper()}_COMPLETE", reasons
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}


def attributes(sqs: Any, url: str) -> dict[str, str]:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {name: value for name, value in found.items() if not name.startswith(("Approximate", "Created", "LastMod"))}


def test_a_queue_with_everything(cloud: RunningCloud, client: Clients, sqs: Any) -> None:
    dead = queue(RedriveAllowPolicy={"redrivePermission": "allowAll"})
    made = deploy(cloud, client, {"Queue": queue(**ALL), "Dead": dead})
    assert made["Queue"] == made["QueueQueueUrl"] and made["QueueQueueName"] == "all"
    assert attributes(sqs, made["Queue"]) == {
        "DelaySeconds": "17",
        "KmsDataKeyReusePeriodSeconds": "297",
        "KmsMasterKeyId": "alias/aws/sqs",
        "MaximumMessageSize": "1234",
        "MessageRetentionPeriod": "13579",
        "QueueArn": made["QueueArn"],
        "ReceiveMessageWaitTimeSeconds": "18",
        "RedrivePolicy": json.dumps(
            {"deadLetterTargetArn": made["DeadArn"], "maxReceiveCount": 7}, separators=(",", ":")
        ),
        "SqsManagedSseEnabled": "false",
        "VisibilityTimeout": "45",
    }
    assert json.loads(attributes(sqs, made["Dead"])["RedriveAllowPolicy"]) == {"redrivePermission": "allowAll"}
    tags = sqs.list_queue_tags(QueueUrl=made["Queue"])["Tags"]
    assert {name: tags[name] for name in ("Department", "Environment")} == {
        "Department": "Finance",
        "Environment": "Production",
    }
    fewer = {
        name: value
        for name, value in ALL.items()
        if name in ("DelaySeconds", "QueueName", "RedrivePolicy", "VisibilityTimeout")
    }
    fewer["Tags"] = [{"Key": "Environment", "Value": "Pre-Production"}]
    again = deploy(cloud, client, {"Queue": queue(**fewer), "Dead": dead}, "update_stack")
    assert again["Queue"] == made["Queue"]
    shown = attributes(sqs, made["Queue"])
    assert "KmsMasterKeyId" not in shown
    expected = {
        "MaximumMessageSize": "262144",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "false",
        "VisibilityTimeout": "45",
    }
    assert shown.items() >= expected.items()
    tags = sqs.list_queue_tags(QueueUrl=made["Queue"])["Tags"]
    assert tags["Environment"] == "Pre-Production" and "Department" not in tags
    client("cloudformation").delete_stack(StackName="s")
    cloud.settle()
    refused("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_attributes, QueueUrl=made["Queue"])


def test_a_fifo_queue(cloud: RunningCloud, client: Clients, sqs: Any) -> None:
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    made = deploy(cloud, client, {"Queue": queue(FifoQueue=True, ContentBasedDeduplication=True, **high)})
    assert made["Queue"].endswith(".fifo") and "Queue" in made["QueueQueueName"]
    shown = attributes(sqs, made["Queue"])
    assert (shown["FifoQueue"], shown["ContentBasedDeduplication"]) == ("true", "true")
    again = deploy(cloud, client, {"Queue": queue(FifoQueue="true", Tags=[])}, "update_stack")
    assert again == made
    shown = attributes(sqs, made["Queue"])
    assert (shown["ContentBasedDeduplication"], shown["DeduplicationScope"]) == ("false", "queue")
    plain = deploy(cloud, client, {"Queue": queue(FifoQueue=False, ContentBasedDeduplication=False)}, "update_stack")
    assert plain["Queue"] != made["Queue"] and "FifoQueue" not in attributes(sqs, plain["Queue"])


def test_policies(cloud: RunningCloud, client: Clients, sqs: Any) -> None:
    def of(*actions: str) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Principal": "*", "Action": list(actions), "Resource": "*"}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def shared(document: Any, *queues: str) -> dict[str, Any]:
        urls = [{"Ref": name} for name in queues]
        return {"Type": "AWS::SQS::QueuePolicy", "Properties": {"PolicyDocument": document, "Queues": urls}}

    inline = {
        "Type": "AWS::SQS::QueueInlinePolicy",
        "Properties": {"PolicyDocument": of("sqs:ReceiveMessage"), "Queue": {"Ref": "C"}},
    }
    queues = {name: queue() for name in "ABC"}
    made = deploy(cloud, client, {**queues, "P": shared(of("sqs:SendMessage"), "A", "B"), "I": inline})
    shown = {name: attributes(sqs, made[name]).get("Policy") for name in "ABC"}
    assert shown["A"] == shown["B"] and json.loads(shown["A"] or "") == of("sqs:SendMessage")
    assert json.loads(shown["C"] or "") == of("sqs:ReceiveMessage")
    assert client("sqs", key="668614515564").send_message(QueueUrl=made["A"], MessageBody="x")
    deploy(cloud, client, {**queues, "P": shared(of("sqs:GetQueueUrl"), "B", "C")}, "update_stack")
    shown = {name: attributes(sqs, made[name]).get("Policy") for name in "ABC"}
    assert shown["A"] is None and json.loads(shown["B"] or "") == of("sqs:GetQueueUrl")
