"""Every delivery is in the trace of the call that caused it, as the journal shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import RunningCloud

SOURCES = ("events", "s3", "scheduler", "sns")


class World:
    """An account with a queue that AWS's services may fill, and a role that may do everything."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud, self.account = cloud, account
        services = [f"{name}.amazonaws.com" for name in SOURCES]
        allow = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "*", "Resource": "*"}
        self.policy = json.dumps({"Version": "2012-10-17", "Statement": {**allow, "Action": "sqs:SendMessage"}})
        self.client("sqs").create_queue(QueueName="q", Attributes={"Policy": self.policy})
        self.queue = f"arn:aws:sqs:us-east-1:{account}:q"
        trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        iam = self.client("iam")
        self.role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        grant = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": grant})
        iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document)

    def client(self, service: str) -> Any:
        return self.cloud.client(service, key=self.account)

    def topic(self, *attributes: Any) -> str:
        """The ARN of a topic with the queue as its subscriber."""
        sns = self.client("sns")
        arn = sns.create_topic(Name="t")["TopicArn"]
        allow = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish"}
        document = json.dumps({"Version": "2012-10-17", "Statement": {**allow, "Resource": arn}})
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=self.queue)
        return str(arn)

    def traces(self, operation: str) -> set[str]:
        """The traces of this account's calls of an operation: their roots, as the rest says what led to each call."""
        self.cloud.settle()
        entries = self.cloud.control(f"journal?account={self.account}&limit=1000")["entries"]
        return {root_of(entry) for entry in entries if entry["operation"] == operation}


def root_of(entry: dict[str, Any]) -> str:
    return str(entry["trace"].partition(";")[0])


@pytest.fixture
def world(cloud: RunningCloud, account: str) -> World:
    return World(cloud, account)


def test_a_topic_delivers_in_the_trace_of_the_publisher(world: World) -> None:
    world.client("sns").publish(TopicArn=world.topic(), Message="m")
    [trace] = world.traces("Publish")
    assert world.traces("SendMessage") == {trace}


def test_a_bus_delivers_in_the_trace_of_who_put_the_event_over_other_buses_too(world: World) -> None:
    events = world.client("events")
    bus = events.create_event_bus(Name="b")["EventBusArn"]
    events.put_rule(Name="on", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="on", Targets=[{"Id": "t", "Arn": bus, "RoleArn": world.role}])
    events.put_rule(Name="to", EventBusName="b", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="to", EventBusName="b", Targets=[{"Id": "t", "Arn": world.queue}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    [trace] = world.traces("PutEvents")  # of the caller and of the first bus
    assert world.traces("SendMessage") == {trace}


def test_what_happens_in_a_bucket_is_told_in_the_trace_of_who_did_it(world: World) -> None:
    s3, events, name = world.client("s3"), world.client("events"), f"traced-{world.account}"
    s3.create_bucket(Bucket=name)
    topic = {"TopicArn": world.topic(), "Events": ["s3:ObjectCreated:*"]}
    told = {"TopicConfigurations": [topic], "EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=told)
    events.put_rule(Name="made", EventPattern='{"source": ["aws.s3"]}')
    events.put_targets(Rule="made", Targets=[{"Id": "t", "Arn": world.queue}])
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    [trace] = world.traces("PutObject")
    assert trace in world.traces("Publish") and world.traces("PutEvents") == {trace}
    assert trace in world.traces("SendMessage")
    world.cloud.settle()
    entries = world.cloud.control(f"journal?account={world.account}&limit=1000")["entries"]
    assert [entry["operation"] for entry in entries if root_of(entry) == trace].count("SendMessage") == 2


def test_what_a_schedule_does_is_a_trace_of_its_own_each_time(fresh_cloud: RunningCloud) -> None:
    world = World(fresh_cloud, "111111111111")
    fresh_cloud.control("clock", {"freeze": True})
    world.client("scheduler").create_schedule(
        Name="s", ScheduleExpression="rate(1 hours)", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": world.queue, "RoleArn": world.role},
    )  # fmt: skip
    world.client("events").put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")
    world.client("events").put_targets(Rule="hourly", Targets=[{"Id": "t", "Arn": world.queue}])
    [made] = world.traces("CreateSchedule")
    fresh_cloud.clock_advance(3700)
    sent = world.traces("SendMessage")
    assert len(sent) == 3 and made not in sent and all(trace.startswith("Root=1-") for trace in sent)
    entries = fresh_cloud.control("journal?account=111111111111&limit=1000")["entries"]
    for trace in sent:
        operations = [entry["operation"] for entry in entries if root_of(entry) == trace]
        assert operations.count("SendMessage") == 1, operations
