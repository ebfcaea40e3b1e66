"""From topics to queues: what arrives, in which form, in which order, and where what cannot arrive goes."""

from __future__ import annotations

import json

import pytest

from tests.services.sns.conftest import refused

TYPED = {
    "attr1": {"DataType": "Number", "StringValue": "99.12"},
    "attr2": {"DataType": "Binary", "BinaryValue": b"\2\3"},
}


@pytest.fixture
def linked(world):
    """A topic, a queue's URL and ARN, and the subscription."""
    topic, (url, arn) = world.topic(), world.queue()
    return topic, url, arn, world.subscribe(topic, "sqs", arn)


def test_a_queue_gets_a_signed_document(world, linked):
    topic, url, _, own = linked
    sent = world.sns.publish(TopicArn=topic, Message="hello", Subject="greeting", MessageAttributes=TYPED)
    [message] = world.received(url)
    body = json.loads(message["Body"])
    assert list(body) == [
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
        "SigningCertURL", "UnsubscribeURL", "MessageAttributes",
    ]  # fmt: skip
    assert message["Body"].startswith('{\n  "Type" : "Notification",\n')
    assert (body["MessageId"], body["TopicArn"], body["Subject"]) == (sent["MessageId"], topic, "greeting")
    assert body["MessageAttributes"] == {
        "attr1": {"Type": "Number", "Value": "99.12"},
        "attr2": {"Type": "Binary", "Value": "AgM="},
    }
    assert body["UnsubscribeURL"].endswith(f"/?Action=Unsubscribe&SubscriptionArn={own}")
    assert "MessageAttributes" not in message


def test_a_topic_may_be_named_as_the_target(world, linked):
    topic, url, _, _ = linked
    world.sns.publish(TargetArn=topic, Message="x")
    assert world.texts(url) == ["x"]
    missing = {"TargetArn": f"{topic}x", "Message": "x"}
    assert refused("NotFound", world.sns.publish, **missing) == "Topic does not exist"


def test_raw_it_gets_the_message_itself(world, linked):
    topic, url, _, own = linked
    world.sns.set_subscription_attributes(
        SubscriptionArn=own, AttributeName="RawMessageDelivery", AttributeValue="tRue"
    )
    world.sns.publish(TopicArn=topic, Message="öß €", MessageAttributes=TYPED)
    [message] = world.received(url)
    assert message["Body"] == "öß €"
    assert message["MessageAttributes"]["attr1"] == {"StringValue": "99.12", "DataType": "Number"}
    assert message["MessageAttributes"]["attr2"]["BinaryValue"] == b"\2\3"


def test_each_protocol_may_get_a_text_of_its_own(world, linked):
    topic, url, _, _ = linked
    world.subscribe(topic, "sms", "+15550177")
    text = json.dumps({"default": "for all", "sqs": '{"field": "value"}'})
    world.sns.publish(TopicArn=topic, Message=text, MessageStructure="json")
    assert world.texts(url) == ['{"field": "value"}']
    assert [each["message"] for each in world.sms("+15550177")] == ["for all"]


def test_a_queue_that_does_not_let_the_topic_in_gets_nothing(world):
    topic, (url, arn) = world.topic(), world.queue(allowed=False)
    world.subscribe(topic, "sqs", arn)
    world.sns.publish(TopicArn=topic, Message="x")
    assert world.received(url) == []
    world.allow(url, arn)
    world.sns.publish(TopicArn=topic, Message="y")
    assert world.texts(url) == ["y"]


@pytest.mark.parametrize("raw", ["true", "false"])
def test_what_cannot_be_delivered_goes_to_the_dead_letter_queue(world, raw):
    topic, (gone, target), (dead, redrive) = world.topic(), world.queue("gone"), world.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": redrive})
    own = world.subscribe(topic, "sqs", target, RedrivePolicy=policy, RawMessageDelivery=raw)
    world.sqs.delete_queue(QueueUrl=gone)
    world.sns.publish(TopicArn=topic, Message="lost", MessageAttributes=TYPED)
    [message] = world.received(dead)
    if raw == "true":
        assert message["Body"] == "lost" and set(message["MessageAttributes"]) == {"attr1", "attr2"}
    else:
        assert own in json.loads(message["Body"])["UnsubscribeURL"] and "MessageAttributes" not in message


