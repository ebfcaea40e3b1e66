"""What SES tells, heard where people listen: topics whose policy decides, the event bus, and queues behind them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.ses.conftest import Mailer, refused

OPEN = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",'
    ' "Resource": "*"}]}'
)


class Listener:
    """A topic that does not let SES in yet, and a queue that hears it."""

    def __init__(self, mailer: Mailer) -> None:
        self.mailer = mailer
        self.sns, self.sqs = (mailer.cloud.client(name, key=mailer.account) for name in ("sns", "sqs"))
        self.topic = self.sns.create_topic(Name="t")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="q", Attributes={"Policy": OPEN})["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{mailer.account}:q"
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

    def let_in(self, source: str) -> None:
        """Let SES publish for one of its resources in this account."""
        whose = {"StringEquals": {"AWS:SourceAccount": self.mailer.account}, "StringLike": {"AWS:SourceArn": source}}
        allow = {"Effect": "Allow", "Principal": {"Service": "ses.amazonaws.com"}, "Action": "sns:Publish"}
        statement = {**allow, "Resource": self.topic, "Condition": whose}
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="Policy", AttributeValue=policy)

    def heard(self) -> list[dict[str, Any]]:
        """What came since the last time."""
        self.mailer.cloud.settle()
        found = []
        while batch := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(each["Body"]) for each in batch]
            for each in batch:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=each["ReceiptHandle"])
        return found


@pytest.fixture
def listener(mailer: Mailer) -> Listener:
    return Listener(mailer)


def test_an_identitys_topic_hears_of_bounces_complaints_and_deliveries(mailer: Mailer, listener: Listener) -> None:
    sender = mailer.verify(f"a@{mailer.account}.example.com")
    mailer.production()
    for kind in ("Bounce", "Complaint", "Delivery"):
        given = {"Identity": sender, "NotificationType": kind, "SnsTopic": listener.topic}
        if kind == "Bounce":
            listener.let_in("arn:aws:ses:*:*:identity/somebody@else.example.com")
            refused("InvalidParameterValue", mailer.v1.set_identity_notification_topic, **given)
            listener.let_in(f"arn:aws:ses:us-east-1:{mailer.account}:identity/{sender}")
        mailer.v1.set_identity_notification_topic(**given)
    assert {each["notificationType"] for each in listener.heard()} == {"AmazonSnsSubscriptionSucceeded"}
    for to in ("success", "bounce", "complaint"):
        mailer.send(sender, f"{to}@simulator.amazonses.com")
    told = sorted((each["notificationType"], each["mail"]["destination"][0].split("@")[0]) for each in listener.heard())
    assert told == [
        ("Bounce", "bounce"), ("Complaint", "complaint"), ("Delivery", "complaint"), ("Delivery", "success"),
    ]  # fmt: skip


def test_a_receipt_rules_topics_hear_of_mail_that_came(mailer: Mailer, listener: Listener) -> None:
    domain = f"{mailer.account}.example.net"
    mailer.v1.verify_domain_identity(Domain=domain)
    mailer.verify_domain(domain)
    mailer.production()
    mailer.v1.create_receipt_rule_set(RuleSetName="set")
    mailer.v1.set_active_receipt_rule_set(RuleSetName="set")
    actions = [
        {"SNSAction": {"TopicArn": listener.topic, "Encoding": "UTF-8"}},
        {"StopAction": {"Scope": "RuleSet", "TopicArn": listener.topic}},
    ]
    rule = {"RuleSetName": "set", "Rule": {"Name": "r", "Enabled": True, "Actions": actions}}
    assert listener.topic in refused("InvalidSnsTopic", mailer.v1.create_receipt_rule, **rule)
    listener.let_in(f"arn:aws:ses:us-east-1:{mailer.account}:receipt-rule-set/set:receipt-rule/r")
    mailer.v1.create_receipt_rule(**rule)
    listener.heard()
    mailer.send(f"me@{domain}", f"you@{domain}", subject="To myself")
    first, second = sorted(listener.heard(), key=lambda each: each["receipt"]["action"]["type"])
    assert (first["receipt"]["action"]["type"], "Subject: To myself" in first["content"]) == ("SNS", True)
    assert (second["receipt"]["action"]["type"], "content" in second) == ("Stop", False)


def test_a_topic_hears_of_a_configuration_set(mailer: Mailer) -> None:
    sns, sqs = (mailer.cloud.client(name, key=mailer.account) for name in ("sns", "sqs"))
    topic = sns.create_topic(Name="t")["TopicArn"]
    queue = sqs.create_queue(QueueName="q", Attributes={"Policy": OPEN})["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{mailer.account}:q"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    mailer.verify("a@example.com")
    mailer.v2.create_configuration_set(ConfigurationSetName="one")
    mailer.v2.create_configuration_set_event_destination(
        ConfigurationSetName="one", EventDestinationName="d",
        EventDestination={"Enabled": True, "MatchingEventTypes": ["SEND"], "SnsDestination": {"TopicArn": topic}},
    )  # fmt: skip
    mailer.send("a@example.com", ConfigurationSetName="one")
    mailer.cloud.settle()
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    assert sum('"eventType":"Send"' in each["Body"] for each in found) == 1


def test_a_rule_of_the_event_bus_hears_of_it(mailer: Mailer) -> None:
    events, sqs = (mailer.cloud.client(name, key=mailer.account) for name in ("events", "sqs"))
    queue = sqs.create_queue(QueueName="q", Attributes={"Policy": OPEN})["QueueUrl"]
    pattern = {"source": ["aws.ses"], "detail-type": ["Email Delivered"]}
    events.put_rule(Name="mail", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="mail", Targets=[{"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:{mailer.account}:q"}])
    mailer.verify("a@example.com")
    mailer.v2.create_configuration_set(ConfigurationSetName="one")
    bus = {"EventBusArn": f"arn:aws:events:us-east-1:{mailer.account}:event-bus/default"}
    mailer.v2.create_configuration_set_event_destination(
        ConfigurationSetName="one", EventDestinationName="d",
        EventDestination={
            "Enabled": True, "MatchingEventTypes": ["SEND", "DELIVERY"], "EventBridgeDestination": bus,
        },
    )  # fmt: skip
    sent = mailer.send("a@example.com", ConfigurationSetName="one")
    mailer.cloud.settle()
    [found] = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    event = json.loads(found["Body"])
    assert event["detail"]["mail"]["messageId"] == sent and event["account"] == mailer.account
    assert event["resources"] == [f"arn:aws:ses:us-east-1:{mailer.account}:configuration-set/one"]
