"""Topics and subscriptions made by CloudFormation."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def deploy(world, client):
    """Makes or updates a stack of these resources; answers it."""
    cloudformation = client("cloudformation")

    def run(resources, method="create_stack", **outputs):
        body = {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}}
        getattr(cloudformation, method)(StackName="s", TemplateBody=json.dumps(body))
        world.cloud.settle()
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        return stack["StackStatus"], {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}

    return run


def topic(**properties):
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


def attributes(world, arn):
    return world.sns.get_topic_attributes(TopicArn=arn)["Attributes"]


def test_a_topic_with_all_that_belongs_to_it(world, deploy, client):
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish",
             "Resource": {"Ref": "Topic"}},
        ],
    }  # fmt: skip
    own = {"Protocol": "sms", "Endpoint": "+15550100"}
    resources = {
        "Topic": topic(DisplayName="News", Subscription=[own], Tags=[{"Key": "a", "Value": "b"}], SignatureVersion="2"),
        "Policy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {"PolicyDocument": policy, "Topics": [{"Ref": "Topic"}]},
        },
        "Subscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Topic"}, "Protocol": "sms", "Endpoint": "+15550101", "RawMessageDelivery": True,
                "FilterPolicy": {"kind": ["a"]}, "FilterPolicyScope": "MessageAttributes",
            },
        },
    }  # fmt: skip
    outputs = {
        "Arn": {"Ref": "Topic"}, "Name": {"Fn::GetAtt": ["Topic", "TopicName"]},
        "Subscription": {"Ref": "Subscription"},
        "Same": {"Fn::GetAtt": ["Topic", "TopicArn"]},
    }  # fmt: skip
    status, made = deploy(resources, **outputs)
    assert status == "CREATE_COMPLETE"
    assert made["Name"].startswith("s-Topic-") and made["Arn"] == made["Same"]
    found = attributes(world, made["Arn"])
    assert (found["DisplayName"], found["SignatureVersion"], found["SubscriptionsConfirmed"]) == ("News", "2", "2")
    assert json.loads(found["Policy"])["Statement"][0]["Sid"] == "s3"
    shown = world.sns.get_subscription_attributes(SubscriptionArn=made["Subscription"])["Attributes"]
    assert (shown["RawMessageDelivery"], json.loads(shown["FilterPolicy"])) == ("true", {"kind": ["a"]})

    resources["Topic"] = topic(DisplayName="Newer", Subscription=[{"Protocol": "sms", "Endpoint": "+15550102"}])
    del resources["Policy"]
    resources["Subscription"]["Properties"].pop("FilterPolicy")
    status, made = deploy(resources, "update_stack", **outputs)
    assert status == "UPDATE_COMPLETE"
    found = attributes(world, made["Arn"])
    assert found["DisplayName"] == "Newer" and "SignatureVersion" not in found
    assert json.loads(found["Policy"])["Id"] == "__default_policy_ID"
    listed = world.sns.list_subscriptions_by_topic(TopicArn=made["Arn"])["Subscriptions"]
    assert {each["Endpoint"] for each in listed} == {"+15550101", "+15550102"}
    shown = world.sns.get_subscription_attributes(SubscriptionArn=made["Subscription"])["Attributes"]
    assert "FilterPolicy" not in shown

    client("cloudformation").delete_stack(StackName="s")
    world.cloud.settle()
    assert world.sns.list_topics()["Topics"] == []


def test_a_fifo_topic_with_a_policy_of_its_own(world, deploy):
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sns:Subscribe", "Resource": "*"}
    resources = {
        "Topic": topic(FifoTopic=True, ContentBasedDeduplication=True, FifoThroughputScope="MessageGroup"),
        "Policy": {
            "Type": "AWS::SNS::TopicInlinePolicy",
            "Properties": {
                "TopicArn": {"Ref": "Topic"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            },
        },
    }  # fmt: skip
    status, made = deploy(resources, Arn={"Ref": "Topic"})
    assert status == "CREATE_COMPLETE" and made["Arn"].endswith(".fifo")
    found = attributes(world, made["Arn"])
    assert (found["ContentBasedDeduplication"], found["FifoThroughputScope"]) == ("true", "MessageGroup")
    assert json.loads(found["Policy"])["Statement"][0]["Action"] == "sns:Subscribe"


def test_what_is_not_built_fails_the_stack_by_name(deploy):
    status, _ = deploy({"Topic": topic(DataProtectionPolicy={"Name": "x"})})
    assert status in ("ROLLBACK_COMPLETE", "CREATE_FAILED")


def test_a_function_of_sam_listens_to_a_topic(world, client):
    """The event of an AWS::Serverless::Function: subscription, permission, filter."""
    source = "def handler(event, context):\n    print('heard', event['Records'][0]['Sns']['Message'])\n"
    event = {"Type": "SNS", "Properties": {"Topic": {"Ref": "Topic"}, "FilterPolicy": {"kind": ["a"]}}}
    resources = {
        "Topic": topic(),
        "Listener": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": "index.handler", "Runtime": "python3.11", "InlineCode": source, "FunctionName": "listens",
                "Events": {"News": event},
            },
        },
    }  # fmt: skip
    body = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": resources,
        "Outputs": {"Arn": {"Value": {"Ref": "Topic"}}},
    }
    cloudformation = client("cloudformation")
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(body), Capabilities=capabilities)
    world.cloud.settle()
    [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    arn = stack["Outputs"][0]["OutputValue"]
    for kind in ("a", "b"):
        typed = {"kind": {"DataType": "String", "StringValue": kind}}
        world.sns.publish(TopicArn=arn, Message=f"news of {kind}", MessageAttributes=typed)
    world.cloud.settle()
    found = client("logs").filter_log_events(logGroupName="/aws/lambda/listens", filterPattern="heard")["events"]
    assert [each["message"].strip() for each in found] == ["heard news of a"]
