"""Who may do what with topics."""

from __future__ import annotations

import asyncio
import json

import pytest

from cloudarium.cloud import Cloud
from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.shared.errors import AccessDenied
from tests.services.sns.conftest import World, refused


def statement(effect, action, **more):
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def policy(world, arn, *statements):
    text = json.dumps(document(*(dict(each, Resource=arn) for each in statements)))
    world.sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text)


def test_the_first_policy_of_a_topic_lets_nobody_in_by_himself(world, iam_user):
    arn = world.topic()
    caller = iam_user()("sns")
    text = refused("AuthorizationError", caller.publish, TopicArn=arn, Message="x")
    assert f"is not authorized to perform: sns:Publish on resource: {arn}" in text


def test_a_topic_lets_in_by_its_own_policy(world, iam_user):
    arn = world.topic()
    caller = iam_user()("sns")
    who = {"AWS": f"arn:aws:iam::{world.account}:user/someone"}
    policy(world, arn, statement("Allow", "sns:Publish", Principal=who))
    caller.publish(TopicArn=arn, Message="x")
    caller.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[{"Id": "a", "Message": "x"}])
    refused("AuthorizationError", caller.get_topic_attributes, TopicArn=arn)


def test_another_account_is_let_in_by_a_permission(cloud, world):
    arn = world.topic()
    other = World(cloud, f"{(int(world.account) + 1) % 10**12:012}")
    refused("AuthorizationError", other.sns.publish, TopicArn=arn, Message="x")
    given = {"Label": "x", "AWSAccountId": [other.account], "ActionName": ["Publish", "Subscribe"]}
    world.sns.add_permission(TopicArn=arn, **given)
    other.sns.publish(TopicArn=arn, Message="x")
    own = other.subscribe(arn, "sms", "+15550100")
    assert [each["Owner"] for each in world.sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]] == [
        other.account
    ]
    assert world.sns.list_subscriptions()["Subscriptions"] == []
    assert len(other.sns.list_subscriptions()["Subscriptions"]) == 1
    assert world.sns.get_subscription_attributes(SubscriptionArn=own)["Attributes"]["Owner"] == other.account
    refused("AuthorizationError", other.sns.delete_topic, TopicArn=arn)


def test_a_subscription_is_its_owners_and_its_topics(cloud, world):
    own = world.subscribe(world.topic(), "sms", "+15550100")
    stranger = World(cloud, f"{(int(world.account) + 1) % 10**12:012}")
    refused("AuthorizationError", stranger.sns.get_subscription_attributes, SubscriptionArn=own)
    given = {"SubscriptionArn": own, "AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    refused("AuthorizationError", stranger.sns.set_subscription_attributes, **given)


def test_a_policy_can_say_by_which_protocol_and_where(world, iam_user):
    arn = world.topic()
    only = {"StringEquals": {"sns:Protocol": "email"}, "StringLike": {"sns:Endpoint": "*@example.com"}}
    caller = iam_user(document(statement("Allow", "sns:Subscribe", Condition=only)))("sns")
    caller.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")
    refused("AuthorizationError", caller.subscribe, TopicArn=arn, Protocol="email", Endpoint="a@example.org")
    refused("AuthorizationError", caller.subscribe, TopicArn=arn, Protocol="sms", Endpoint="+15550100")


def test_an_encrypted_topic_asks_for_its_key(world, iam_user, client):
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    arn = world.topic(KmsMasterKeyId=key)
    url, queue = world.queue()
    world.subscribe(arn, "sqs", queue)
    caller = iam_user(document(statement("Allow", "sns:*")))("sns")
    refused("KMSAccessDenied", caller.publish, TopicArn=arn, Message="x")
    via = {"StringEquals": {"kms:ViaService": "sns.us-east-1.amazonaws.com"}}
    more = document(statement("Allow", "sns:*"), statement("Allow", "kms:GenerateDataKey*", Condition=via))
    client("iam").put_user_policy(UserName="someone", PolicyName="only", PolicyDocument=json.dumps(more))
    caller.publish(TopicArn=arn, Message="sealed")
    caller.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[{"Id": "a", "Message": "sealed too"}])
    assert sorted(world.texts(url)) == ["sealed", "sealed too"]
    kms.disable_key(KeyId=key)
    refused("KMSDisabled", caller.publish, TopicArn=arn, Message="x")


def test_a_policy_means_the_user_and_not_the_name(world, iam_user, client):
    arn = world.topic()
    first = iam_user()("sns")
    who = {"AWS": f"arn:aws:iam::{world.account}:user/someone"}
    policy(world, arn, statement("Allow", "sns:Publish", Principal=who))
    first.publish(TopicArn=arn, Message="x")
    iam = client("iam")
    [key] = iam.list_access_keys(UserName="someone")["AccessKeyMetadata"]
    iam.delete_access_key(UserName="someone", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="someone")
    assert '"AIDA' in world.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    refused("AuthorizationError", iam_user()("sns").publish, TopicArn=arn, Message="x")


def test_the_first_policy_lets_in_services_that_say_whose_they_are(tmp_path):
    async def publish(cloud, arn, **context):
        service = Principal.service("cloudwatch.amazonaws.com", cloud.home.account)
        given = {"TopicArn": arn, "Message": "x"}
        return await cloud.send(Call(cloud, None), "sns", "Publish", given, service, context, cloud.home)

    async def test():
        cloud = Cloud(tmp_path / "cloud")
        root = Principal.root(cloud.home.account)
        made = await cloud.send(Call(cloud, None), "sns", "CreateTopic", {"Name": "t"}, root, None, cloud.home)
        assert await publish(cloud, made["TopicArn"], **{"aws:SourceOwner": cloud.home.account})
        for context in ({}, {"aws:SourceOwner": "999999999999"}, {"aws:SourceAccount": cloud.home.account}):
            with pytest.raises(AccessDenied):
                await publish(cloud, made["TopicArn"], **context)
        await cloud.stop()

    asyncio.run(test())
