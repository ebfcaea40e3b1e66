"""Web servers and mail boxes at the end of a topic: confirmation, signatures, tries again, farewell."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.conftest import RunningCloud
from tests.services.sns.conftest import World, refused

SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
SIGNED["UnsubscribeConfirmation"] = SIGNED["SubscriptionConfirmation"]


def get(url, **headers):
    """The body at an address, and its status."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.read().decode(), answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode(), error.code


def verify(document):
    """Check a document as its receiver does: by the certificate where it says. Raises InvalidSignature."""
    pem, _ = get(document["SigningCertURL"])
    names = [name for name in SIGNED[document["Type"]] if name in document]
    text = "".join(f"{name}\n{document[name]}\n" for name in names)
    kind = {"1": hashes.SHA1, "2": hashes.SHA256}[document["SignatureVersion"]]()
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    key.verify(base64.b64decode(document["Signature"]), text.encode(), padding.PKCS1v15(), kind)


def confirmed(world, server, topic, **attributes):
    """The ARN of a server's subscription, which it confirmed by visiting the link."""
    own = world.subscribe(topic, "http", server.url, **attributes)
    body, status = get(server.next().document["SubscribeURL"])
    assert status == 200 and f"<SubscriptionArn>{own}</SubscriptionArn>" in body
    return own


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_server_confirms_gets_messages_and_is_told_of_the_end(world, server, version):
    topic = world.topic(SignatureVersion=version)
    answer = world.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url)
    assert answer["SubscriptionArn"] == "pending confirmation"
    [listed] = world.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    asked = server.next()
    assert asked.headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    assert asked.headers["content-type"] == "text/plain; charset=UTF-8"
    assert asked.headers["user-agent"] == "Amazon Simple Notification Service Agent"
    assert "x-amz-sns-subscription-arn" not in asked.headers
    document = asked.document
    assert document["SignatureVersion"] == version
    verify(document)
    text = f"You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL"
    assert document["Message"].startswith(text)
    world.sns.publish(TopicArn=topic, Message="too early")
    assert get(document["SubscribeURL"])[1] == 200
    [listed] = world.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    own = listed["SubscriptionArn"]
    world.sns.publish(TopicArn=topic, Message="hello", Subject="greeting")
    told = server.next()
    assert told.document["Message"] == "hello" and told.headers["x-amz-sns-subscription-arn"] == own
    assert told.headers["x-amz-sns-message-id"] == told.document["MessageId"]
    assert told.headers["x-amz-sns-topic-arn"] == topic
    verify(told.document)
    changed = {**told.document, "Message": "other"}
    with pytest.raises(InvalidSignature):
        verify(changed)
    body, _ = get(told.document["UnsubscribeURL"])
    assert "<UnsubscribeResponse" in body
    gone = server.next()
    assert gone.headers["x-amz-sns-message-type"] == "UnsubscribeConfirmation"
    verify(gone.document)
    assert world.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    get(gone.document["SubscribeURL"])
    [listed] = world.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == own
    world.sns.publish(TopicArn=topic, Message="again")
    assert server.next().document["Message"] == "again"


def test_over_https_the_clouds_own_authority_vouches_for_the_signature(tmp_path, server):
    cloud = RunningCloud(None, tmp_path)
    try:
        world = World(cloud, "111111111111")
        world.subscribe(world.topic(), "http", server.url)
        document = server.next().document
        assert document["SigningCertURL"].startswith("https://127.0.0.1:")
        document["SigningCertURL"] = document["SigningCertURL"].replace("https:", "http:")
        verify(document)
        authority = x509.load_pem_x509_certificate(next(tmp_path.rglob("ca.pem")).read_bytes())
        own = x509.load_pem_x509_certificate(get(document["SigningCertURL"])[0].encode())
        own.verify_directly_issued_by(authority)
    finally:
        cloud.stop()


