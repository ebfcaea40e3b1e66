"""What SNS refuses, in AWS's codes and words."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.services.sns.conftest import refused

WRONG_TYPE = "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."


def wrong(call, **given):
    """The sentence behind "Invalid parameter: "."""
    return refused("InvalidParameter", call, **given).removeprefix("Invalid parameter: ")


@pytest.mark.parametrize("name", ["", "a" * 257, "a:b", "a b", "a.b", "a.fifo"])
def test_names_that_no_topic_has(world, name):
    assert wrong(world.sns.create_topic, Name=name) == "Topic Name"


def test_a_fifo_topic_is_named_like_one(world):
    given = {"Attributes": {"FifoTopic": "true"}}
    assert wrong(world.sns.create_topic, Name="a", **given).startswith("Fifo Topic names must end with .fifo")
    world.sns.create_topic(Name="a.fifo", **given)


def test_arns_that_are_none(world):
    for operation, more in (
        ("get_topic_attributes", {}), ("publish", {"Message": "x"}), ("delete_topic", {}),
        ("subscribe", {"Protocol": "email", "Endpoint": "a@example.com"}), ("list_subscriptions_by_topic", {}),
    ):  # fmt: skip
        call = getattr(world.sns, operation)
        for arn, parts in (("topic", 1), ("", 1), ("arn:topic", 2), ("arn:aws:sns:us-east-1:topic", 5)):
            text = f"TopicArn Reason: An ARN must have at least 6 elements, not {parts}"
            assert wrong(call, TopicArn=arn, **more) == text
        elsewhere = f"arn:aws:sns:eu-west-1:{world.account}:topic"
        assert wrong(call, TopicArn=elsewhere, **more) == "TopicArn"
        if operation != "delete_topic":
            missing = f"arn:aws:sns:us-east-1:{world.account}:none"
            assert refused("NotFound", call, TopicArn=missing, **more) == "Topic does not exist"


def test_subscription_arns_that_are_none(world):
    for call in (world.sns.unsubscribe, world.sns.get_subscription_attributes):
        assert wrong(call) == "SubscriptionArn Reason: no value for required parameter"
        text = "SubscriptionArn Reason: An ARN must have at least 6 elements, not"
        assert wrong(call, SubscriptionArn="x") == f"{text} 1"
        assert wrong(call, SubscriptionArn="arn:aws:sns:us-east-1:x") == f"{text} 5"
        assert wrong(call, SubscriptionArn="arn:aws:sns:us-east-1:111111111111:x") == "SubscriptionId"
    unknown = f"{world.topic()}:01234567-0123-0123-0123-012345678901"
    world.sns.unsubscribe(SubscriptionArn=unknown)
    text = refused("NotFound", world.sns.get_subscription_attributes, SubscriptionArn=unknown)
    assert text == "Subscription does not exist"


def test_attributes_that_no_topic_has(world):
    arn = world.topic()
    for name, value in (
        ("Nothing", "x"), ("FifoTopic", "true"), ("ContentBasedDeduplication", "true"), ("ArchivePolicy", "{}"),
    ):  # fmt: skip
        given = {"TopicArn": arn, "AttributeName": name, "AttributeValue": value}
        assert wrong(world.sns.set_topic_attributes, **given) == "AttributeName"
    for name, value in (
        ("SignatureVersion", "3"), ("TracingConfig", "Maybe"), ("DisplayName", "x" * 101), ("DisplayName", "a\nb"),
        ("Policy", "{"), ("Policy", '{"foo": "bar"}'), ("HTTPSuccessFeedbackSampleRate", "101"),
        ("SQSFailureFeedbackRoleArn", "role"), ("DeliveryPolicy", "[]"),
        ("DeliveryPolicy", '{"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 9, "maxDelayTarget": 8}}}'),
        ("DeliveryPolicy", '{"http": {"defaultHealthyRetryPolicy": {"numRetries": 101}}}'),
        ("DeliveryPolicy", '{"http": {"defaultHealthyRetryPolicy": {"backoffFunction": "cubic"}}}'),
        ("DeliveryPolicy", '{"http": {"defaultThrottlePolicy": {"maxReceivesPerSecond": 0}}}'),
        ("DeliveryPolicy", '{"http": {"defaultRequestPolicy": {"headerContentType": "image/png"}}}'),
    ):  # fmt: skip
        assert name in wrong(world.sns.set_topic_attributes, TopicArn=arn, AttributeName=name, AttributeValue=value)
    foreign = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": foreign})
    given = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": policy}
    assert wrong(world.sns.set_topic_attributes, **given) == "Policy statement action out of service scope!"


def test_what_is_not_built_says_so(world):
    fifo, arn = world.topic("a.fifo"), world.topic()
    sns = world.sns
    for call, given in (
        (sns.create_topic, {"Name": "x", "DataProtectionPolicy": "{}"}),
        (sns.set_topic_attributes, {"TopicArn": fifo, "AttributeName": "ArchivePolicy", "AttributeValue": "{}"}),
        (sns.subscribe, {"TopicArn": arn, "Protocol": "application", "Endpoint": "arn:aws:sns:x"}),
        (sns.subscribe, {"TopicArn": arn, "Protocol": "firehose", "Endpoint": "arn:aws:firehose:x"}),
        (sns.create_platform_application, {"Name": "a", "Platform": "APNS", "Attributes": {}}),
        (sns.put_data_protection_policy, {"ResourceArn": arn, "DataProtectionPolicy": "{}"}),
    ):
        refused("NotImplemented", call, **given)


def test_endpoints_that_a_protocol_does_not_reach(world):
    arn = world.topic()
    for protocol, endpoint, text in (
        ("test", "x", "Amazon SNS does not support this protocol string: test"),
        ("sqs", "http://127.0.0.1:4566/1/q", "SQS endpoint ARN"),
        ("lambda", "f", "Lambda endpoint ARN"),
        ("http", "https://example.com", "Endpoint must match the specified protocol"),
        ("https", "http://example.com", "Endpoint must match the specified protocol"),
        ("email", "nobody", "Email address"),
        ("email-json", "a b@example.com", "Email address"),
        ("sms", "NAA+15551234567", "Invalid SMS endpoint: NAA+15551234567"),
        ("sms", "+15--551234567", "Invalid SMS endpoint: +15--551234567"),
        ("sms", "+15551234567.", "Invalid SMS endpoint: +15551234567."),
        ("sqs", "arn:aws:sqs:us-east-1:111111111111:a.fifo",
         "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"),
    ):  # fmt: skip
        assert wrong(world.sns.subscribe, TopicArn=arn, Protocol=protocol, Endpoint=endpoint) == text
    world.subscribe(arn, "sms", "+12/34-567.890")


def test_subscription_attributes_that_are_none(world):
    arn = world.topic()
    own = world.subscribe(arn, "sms", "+15550100")
    for name, value, text in (
        ("Fake", "x", "AttributeName"),
        ("RawMessageDelivery", "test-ValUe", "RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false."),
        ("RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false."),
        ("FilterPolicyScope", "RandomValue", "FilterPolicyScope: Invalid value [RandomValue]. Please use either"
         " MessageBody or MessageAttributes"),
        ("RedrivePolicy", '{"deadLetterTargetArn": "fake"}', "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        ("FilterPolicy", '{"a": {"b": ["c"]}}',
         "Filter policy scope MessageAttributes does not support nested filter policy"),
    ):  # fmt: skip
        given = {"SubscriptionArn": own, "AttributeName": name, "AttributeValue": value}
        assert wrong(world.sns.set_subscription_attributes, **given) == text
    where = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"
    why = f" Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n at {where}"
    for name, more in (("RedrivePolicy", why), ("FilterPolicy", why), ("DeliveryPolicy", "")):
        given = {"SubscriptionArn": own, "AttributeName": name, "AttributeValue": "{invalid}"}
        assert wrong(world.sns.set_subscription_attributes, **given) == f"{name}: failed to parse JSON.{more}"
    given = {"TopicArn": arn, "Protocol": "sms", "Endpoint": "+15550101"}
    text = wrong(world.sns.subscribe, **given, Attributes={"RawMessageDelivery": "wrong"})
    assert text == "Attributes Reason: RawMessageDelivery: Invalid value [wrong]. Must be true or false."


def test_messages_that_cannot_be_published(world):
    arn = world.topic()
    for given, text in (
        ({"Message": ""}, "Empty message"),
        ({"Message": "x", "Subject": ""}, "Subject"),
        ({"Message": "x", "Subject": "x" * 101}, "Subject"),
        ({"Message": "x", "Subject": "a\nb"}, "Subject"),
        ({"Message": "x" * 262145}, "Message too long"),
        ({"Message": "{", "MessageStructure": "json"}, "Message Structure - JSON message body failed to parse"),
        ({"Message": '{"sqs": "x"}', "MessageStructure": "json"},
         "Message Structure - No default entry in JSON message body"),
        ({"Message": '{"default": {"a": 1}}', "MessageStructure": "json"},
         "Message Structure - No default entry in JSON message body"),
        ({"Message": "x", "MessageDeduplicationId": "a"}, "MessageDeduplicationId Reason: The request includes"
         " MessageDeduplicationId parameter that is not valid for this topic type"),
    ):  # fmt: skip
        assert wrong(world.sns.publish, TopicArn=arn, **given) == text
    text = "TopicArn or TargetArn Reason: no value for required parameter"
    assert wrong(world.sns.publish, Message="x") == text
    target = f"arn:aws:sns:us-east-1:{world.account}:endpoint/APNS/abc/0f7d5971"
    text = "TargetArn Reason: No endpoint found for the target arn specified"
    assert wrong(world.sns.publish, TargetArn=target, Message="x") == text
    text = "PhoneNumber Reason: +1a234 is not valid to publish to"
    assert wrong(world.sns.publish, PhoneNumber="+1a234", Message="x") == text


def test_the_size_of_a_message_counts_its_attributes(world):
    arn, attributes = world.topic(), {"attr1": {"DataType": "Number", "StringValue": "1"}}
    most = 262144 - len("attr1Number1")
    given = {"TopicArn": arn, "MessageAttributes": attributes}
    assert wrong(world.sns.publish, **given, Message="a" * (most + 1)) == "Message too long"
    world.sns.publish(**given, Message="a" * most)


@pytest.mark.parametrize(
    ("name", "attribute", "text"),
    [
        ("a", {"DataType": "String", "StringValue": ""},
         "The message attribute 'a' must contain non-empty message attribute value for message attribute type"
         " 'String'."),
        ("a", {"DataType": "Binary", "BinaryValue": b""},
         "The message attribute 'a' must contain non-empty message attribute value for message attribute type"
         " 'Binary'."),
        ("a", {"DataType": "String", "BinaryValue": b"1"},
         "The message attribute 'a' with type 'String' must use field 'String'."),
        ("a", {"DataType": "Number", "BinaryValue": b"1"},
         "The message attribute 'a' with type 'Number' must use field 'String'."),
        ("a", {"DataType": "Binary", "StringValue": "1"},
         "The message attribute 'a' with type 'Binary' must use field 'Binary'."),
        ("a", {"DataType": "Stringprefix", "StringValue": "1"}, f"The message attribute 'a' {WRONG_TYPE}"),
        ("a", {"DataType": "InvalidType", "StringValue": "1"}, f"The message attribute 'a' {WRONG_TYPE}"),
        ("a", {"DataType": "Number", "StringValue": "x"}, "Could not cast message attribute 'a' value to number."),
        ("a" * 257, {"DataType": "String", "StringValue": "1"},
         "Length of message attribute name must be less than 256 bytes."),
        ("a^b", {"DataType": "String", "StringValue": "1"},
         "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include"
         " alphanumeric characters, hyphens, underscores, or dots."),
        (".a", {"DataType": "String", "StringValue": "1"},
         "Invalid message attribute name starting with character '.' was found."),
        ("a.", {"DataType": "String", "StringValue": "1"},
         "Invalid message attribute name ending with character '.' was found."),
        ("a..b", {"DataType": "String", "StringValue": "1"},
         "Message attribute name can not have successive '.' character."),
    ],
)  # fmt: skip
def test_message_attributes_that_are_none(world, name, attribute, text):
    given = {"Message": "x", "MessageAttributes": {name: attribute}}
    arn = world.topic()
    assert refused("ParameterValueInvalid", world.sns.publish, TopicArn=arn, **given) == text
    batch = {"TopicArn": arn, "PublishBatchRequestEntries": [{"Id": "1", **given}]}
    assert refused("ParameterValueInvalid", world.sns.publish_batch, **batch) == text


def test_an_attribute_without_a_type(world):
    given = {"TopicArn": world.topic(), "Message": "x", "MessageAttributes": {"attr1": {"StringValue": "1"}}}
    assert refused("ValidationError", world.sns.publish, **given) == (
        "1 validation error detected: Value null at 'messageAttributes.attr1.member.dataType' failed to satisfy"
        " constraint: Member must not be null"
    )


def test_batches_that_are_none(world):
    arn, fifo = world.topic(), world.topic("a.fifo")
    for entries, code, topic in (
        ([], "EmptyBatchRequest", arn),
        ([{"Id": str(number), "Message": "x"} for number in range(11)], "TooManyEntriesInBatchRequest", arn),
        ([{"Id": "1", "Message": "x"}] * 2, "BatchEntryIdsNotDistinct", arn),
        ([{"Id": "a b", "Message": "x"}], "InvalidBatchEntryId", arn),
        ([{"Id": "1", "Message": "a" * 131072}, {"Id": "2", "Message": "b" * 131073}], "BatchRequestTooLong", arn),
        ([{"Id": "1", "Message": "x"}], "InvalidParameter", fifo),
        ([{"Id": "1", "Message": "x", "MessageGroupId": "a"}], "InvalidParameter", fifo),
        ([{"Id": "1", "Message": "{}", "MessageStructure": "json"}], "InvalidParameter", arn),
    ):
        refused(code, world.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)


def test_tags_that_are_none(world):
    arn = world.topic()
    twice = [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]
    assert wrong(world.sns.tag_resource, ResourceArn=arn, Tags=twice) == "Duplicated keys are not allowed."
    many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    refused("TagLimitExceeded", world.sns.tag_resource, ResourceArn=arn, Tags=many)
    missing = {"ResourceArn": f"{arn}x", "Tags": [{"Key": "k", "Value": "v"}]}
    refused("ResourceNotFound", world.sns.tag_resource, **missing)


def test_parameters_may_stand_in_the_address(world):
    arn = world.topic()
    query = urllib.parse.urlencode({"Action": "Publish", "TopicArn": arn, "Message": "x", "Version": "2010-03-31"})
    request = AWSRequest(
        "POST", f"{world.cloud.url}/?{query}", headers={"content-type": "application/x-www-form-urlencoded"}
    )  # noqa: E501
    SigV4Auth(Credentials(world.account, "test"), "sns", "us-east-1").add_auth(request)
    wire = urllib.request.Request(request.url, b"", dict(request.headers), method="POST")
    with urllib.request.urlopen(wire) as answer:
        assert b"<PublishResult>" in answer.read()


def test_page_tokens_of_nobody(world):
    arn = world.topic()
    assert wrong(world.sns.list_topics, NextToken="xx") == "NextToken"
    assert wrong(world.sns.list_subscriptions, NextToken="xx") == "NextToken"
    assert wrong(world.sns.list_subscriptions_by_topic, TopicArn=arn, NextToken="xx") == "NextToken"