def test_a_trace_goes_on_with_the_message(world, linked):
    topic, url, _, _ = linked
    header = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"

    def add(request, **_):
        request.headers["x-amzn-trace-id"] = header

    world.sns.meta.events.register("before-send.sns.Publish", add)
    world.sns.publish(TopicArn=topic, Message="x")
    [message] = world.received(url)
    assert message["Attributes"]["AWSTraceHeader"] == header


def test_a_batch_arrives_and_may_fail_in_part(world, linked):
    topic, url, _, _ = linked
    entries = [
        {"Id": "1", "Message": "one"},
        {"Id": "2", "Message": ""},
        {"Id": "3", "Message": "three", "Subject": ""},
    ]
    answer = world.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[*entries, {"Id": "4", "Message": "4"}])
    assert [each["Id"] for each in answer["Successful"]] == ["1", "4"]
    failed = {each["Id"]: (each["Code"], each["SenderFault"]) for each in answer["Failed"]}
    assert failed == {"2": ("InvalidParameter", True), "3": ("InvalidParameter", True)}
    assert sorted(world.texts(url)) == ["4", "one"]


def test_a_topic_serves_a_queue_of_another_region_and_account(cloud, world):
    topic = world.topic()
    west = type(world)(cloud, world.account, "us-west-2")
    url, arn = west.sqs.create_queue(QueueName="far")["QueueUrl"], f"arn:aws:sqs:us-west-2:{world.account}:far"
    statement = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    west.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    world.subscribe(topic, "sqs", arn)
    world.sns.publish(TopicArn=topic, Message="far away")
    assert west.texts(url) == ["far away"]


def test_whose_queue_it_is_not_has_to_confirm(cloud, world):
    other = type(world)(cloud, f"{(int(world.account) + 1) % 10**12:012}")
    topic = world.topic()
    url, arn = other.queue(allowed=False)
    statement = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    other.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    answer = world.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    assert answer["SubscriptionArn"] == "pending confirmation"
    [asked] = other.bodies(url)
    assert asked["Type"] == "SubscriptionConfirmation" and "Signature" in asked
    world.sns.publish(TopicArn=topic, Message="early")
    world.sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])
    world.sns.publish(TopicArn=topic, Message="hello")
    assert other.texts(url) == ["hello"]


# ---- FIFO ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ordered(world):
    """A FIFO topic with a FIFO queue."""
    topic, (url, arn) = world.topic("orders.fifo"), world.queue("orders.fifo")
    world.subscribe(topic, "sqs", arn, RawMessageDelivery="true")
    return topic, url


def put(world, topic, text, group="g", **given):
    return world.sns.publish(TopicArn=topic, Message=text, MessageGroupId=group, **given)


def test_a_fifo_queue_gets_all_in_order_and_once(world, ordered):
    topic, url = ordered
    answers = [put(world, topic, f"{number}", MessageDeduplicationId=f"d{number}") for number in range(25)]
    numbers = [int(answer["SequenceNumber"]) for answer in answers]
    assert numbers == sorted(numbers) and all(len(answer["SequenceNumber"]) == 20 for answer in answers)
    again = put(world, topic, "other", MessageDeduplicationId="d3")
    assert (again["MessageId"], again["SequenceNumber"]) == (answers[3]["MessageId"], answers[3]["SequenceNumber"])
    messages = world.received(url)
    assert [each["Body"] for each in messages] == [f"{number}" for number in range(25)]
    assert messages[3]["Attributes"]["MessageDeduplicationId"] == "d3"
    assert messages[3]["Attributes"]["MessageGroupId"] == "g"