def test_raw_a_server_gets_the_bare_message(world, server):
    topic = world.topic()
    policy = json.dumps({"requestPolicy": {"headerContentType": "text/csv"}})
    confirmed(world, server, topic, RawMessageDelivery="true", DeliveryPolicy=policy)
    world.sns.publish(TopicArn=topic, Message="a,b")
    told = server.next()
    assert (told.body, told.headers["content-type"]) == ("a,b", "text/csv")
    assert told.headers["x-amz-sns-rawdelivery"] == "true"


def test_a_server_may_ask_for_a_password(world, server):
    topic = world.topic()
    world.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url.replace("//", "//ann:s%40cret@"))
    assert server.next().headers["authorization"] == "Basic " + base64.b64encode(b"ann:s@cret").decode()
    [listed] = world.sns.list_subscriptions()["Subscriptions"]
    assert listed["Endpoint"] == server.url.replace("//", "//ann:****@")
    for broken in ("http://[::1", "http://a:b:c/", "http://", "http://a b/"):
        refused("InvalidParameter", world.sns.subscribe, TopicArn=topic, Protocol="http", Endpoint=broken)


def test_links_that_lead_nowhere(world, server):
    topic = world.topic()
    world.subscribe(topic, "http", server.url)
    url = server.next().document["SubscribeURL"]
    for broken, text in (
        (url.replace(topic, "not-an-arn"), "Invalid parameter: Topic"),
        (url.replace(topic, topic.replace("us-east-1", "eu-west-1")), "Invalid parameter: Topic"),
        (re.sub("Token=.{10}", "Token=0123456789", url), "Invalid parameter: Token"),
        (re.sub("Token=.*", "Token=abc123", url), "Invalid parameter: Token"),
        (re.sub("Token=.*", "Token=random", url), "Invalid token"),
        (re.sub("Action=ConfirmSubscription", "Action=DeleteTopic", url), "Invalid parameter: Action"),
    ):
        body, status = get(broken)
        assert status == 400 and f"<Message>{text}</Message>" in body
    assert get(url.partition("?")[0] + "SimpleNotificationService-0.pem")[1] == 404
    refused("InvalidParameter", world.sns.confirm_subscription, TopicArn=topic, Token="randomtoken")
    assert get(url.replace(topic, f"{topic}-other"))[1] == 200  # the token tells; AWS looks at the region alone
    assert get(url)[1] == 200


def test_who_confirms_with_a_signature_can_ask_for_one(world, server):
    topic = world.topic()
    own = world.subscribe(topic, "http", server.url)
    token = server.next().document["Token"]
    world.sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
    found = world.sns.get_subscription_attributes(SubscriptionArn=own)["Attributes"]
    assert (found["ConfirmationWasAuthenticated"], found["PendingConfirmation"]) == ("true", "false")
    world.sns.publish(TopicArn=topic, Message="x")
    body, status = get(server.next().document["UnsubscribeURL"])
    assert status == 403 and "AuthorizationError" in body
    world.sns.unsubscribe(SubscriptionArn=own)
    assert world.sns.list_subscriptions()["Subscriptions"] == []


def test_a_server_that_fails_is_asked_again_by_its_policy(fresh_world, server):
    world, cloud = fresh_world, fresh_world.cloud
    retries = {"minDelayTarget": 1, "maxDelayTarget": 9, "numRetries": 6, "numNoDelayRetries": 1,
               "numMinDelayRetries": 1, "numMaxDelayRetries": 1, "backoffFunction": "linear"}  # fmt: skip
    topic = world.topic()
    (dead, redrive) = world.queue("dead")
    confirmed(
        world, server, topic, DeliveryPolicy=json.dumps({"healthyRetryPolicy": retries}),
        RedrivePolicy=json.dumps({"deadLetterTargetArn": redrive}),
    )  # fmt: skip
    cloud.control("clock", {"freeze": True})
    server.answers = [500] * 7
    world.sns.publish(TopicArn=topic, Message="x")
    cloud.settle()
    assert server.got.qsize() == 2  # at once, and once more without a pause
    cloud.clock_advance(24)  # 1 at the shortest, then 1, 5 and 9, then 9 at the longest: the last comes after 25
    assert server.got.qsize() == 6 and world.received(dead) == []
    cloud.clock_advance(1)
    assert server.got.qsize() == 7 and world.texts(dead) == ["x"]


