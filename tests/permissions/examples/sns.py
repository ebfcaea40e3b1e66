"""Calls of SNS that succeed, and what they need."""

from __future__ import annotations

import re
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

TAGS = [{"Key": "team", "Value": "red"}]
TAGGED = "CreateTopic API reference: to tag on the way needs sns:TagResource."


def topic(at: Stage, **given: Any) -> str:
    """The ARN of a topic of the operation's own."""
    return at.root().create_topic(Name=at.name, **given)["TopicArn"]


def on_topic(at: Stage, **given: Any) -> Case:
    arn = topic(at)
    return Case({"TopicArn": arn, **given}, arn)


def subscribed(at: Stage) -> str:
    """The ARN of a subscription that only its owner can end."""
    arn, root = topic(at), at.root()
    given = {"Protocol": "email", "Endpoint": f"{at.name}@{at.account}.example.com", "ReturnSubscriptionArn": True}
    found = root.subscribe(TopicArn=arn, **given)["SubscriptionArn"]
    root.confirm_subscription(TopicArn=arn, Token=token(at), AuthenticateOnUnsubscribe="true")
    return found


def token(at: Stage) -> str:
    """The token in the mail that asks for a confirmation."""
    at.cloud.settle()
    [mail] = at.cloud.control(f"mail?to={at.name}@{at.account}.example.com")["mails"]
    return re.search(r"Token=([0-9a-f]+)", at.cloud.control(f"mail/{mail['id']}")["text"])[1]


@EXAMPLES("CreateTopic")
def create_topic(at: Stage) -> Case:
    arn = at.arn(at.name)
    return Case({"Name": at.name, "Tags": TAGS}, arn, also=[Also("sns:TagResource", arn, TAGGED)])


@EXAMPLES("DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic")
def by_arn(at: Stage) -> Case:
    return on_topic(at)


@EXAMPLES("SetTopicAttributes")
def set_topic_attributes(at: Stage) -> Case:
    return on_topic(at, AttributeName="DisplayName", AttributeValue="news")


@EXAMPLES("AddPermission")
def add_permission(at: Stage) -> Case:
    return on_topic(at, Label="x", AWSAccountId=["999999999999"], ActionName=["Publish"])


@EXAMPLES("RemovePermission")
def remove_permission(at: Stage) -> Case:
    case = on_topic(at, Label="x")
    at.root().add_permission(TopicArn=at.arn(at.name), Label="x", AWSAccountId=[at.account], ActionName=["Publish"])
    return case


@EXAMPLES("Publish")
def publish(at: Stage) -> Case:
    return on_topic(at, Message="x")


@EXAMPLES("PublishBatch")
def publish_batch(at: Stage) -> Case:
    return on_topic(at, PublishBatchRequestEntries=[{"Id": "a", "Message": "x"}])


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    arn = topic(at)
    return Case({"ResourceArn": arn, "Tags": TAGS}, arn)


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    arn = topic(at, Tags=TAGS)
    return Case({"ResourceArn": arn, "TagKeys": ["team"]}, arn)


@EXAMPLES("ListTagsForResource")
def list_tags(at: Stage) -> Case:
    arn = topic(at)
    return Case({"ResourceArn": arn}, arn)


# ---- Subscriptions ---------------------------------------------------------------------------------------------------


@EXAMPLES("Subscribe")
def subscribe(at: Stage) -> Case:
    return on_topic(at, Protocol="email", Endpoint="someone@example.com")


@EXAMPLES("ConfirmSubscription")
def confirm_subscription(at: Stage) -> Case:
    arn = topic(at)
    at.root().subscribe(TopicArn=arn, Protocol="email", Endpoint=f"{at.name}@{at.account}.example.com")
    return Case({"TopicArn": arn, "Token": token(at)}, arn)


@EXAMPLES("GetSubscriptionAttributes", "Unsubscribe")
def by_subscription(at: Stage) -> Case:
    return Case({"SubscriptionArn": subscribed(at)})


@EXAMPLES("SetSubscriptionAttributes")
def set_subscription_attributes(at: Stage) -> Case:
    given = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    return Case({"SubscriptionArn": subscribed(at), **given})


@EXAMPLES("ListTopics", "ListSubscriptions", "GetSMSAttributes", "GetSMSSandboxAccountStatus")
@EXAMPLES("ListPhoneNumbersOptedOut", "ListSMSSandboxPhoneNumbers")
def whole_account(at: Stage) -> Case:
    return Case()


# ---- Phones ----------------------------------------------------------------------------------------------------------


@EXAMPLES("SetSMSAttributes")
def set_sms_attributes(at: Stage) -> Case:
    return Case({"attributes": {"DefaultSMSType": "Transactional"}})


@EXAMPLES("CheckIfPhoneNumberIsOptedOut")
def check_phone(at: Stage) -> Case:
    return Case({"phoneNumber": "+15550100"})


@EXAMPLES("OptInPhoneNumber")
def opt_in(at: Stage) -> Case:
    at.cloud.control("sms/opt-out", {"account": at.account, "region": at.region, "phone": "+15550101"})
    return Case({"phoneNumber": "+15550101"})


@EXAMPLES("CreateSMSSandboxPhoneNumber")
def create_phone(at: Stage) -> Case:
    return Case({"PhoneNumber": "+15550102"})


@EXAMPLES("DeleteSMSSandboxPhoneNumber")
def delete_phone(at: Stage) -> Case:
    at.root().create_sms_sandbox_phone_number(PhoneNumber="+15550103")
    return Case({"PhoneNumber": "+15550103"})


@EXAMPLES("VerifySMSSandboxPhoneNumber")
def verify_phone(at: Stage) -> Case:
    at.root().create_sms_sandbox_phone_number(PhoneNumber="+15550104")
    [message] = at.cloud.control(f"sms?phone=%2B15550104&account={at.account}")["messages"]
    password = re.search(r"\d{6}", message["message"])[0]
    return Case({"PhoneNumber": "+15550104", "OneTimePassword": password})
