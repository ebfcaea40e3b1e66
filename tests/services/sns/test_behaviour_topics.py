"""Topics: what they are made of, made twice, listed, tagged and deleted."""

from __future__ import annotations

import base64
import json

from tests.services.sns.conftest import refused

EXISTS = "Invalid parameter: {0} Reason: Topic already exists with different {1}"


def attributes(world, arn):
    return world.sns.get_topic_attributes(TopicArn=arn)["Attributes"]


def test_what_a_new_topic_says_of_itself(world):
    arn = world.topic("a-topic")
    assert arn == f"arn:aws:sns:us-east-1:{world.account}:a-topic"
    found = attributes(world, arn)
    policy, delivery = json.loads(found.pop("Policy")), json.loads(found.pop("EffectiveDeliveryPolicy"))
    assert found == {
        "TopicArn": arn, "Owner": world.account, "DisplayName": "", "SubscriptionsConfirmed": "0",
        "SubscriptionsPending": "0", "SubscriptionsDeleted": "0",
    }  # fmt: skip
    [statement] = policy["Statement"]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": world.account}}
    assert statement["Resource"] == arn and "SNS:Publish" in statement["Action"]
    assert delivery["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3


def test_a_fifo_topic_says_that_it_is_one(world):
    found = attributes(world, world.topic("a.fifo", DisplayName="x", SignatureVersion="2"))
    assert (found["FifoTopic"], found["ContentBasedDeduplication"]) == ("true", "false")
    plain = world.sns.create_topic(Name="plain", Attributes={"FifoTopic": "false"})["TopicArn"]
    assert "FifoTopic" not in attributes(world, plain)


def test_made_again_it_is_the_same_topic(world):
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    first = world.sns.create_topic(Name="t", Attributes={"DisplayName": "x"}, Tags=tags)["TopicArn"]
    for given in ({}, {"Tags": tags}, {"Tags": tags[:1]}, {"Tags": []}, {"Attributes": {"DisplayName": "x"}}):
        assert world.sns.create_topic(Name="t", **given)["TopicArn"] == first
    other = {"Attributes": {"DisplayName": "y"}}
    text = refused("InvalidParameter", world.sns.create_topic, Name="t", **other)
    assert text == EXISTS.format("Attributes", "attributes")
    text = refused("InvalidParameter", world.sns.create_topic, Name="t", Tags=[{"Key": "c", "Value": "3"}])
    assert text == EXISTS.format("Tags", "tags")
    world.sns.delete_topic(TopicArn=first)
    again = world.sns.create_topic(Name="t", Tags=[{"Key": "c", "Value": "3"}])["TopicArn"]
    assert world.sns.list_tags_for_resource(ResourceArn=again)["Tags"] == [{"Key": "c", "Value": "3"}]


def test_attributes_are_set_and_taken_back(world):
    arn = world.topic()

    def put(name, value):
        world.sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)

    put("DisplayName", "News")
    put("TracingConfig", "Active")
    put("SignatureVersion", "2")
    put("KmsMasterKeyId", "alias/aws/sns")
    found = attributes(world, arn)
    assert (found["DisplayName"], found["TracingConfig"], found["SignatureVersion"]) == ("News", "Active", "2")
    assert found["KmsMasterKeyId"] == "alias/aws/sns"
    put("KmsMasterKeyId", "")
    assert "KmsMasterKeyId" not in attributes(world, arn)


def test_a_delivery_policy_and_what_comes_of_it(world):
    arn = world.topic()

    def put(policy):
        text = policy if isinstance(policy, str) else json.dumps(policy)
        world.sns.set_topic_attributes(TopicArn=arn, AttributeName="DeliveryPolicy", AttributeValue=text)
        found = attributes(world, arn)
        own = json.loads(found["DeliveryPolicy"])["http"] if "DeliveryPolicy" in found else None
        return own, json.loads(found["EffectiveDeliveryPolicy"])["http"]

    own, whole = put({"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}})
    kind = {"headerContentType": "application/json"}
    assert own == {"disableSubscriptionOverrides": False, "defaultRequestPolicy": kind}
    assert whole["defaultRequestPolicy"] == kind
    retries = {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}
    own, whole = put({"http": {"defaultHealthyRetryPolicy": retries}})
    assert own == {"defaultHealthyRetryPolicy": retries, "disableSubscriptionOverrides": False}
    more = {"numMaxDelayRetries": 0, "numNoDelayRetries": 0, "numMinDelayRetries": 0, "backoffFunction": "linear"}
    assert whole["defaultHealthyRetryPolicy"] == {**retries, **more}
    own, whole = put({"http": {"defaultHealthyRetryPolicy": None}})
    assert own == {"disableSubscriptionOverrides": False}
    own, whole = put("")
    assert own is None and whole["defaultHealthyRetryPolicy"]["minDelayTarget"] == 20


def test_topics_are_listed_a_hundred_at_a_time(world):
    for number in range(101):
        world.sns.create_topic(Name=f"t{number:03}")
    first = world.sns.list_topics()
    assert base64.b64decode(first["NextToken"])
    second = world.sns.list_topics(NextToken=first["NextToken"])
    names = [each["TopicArn"].rpartition(":")[2] for page in (first, second) for each in page["Topics"]]
    assert names == [f"t{number:03}" for number in range(101)] and "NextToken" not in second


def test_tags_come_and_go(world):
    arn = world.topic()
    world.sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "k1", "Value": "v1"}, {"Key": "k2", "Value": "v2"}])
    world.sns.untag_resource(ResourceArn=arn, TagKeys=["k1", "none"])
    world.sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "k2", "Value": "v2b"}])
    assert world.sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "k2", "Value": "v2b"}]


def test_a_deleted_topic_takes_its_subscriptions_along(world):
    arn = world.topic()
    world.subscribe(arn, "sms", "+15550100")
    world.sns.delete_topic(TopicArn=arn)
    world.sns.delete_topic(TopicArn=arn)
    assert world.sns.list_subscriptions()["Subscriptions"] == []
    refused("NotFound", world.sns.get_topic_attributes, TopicArn=arn)


def test_permissions_are_statements_of_the_policy(world):
    arn = world.topic()
    given = {"TopicArn": arn, "Label": "test", "AWSAccountId": ["999999999999"], "ActionName": ["Publish"]}
    world.sns.add_permission(**given)
    statement = json.loads(attributes(world, arn)["Policy"])["Statement"][1]
    assert statement == {
        "Sid": "test", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "SNS:Publish", "Resource": arn,
    }  # fmt: skip
    assert "Statement already exists" in refused("InvalidParameter", world.sns.add_permission, **given)
    given.update(Label="two", ActionName=["Nothing"])
    text = refused("InvalidParameter", world.sns.add_permission, **given)
    assert "Policy statement action out of service scope!" in text
    given.update(ActionName=["Publish", "Subscribe"], AWSAccountId=["888888888888", "999999999999"])
    world.sns.add_permission(**given)
    statement = json.loads(attributes(world, arn)["Policy"])["Statement"][2]
    assert statement["Action"] == ["SNS:Publish", "SNS:Subscribe"] and len(statement["Principal"]["AWS"]) == 2
    for label in ("test", "two", "none"):
        world.sns.remove_permission(TopicArn=arn, Label=label)
    assert len(json.loads(attributes(world, arn)["Policy"])["Statement"]) == 1