def test_what_a_server_refuses_is_not_sent_again(fresh_world, server):
    world = fresh_world
    topic, (dead, redrive) = world.topic(), world.queue("dead")
    confirmed(world, server, topic, RedrivePolicy=json.dumps({"deadLetterTargetArn": redrive}))
    server.answers = [403]
    world.sns.publish(TopicArn=topic, Message="x")
    assert world.texts(dead) == ["x"] and server.got.qsize() == 1
    server.answers = [429]
    world.sns.publish(TopicArn=topic, Message="y")
    world.cloud.clock_advance(21)
    assert server.got.qsize() == 3 and world.texts(dead) == []


def test_a_server_takes_only_so_many_a_second(fresh_world, server):
    world, cloud = fresh_world, fresh_world.cloud
    topic = world.topic()
    policy = json.dumps({"throttlePolicy": {"maxReceivesPerSecond": 2}})
    confirmed(world, server, topic, DeliveryPolicy=policy)
    cloud.control("clock", {"freeze": True})
    for number in range(5):
        world.sns.publish(TopicArn=topic, Message=str(number))
    cloud.settle()
    assert server.got.qsize() == 1
    cloud.clock_advance(1)
    assert server.got.qsize() == 3
    cloud.clock_advance(1)
    assert server.got.qsize() == 5


def test_a_message_survives_a_crash(fresh_world, server):
    world = fresh_world
    topic = world.topic()
    confirmed(world, server, topic)
    server.answers = [500] * 3
    world.sns.publish(TopicArn=topic, Message="x")
    world.cloud.settle()
    world.cloud.restart()
    world.cloud.clock_advance(61)
    world.cloud.settle()
    assert [server.next().document["Message"] for _ in range(4)] == ["x"] * 4


def test_who_does_not_confirm_is_forgotten_after_two_days(fresh_world, server):
    world = fresh_world
    topic = world.topic()
    world.subscribe(topic, "http", server.url)
    url = server.next().document["SubscribeURL"]
    world.cloud.clock_advance(47 * 3600)
    assert len(world.sns.list_subscriptions()["Subscriptions"]) == 1
    world.cloud.clock_advance(2 * 3600)
    assert world.sns.list_subscriptions()["Subscriptions"] == []
    assert get(url)[1] == 400


# ---- Mail and phones -------------------------------------------------------------------------------------------------


def test_a_person_confirms_in_the_browser_and_gets_mails(world):
    topic = world.topic(DisplayName="The News")
    world.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="anna@example.com")
    [asked] = world.mails("anna@example.com")
    assert asked["subject"] == "AWS Notification - Subscription Confirmation"
    assert asked["from"] == "The News <no-reply@sns.amazonaws.com>"
    link = re.search(r"http\S+/confirmation.html\S+", asked["text"])[0]
    page, _ = get(link, accept="text/html")
    assert "Subscription confirmed!" in page
    world.sns.publish(TopicArn=topic, Message="It is spring.", Subject="Weather")
    world.sns.publish(TopicArn=topic, Message="x")
    last, first = world.mails("anna@example.com")[:2]
    assert (first["subject"], last["subject"]) == ("Weather", "AWS Notification Message")
    assert first["text"].startswith("It is spring.\r\n")
    leave = re.search(r"http\S+/unsubscribe.html\S+", first["text"])[0]
    assert "Subscription removed!" in get(leave)[0]
    assert world.sns.list_subscriptions()["Subscriptions"] == []
    [farewell] = [each for each in world.mails("anna@example.com") if "Unsubscribe" in each["subject"]]
    back = re.search(r"http\S+/confirmation.html\S+", farewell["text"])[0]
    assert "Subscription confirmed!" in get(back)[0]
    assert get(back.replace("Token=", "Token=x"))[0].startswith("<!doctype html>")


