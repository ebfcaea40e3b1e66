"""Notices of an identity: its topics are told of bounces, complaints and deliveries; mail tells of the first two."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.ses.conftest import SUCCESS, refused
from tests.services.ses.standins import StandInCloud
from tests.services.ses.test_behaviour_events import Teller


@pytest.fixture(scope="module")
def told_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInCloud]:
    running = StandInCloud(tmp_path_factory.mktemp("told"))
    yield running
    running.stop()


@pytest.fixture
def teller(told_cloud: StandInCloud, account: str) -> Teller:
    return Teller(told_cloud, account)


def topic(teller: Teller, kind: str, name: str = "posts", identity: str = "example.com") -> None:
    arn = teller.topic(name)
    teller.v1.set_identity_notification_topic(Identity=identity, NotificationType=kind, SnsTopic=arn)


def notices(teller: Teller) -> list[dict]:  # type: ignore[type-arg]
    return [each for each in teller.cloud.events() if each["notificationType"] != "AmazonSnsSubscriptionSucceeded"]


def test_a_topic_is_tried_when_it_is_set(teller: Teller) -> None:
    topic(teller, "Bounce")
    [tried] = teller.cloud.told("Publish")
    assert tried["input"]["TopicArn"] == teller.topic("posts") and tried["as"] == "ses.amazonaws.com"
    assert tried["context"]["aws:SourceArn"] == f"arn:aws:ses:us-east-1:{teller.account}:identity/example.com"
    assert "AmazonSnsSubscriptionSucceeded" in tried["input"]["Message"]
    for name in ("closed", "gone"):
        given = {"Identity": "example.com", "NotificationType": "Complaint", "SnsTopic": teller.topic(name)}
        refused("InvalidParameterValue", teller.v1.set_identity_notification_topic, **given)
    refused(
        "InvalidParameterValue", teller.v1.set_identity_notification_topic, Identity="none.example.com",
        NotificationType="Bounce",
    )  # fmt: skip
    [(_, found)] = teller.v1.get_identity_notification_attributes(Identities=["example.com", "none.test"])[
        "NotificationAttributes"
    ].items()
    assert found == {
        "BounceTopic": teller.topic("posts"), "ForwardingEnabled": True, "HeadersInBounceNotificationsEnabled": False,
        "HeadersInComplaintNotificationsEnabled": False, "HeadersInDeliveryNotificationsEnabled": False,
    }  # fmt: skip


def test_what_happens_is_told_as_aws_tells_it(teller: Teller) -> None:
    for kind in ("Bounce", "Complaint", "Delivery"):
        topic(teller, kind)
    sent = teller.send("me@example.com", "bounce@simulator.amazonses.com")
    [bounce] = notices(teller)
    assert bounce.keys() == {"notificationType", "bounce", "mail"} and bounce["notificationType"] == "Bounce"
    assert (
        bounce["bounce"]["bounceType"] == "Permanent" and bounce["bounce"]["bouncedRecipients"][0]["status"] == "5.1.1"
    )
    mail = bounce["mail"]
    assert mail["messageId"] == sent and mail["sendingAccountId"] == teller.account
    assert mail["sourceArn"] == f"arn:aws:ses:us-east-1:{teller.account}:identity/example.com"
    assert mail["sourceIp"] == "127.0.0.1" and mail["callerIdentity"] == "root"
    assert not {"headers", "commonHeaders", "headersTruncated", "tags"} & mail.keys()
    teller.v1.set_identity_headers_in_notifications_enabled(
        Identity="example.com", NotificationType="Complaint", Enabled=True
    )
    teller.send("me@example.com", "complaint@simulator.amazonses.com")
    told = {each["notificationType"]: each for each in notices(teller)}
    assert told["Complaint"]["mail"]["commonHeaders"]["subject"] == "Hello"
    assert told["Complaint"]["complaint"]["complaintFeedbackType"] == "abuse"
    assert told["Delivery"]["delivery"]["recipients"] == ["complaint@simulator.amazonses.com"]


def test_mail_tells_until_topics_do(teller: Teller) -> None:
    set_forwarding = teller.v1.set_identity_feedback_forwarding_enabled
    topic(teller, "Bounce")
    refused("InvalidParameterValue", set_forwarding, Identity="example.com", ForwardingEnabled=False)
    topic(teller, "Complaint")
    set_forwarding(Identity="example.com", ForwardingEnabled=False)
    teller.send("me@example.com", "bounce@simulator.amazonses.com")
    assert teller.mails(to="me@example.com") == []
    given = {"Identity": "example.com", "NotificationType": "Bounce"}
    refused("InvalidParameterValue", teller.v1.set_identity_notification_topic, **given)
    set_forwarding(Identity="example.com", ForwardingEnabled=True)
    teller.v1.set_identity_notification_topic(**given)
    teller.send("me@example.com", "bounce@simulator.amazonses.com")
    assert [each["from"] for each in teller.mails(to="me@example.com")] == ["MAILER-DAEMON@amazonses.com"]


def test_topics_are_of_the_nearest_identity(teller: Teller) -> None:
    teller.verify("own@example.com")
    topic(teller, "Delivery")
    teller.send("own@example.com", SUCCESS)
    assert notices(teller) == []
    teller.send("other@example.com", SUCCESS)
    assert [each["notificationType"] for each in notices(teller)] == ["Delivery"]