def test_content_can_tell_duplicates(world):
    topic, (url, arn) = world.topic("a.fifo", ContentBasedDeduplication="true"), world.queue("a.fifo")
    world.subscribe(topic, "sqs", arn)
    first = put(world, topic, "Test")
    assert put(world, topic, "Test", "other")["MessageId"] == first["MessageId"]
    [message] = world.received(url)
    digest = "532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25"
    assert message["Attributes"]["MessageDeduplicationId"] == digest
    body = json.loads(message["Body"])
    assert list(body) == ["Type", "MessageId", "SequenceNumber", "TopicArn", "Message", "Timestamp", "UnsubscribeURL"]
    assert body["SequenceNumber"] == first["SequenceNumber"]


def test_duplicates_may_be_told_by_group(world):
    topic = world.topic("a.fifo", ContentBasedDeduplication="true", FifoThroughputScope="MessageGroup")
    first = put(world, topic, "Test", "a")
    assert put(world, topic, "Test", "b")["MessageId"] != first["MessageId"]
    assert put(world, topic, "Test", "a")["MessageId"] == first["MessageId"]


def test_what_a_fifo_topic_asks_for(world, ordered):
    topic, _ = ordered
    text = refused("InvalidParameter", world.sns.publish, TopicArn=topic, Message="x")
    assert text == "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
    text = refused("InvalidParameter", put, world=world, topic=topic, text="x")
    assert "ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly" in text
    standard = world.queue("plain")[1]
    own = world.subscribe(topic, "sqs", world.queue("b.fifo")[1])
    policy = json.dumps({"deadLetterTargetArn": standard})
    given = {"SubscriptionArn": own, "AttributeName": "RedrivePolicy", "AttributeValue": policy}
    text = refused("InvalidParameter", world.sns.set_subscription_attributes, **given)
    assert "must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic." in text


def test_a_fifo_topic_serves_a_standard_queue(world):
    topic, (url, arn) = world.topic("a.fifo"), world.queue("plain")
    world.subscribe(topic, "sqs", arn)
    put(world, topic, "x", MessageDeduplicationId="d")
    [message] = world.received(url)
    assert json.loads(message["Body"])["Message"] == "x" and "MessageGroupId" not in message["Attributes"]


def test_a_group_of_a_standard_topic_goes_on_to_the_queue(world, linked):
    topic, url, _, _ = linked
    put(world, topic, "x", "my-group")
    [message] = world.received(url)
    assert message["Attributes"]["MessageGroupId"] == "my-group"


def test_what_a_fifo_queue_could_not_get_is_in_order_in_the_dead_letter_queue(world):
    topic, (gone, target), (dead, redrive) = world.topic("a.fifo"), world.queue("gone.fifo"), world.queue("dead.fifo")
    world.subscribe(topic, "sqs", target, RedrivePolicy=json.dumps({"deadLetterTargetArn": redrive}))
    world.sqs.delete_queue(QueueUrl=gone)
    for number in range(5):
        put(world, topic, str(number), MessageDeduplicationId=str(number))
    messages = world.received(dead)
    assert [json.loads(each["Body"])["Message"] for each in messages] == list("01234")
    assert messages[0]["Attributes"]["MessageDeduplicationId"] == "0"


def test_after_five_minutes_a_duplicate_is_news(fresh_world):
    world = fresh_world
    topic = world.topic("a.fifo", ContentBasedDeduplication="true")
    first = put(world, topic, "x")["MessageId"]
    world.cloud.clock_advance(299)
    assert put(world, topic, "x")["MessageId"] == first
    world.cloud.clock_advance(2)
    assert put(world, topic, "x")["MessageId"] != first


def test_across_crashes_all_arrives_once_and_in_order(fresh_world):
    world = fresh_world
    topic, (url, arn) = world.topic("orders.fifo"), world.queue("orders.fifo")
    world.subscribe(topic, "sqs", arn, RawMessageDelivery="true")
    got = []
    for part in range(2):
        for number in range(20):
            put(world, topic, f"{part * 20 + number}", MessageDeduplicationId=f"{part * 20 + number}")
        world.cloud.restart()  # with some delivered and some not
    while page := world.received(url):
        got += [int(each["Body"]) for each in page]
    assert got == list(range(40))