def test_a_program_reads_mails_as_documents(world):
    topic = world.topic()
    world.sns.subscribe(TopicArn=topic, Protocol="email-json", Endpoint="bot@example.com")
    [asked] = world.mails("bot@example.com")
    document = json.loads(asked["text"])
    verify(document)
    get(document["SubscribeURL"])
    world.sns.publish(TopicArn=topic, Message="x")
    verify(json.loads(world.mails("bot@example.com")[0]["text"]))


def test_text_messages_land_in_their_box(world):
    world.sns.set_sms_attributes(attributes={"DefaultSenderID": "Shop", "DefaultSMSType": "Transactional"})
    assert world.sns.get_sms_attributes(attributes=["DefaultSMSType"])["attributes"] == {
        "DefaultSMSType": "Transactional"
    }
    own = {"AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "Other"}}
    world.sns.publish(PhoneNumber="+1 555-010-1234", Message="a")
    world.sns.publish(PhoneNumber="+15550101234", Message="b" * 200, MessageAttributes=own)
    second, first = world.sms("+15550101234")
    assert (first["message"], first["sender"], first["type"]) == ("a", "Shop", "Transactional")
    assert (second["sender"], second["parts"]) == ("Other", 2)
    page, _ = get(f"{world.cloud.url}/_cloudarium/sms?account={world.account}", accept="text/html")
    assert "<h1>Text messages</h1>" in page and "Shop" in page


def test_who_opts_out_gets_no_text_messages(world):
    opt = {"account": world.account, "region": "us-east-1", "phone": "+15550100"}
    world.cloud.control("sms/opt-out", opt)
    assert world.sns.check_if_phone_number_is_opted_out(phoneNumber="+15550100")["isOptedOut"] is True
    assert world.sns.list_phone_numbers_opted_out()["phoneNumbers"] == ["+15550100"]
    world.sns.publish(PhoneNumber="+15550100", Message="x")
    assert world.sms("+15550100") == []
    world.sns.opt_in_phone_number(phoneNumber="+15550100")
    world.sns.publish(PhoneNumber="+15550100", Message="y")
    assert [each["message"] for each in world.sms("+15550100")] == ["y"]
    refused("InvalidParameter", world.sns.check_if_phone_number_is_opted_out, phoneNumber="+44742LALALA")


def test_numbers_of_the_sandbox_are_proved_by_a_password(fresh_world):
    world = fresh_world
    number = "+15550100"
    world.sns.create_sms_sandbox_phone_number(PhoneNumber=number)
    wrong = {"PhoneNumber": number, "OneTimePassword": "0123456"}
    refused("VerificationException", world.sns.verify_sms_sandbox_phone_number, **wrong)
    old = re.search(r"\d{6}", world.sms(number)[0]["message"])[0]
    world.cloud.clock_advance(16 * 60)
    late = {"PhoneNumber": number, "OneTimePassword": old}
    refused("VerificationException", world.sns.verify_sms_sandbox_phone_number, **late)
    world.sns.create_sms_sandbox_phone_number(PhoneNumber=number)
    assert world.sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"] == [{"PhoneNumber": number, "Status": "Pending"}]
    password = re.search(r"\d{6}", world.sms(number)[0]["message"])[0]
    world.sns.verify_sms_sandbox_phone_number(PhoneNumber=number, OneTimePassword=password)
    assert world.sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"][0]["Status"] == "Verified"
    world.sns.delete_sms_sandbox_phone_number(PhoneNumber=number)
    refused("ResourceNotFound", world.sns.delete_sms_sandbox_phone_number, PhoneNumber=number)
    assert world.sns.get_sms_sandbox_account_status()["IsInSandbox"] is False
