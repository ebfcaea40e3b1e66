"""Event destinations: what topics, the event bus and CloudWatch are told of what happens to a message."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.ses.conftest import SUCCESS, Mailer, refused
from tests.services.ses.standins import StandInCloud

ALL = ["send", "reject", "bounce", "complaint", "delivery", "open", "click", "renderingFailure"]
VIRUS = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(scope="module")
def told_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInCloud]:
    """One cloud with stand-ins for this file."""
    folder = tmp_path_factory.mktemp("told")
    running = StandInCloud(folder)
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


class Teller(Mailer):
    """A mailer with a configuration set, whose verified domain is example.com."""

    cloud: StandInCloud

    def __init__(self, cloud: StandInCloud, account: str) -> None:
        super().__init__(cloud, account)
        Path(str(cloud.data), "told.jsonl").unlink(missing_ok=True)
        self.production()
        self.v1.verify_domain_identity(Domain="example.com")
        self.verify_domain("example.com")
        self.v1.create_configuration_set(ConfigurationSet={"Name": "one"})

    def topic(self, name: str) -> str:
        return f"arn:aws:sns:us-east-1:{self.account}:{name}"

    def tell(self, name: str = "d", types: list[str] = ALL, topic: str = "open", **more: Any) -> None:
        """Add a topic as a destination."""
        destination = {
            "Name": name, "Enabled": True, "MatchingEventTypes": types,
            "SNSDestination": {"TopicARN": self.topic(topic)}, **more,
        }  # fmt: skip
        self.v1.create_configuration_set_event_destination(ConfigurationSetName="one", EventDestination=destination)


@pytest.fixture
def teller(told_cloud: StandInCloud, account: str) -> Teller:
    return Teller(told_cloud, account)


def test_a_delivery_as_aws_tells_it(teller: Teller) -> None:
    teller.tell()
    sent = teller.send(
        "Ann <a@example.com>", ConfigurationSetName="one", Tags=[{"Name": "custom-tag", "Value": "tag-value"}]
    )
    first, *others = teller.cloud.told("Publish")
    assert first["input"]["Message"] == "Successfully validated SNS topic for Amazon SES event publishing."
    assert {each["as"] for each in (first, *others)} == {"ses.amazonaws.com"}
    assert others[0]["context"]["aws:SourceArn"] == f"arn:aws:ses:us-east-1:{teller.account}:configuration-set/one"
    assert {each["input"]["Subject"] for each in others} == {"Amazon SES Email Event Notification"}
    send, delivery = teller.cloud.events()
    assert send.keys() == {"eventType", "mail", "send"} and send["eventType"] == "Send" and send["send"] == {}
    mail = send["mail"]
    assert mail["sourceArn"] == f"arn:aws:ses:us-east-1:{teller.account}:identity/example.com"
    assert (mail["source"], mail["sendingAccountId"], mail["messageId"]) == (
        "Ann <a@example.com>",
        teller.account,
        sent,
    )
    assert mail["destination"] == [SUCCESS] and mail["headersTruncated"] is False
    headers = {each["name"]: each["value"] for each in mail["headers"]}
    assert headers["From"] == "Ann <a@example.com>" and headers["Subject"] == "Hello" and "Message-ID" not in headers
    common = {name: mail["commonHeaders"][name] for name in ("from", "to", "messageId", "subject")}
    assert common == {"from": ["Ann <a@example.com>"], "to": [SUCCESS], "messageId": sent, "subject": "Hello"}
    assert mail["tags"] == {
        "ses:operation": ["SendEmail"], "ses:configuration-set": ["one"], "ses:source-ip": ["127.0.0.1"],
        "ses:from-domain": ["example.com"], "ses:caller-identity": ["root"], "custom-tag": ["tag-value"],
    }  # fmt: skip
    assert delivery["eventType"] == "Delivery" and "ses:outgoing-ip" in delivery["mail"]["tags"]
    assert delivery["delivery"].keys() == {
        "timestamp", "processingTimeMillis", "recipients", "smtpResponse", "reportingMTA",
    }  # fmt: skip
    assert delivery["delivery"]["recipients"] == [SUCCESS]


def test_a_message_of_nothing_is_sent_where_the_call_says_it_all(teller: Teller) -> None:
    """As recorded of AWS: an empty raw message with a source and destinations."""
    teller.tell(types=["send"])
    given = {"RawMessage": {"Data": b""}, "ConfigurationSetName": "one"}
    teller.v1.send_raw_email(**given, Source="a@example.com", Destinations=[SUCCESS])
    [event] = teller.cloud.events()
    assert event["mail"]["destination"] == [SUCCESS] and event["mail"]["source"] == "a@example.com"
    assert event["mail"]["tags"]["ses:operation"] == ["SendRawEmail"]
    refused("InvalidParameterValue", teller.v1.send_raw_email, **given, Source="a@example.com")
    refused("InvalidParameterValue", teller.v1.send_raw_email, **given, Destinations=[SUCCESS])


def simulated(name: str) -> str:
    return f"{name}@simulator.amazonses.com"


def test_bounces_complaints_and_suppression(teller: Teller) -> None:
    teller.tell()
    teller.v2.put_suppressed_destination(EmailAddress="s@example.org", Reason="COMPLAINT")
    message = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
    to = [simulated("bounce"), simulated("complaint"), "s@example.org", simulated("ooto"), simulated("suppressionlist")]
    given = {"Source": "a@example.com", "Destination": {"ToAddresses": to}, "Message": message}
    teller.v1.send_email(**given, ConfigurationSetName="one")
    events = teller.cloud.events()
    bounces = {each["bounce"]["bounceSubType"]: each["bounce"] for each in events if each["eventType"] == "Bounce"}
    assert {
        subtype: [who["emailAddress"] for who in each["bouncedRecipients"]] for subtype, each in bounces.items()
    } == {
        "General": [simulated("bounce")],
        "OnAccountSuppressionList": ["s@example.org"],
        "Suppressed": [simulated("suppressionlist")],
    }
    assert bounces["General"]["bounceType"] == "Permanent"
    [who] = bounces["General"]["bouncedRecipients"]
    assert who == {
        "emailAddress": simulated("bounce"), "action": "failed", "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    }  # fmt: skip
    [complaint] = [each["complaint"] for each in events if each["eventType"] == "Complaint"]
    assert complaint["complainedRecipients"] == [{"emailAddress": simulated("complaint")}]
    assert complaint["complaintFeedbackType"] == "abuse" and complaint["feedbackId"]
    [delivery] = [each["delivery"] for each in events if each["eventType"] == "Delivery"]
    assert delivery["recipients"] == [simulated("complaint"), simulated("ooto")]


def test_rejects_and_rendering_failures(teller: Teller) -> None:
    teller.tell(types=["reject", "renderingFailure"])
    raw = f"From: a@example.com\nTo: {SUCCESS}\nContent-Disposition: attachment\n\n{VIRUS}\n".encode()
    sent = teller.v1.send_raw_email(RawMessage={"Data": raw}, ConfigurationSetName="one")["MessageId"]
    assert teller.mail(sent)["status"] == "Reject"
    parts = {"TemplateName": "t", "SubjectPart": "Hi {{name}}", "TextPart": "x"}
    teller.v1.create_template(Template=parts)
    teller.v1.send_templated_email(
        Source="a@example.com", Destination={"ToAddresses": [SUCCESS]}, Template="t", TemplateData="{}",
        ConfigurationSetName="one",
    )  # fmt: skip
    rejected, failed = teller.cloud.events()
    assert rejected["eventType"] == "Reject" and rejected["reject"] == {"reason": "Bad content"}
    assert failed["eventType"] == "Rendering Failure" and failed["failure"] == {
        "errorMessage": "Attribute 'name' is not present in the rendering data.", "templateName": "t",
    }  # fmt: skip
    [point] = teller.v1.get_send_statistics()["SendDataPoints"]
    assert point["Rejects"] == 1


def test_only_who_wants_to_know_is_told(teller: Teller) -> None:
    teller.tell("bounces", ["bounce"], "open-bounces")
    teller.tell("off", ALL, "open-off", Enabled=False)
    teller.tell("all", ALL, "open-all")
    teller.send("a@example.com")  # without the set
    bounced = teller.send("a@example.com", simulated("bounce"), ConfigurationSetName="one")
    assert [each["id"] for each in teller.mails(configuration_set="one")] == [bounced]
    told = [
        each["input"]["TopicArn"].rpartition(":")[2]
        for each in teller.cloud.told("Publish")
        if "Subject" in each["input"]
    ]
    assert sorted(told) == ["open-all", "open-all", "open-bounces"]


def test_the_topics_policy_decides(teller: Teller) -> None:
    words = refused("InvalidSNSDestination", teller.tell, topic="closed")
    assert words.startswith(f"SNS topic <{teller.topic('closed')}> could not be published to")
    words = refused("InvalidSNSDestination", teller.tell, topic="gone")
    assert words == f"SNS topic <{teller.topic('gone')}> not found."
    assert teller.v1.describe_configuration_set(
        ConfigurationSetName="one", ConfigurationSetAttributeNames=["eventDestinations"]
    )["EventDestinations"] == []  # fmt: skip


def test_what_could_not_be_told_is_told_after_a_crash(teller: Teller) -> None:
    teller.tell(types=["send", "delivery"], topic="busy")
    teller.cloud.control("clock", {"freeze": True})  # the second try is not before the clock moves
    teller.send("a@example.com", ConfigurationSetName="one")
    assert teller.cloud.events() == []
    teller.cloud.restart()
    teller.cloud.clock_advance(5)
    assert [each["eventType"] for each in teller.cloud.events()] == ["Send", "Delivery"]
    teller.cloud.control("clock", {"run": True})


def test_the_event_bus_and_cloudwatch(teller: Teller) -> None:
    api, named = teller.v2, {"ConfigurationSetName": "one"}
    bus = f"arn:aws:events:us-east-1:{teller.account}:event-bus/default"
    destination: dict[str, Any] = {"Enabled": True, "MatchingEventTypes": ["DELIVERY"]}
    to_bus = {**destination, "EventBridgeDestination": {"EventBusArn": bus}}
    api.create_configuration_set_event_destination(**named, EventDestinationName="bus", EventDestination=to_bus)
    dimensions = [
        {"DimensionName": name, "DimensionValueSource": source, "DefaultDimensionValue": "none"}
        for name, source in (("campaign", "MESSAGE_TAG"), ("Subject", "EMAIL_HEADER"), ("place", "LINK_TAG"))
    ]
    watch = {**destination, "CloudWatchDestination": {"DimensionConfigurations": dimensions}}
    api.create_configuration_set_event_destination(**named, EventDestinationName="watch", EventDestination=watch)
    teller.send("a@example.com", ConfigurationSetName="one", Tags=[{"Name": "campaign", "Value": "spring"}])
    [put] = teller.cloud.told("PutEvents")
    [entry] = put["input"]["Entries"]
    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == ("aws.ses", "Email Delivered", bus)
    assert entry["Resources"] == [f"arn:aws:ses:us-east-1:{teller.account}:configuration-set/one"]
    assert '"eventType":"Delivery"' in entry["Detail"]
    [metrics] = teller.cloud.told("PutMetricData")
    [metric] = metrics["input"]["MetricData"]
    assert metrics["input"]["Namespace"] == "AWS/SES" and (metric["MetricName"], metric["Value"]) == ("Delivery", 1.0)
    assert metric["Dimensions"] == [
        {"Name": "campaign", "Value": "spring"}, {"Name": "Subject", "Value": "Hello"},
        {"Name": "place", "Value": "none"},
    ]  # fmt: skip


def test_destinations_are_shown_changed_and_deleted_by_both_apis(teller: Teller) -> None:
    teller.tell("d", ["send", "bounce"])
    named = {"ConfigurationSetName": "one"}
    shown = teller.v1.describe_configuration_set(**named, ConfigurationSetAttributeNames=["eventDestinations"])
    assert shown["EventDestinations"] == [
        {
            "Name": "d", "Enabled": True, "MatchingEventTypes": ["bounce", "send"],
            "SNSDestination": {"TopicARN": teller.topic("open")},
        }
    ]  # fmt: skip
    teller.v2.update_configuration_set_event_destination(
        **named, EventDestinationName="d", EventDestination={"Enabled": False, "MatchingEventTypes": ["SUBSCRIPTION"]}
    )
    [found] = teller.v2.get_configuration_set_event_destinations(**named)["EventDestinations"]
    assert found == {
        "Name": "d", "Enabled": False, "MatchingEventTypes": ["SUBSCRIPTION"],
        "SnsDestination": {"TopicArn": teller.topic("open")},
    }  # fmt: skip
    other = {"Name": "d", "MatchingEventTypes": ["open"], "SNSDestination": {"TopicARN": teller.topic("open2")}}
    teller.v1.update_configuration_set_event_destination(**named, EventDestination=other)
    [found] = teller.v2.get_configuration_set_event_destinations(**named)["EventDestinations"]
    assert found["SnsDestination"] == {"TopicArn": teller.topic("open2")} and found["MatchingEventTypes"] == ["OPEN"]
    teller.v1.delete_configuration_set_event_destination(**named, EventDestinationName="d")
    assert teller.v2.get_configuration_set_event_destinations(**named)["EventDestinations"] == []


def test_destinations_that_aws_refuses(teller: Teller) -> None:
    def v2(code: str, name: str = "x", set_name: str = "one", **destination: Any) -> str:
        given = {"Enabled": True, "MatchingEventTypes": ["SEND"], **destination}
        create = teller.v2.create_configuration_set_event_destination
        return refused(code, create, ConfigurationSetName=set_name, EventDestinationName=name, EventDestination=given)

    sns = {"SnsDestination": {"TopicArn": teller.topic("open")}}
    bus = {"EventBridgeDestination": {"EventBusArn": f"arn:aws:events:us-east-1:{teller.account}:event-bus/own"}}
    assert v2("NotFoundException", set_name="none", **sns) == "Configuration set <none> does not exist."
    v2("BadRequestException", name="no good", **sns)
    v2("BadRequestException", name="n" * 65, **sns)
    v2("BadRequestException", MatchingEventTypes=[], **sns)
    v2("BadRequestException")
    v2("BadRequestException", **sns, **bus)
    v2("BadRequestException", **bus)
    v2("BadRequestException", SnsDestination={"TopicArn": "arn:aws:sqs:us-east-1:1:q"})
    v2("NotImplemented", PinpointDestination={"ApplicationArn": "arn:aws:mobiletargeting:us-east-1:1:apps/x"})
    dimension = {"DimensionName": "a b", "DimensionValueSource": "messageTag", "DefaultDimensionValue": "x"}
    for bad in ([], [dimension], [{**dimension, "DimensionName": "a"}] * 2):
        given = {"Name": "w", "MatchingEventTypes": ["send"], "CloudWatchDestination": {"DimensionConfigurations": bad}}
        create = teller.v1.create_configuration_set_event_destination
        refused("InvalidCloudWatchDestination", create, ConfigurationSetName="one", EventDestination=given)
    delete = teller.v1.delete_configuration_set_event_destination
    words = refused("EventDestinationDoesNotExist", delete, ConfigurationSetName="one", EventDestinationName="x")
    assert words == "No EventDestination found for one"
    refused("ConfigurationSetDoesNotExist", delete, ConfigurationSetName="none", EventDestinationName="x")
    for number in range(10):
        teller.tell(f"d{number}")
    refused("LimitExceeded", teller.tell, name="d10")
    teller.v1.delete_configuration_set_event_destination(ConfigurationSetName="one", EventDestinationName="d9")
    refused("EventDestinationAlreadyExists", teller.tell, name="d0")


def test_a_service_that_the_cloud_does_not_have_is_refused_by_name(mailer: Mailer) -> None:
    built = mailer.cloud.control("health")["services"]
    mailer.v2.create_configuration_set(ConfigurationSetName="one")
    places = {
        "sns": {"SnsDestination": {"TopicArn": f"arn:aws:sns:us-east-1:{mailer.account}:t"}},
        "events": {
            "EventBridgeDestination": {"EventBusArn": f"arn:aws:events:us-east-1:{mailer.account}:event-bus/default"}
        },
    }
    for service, place in places.items():
        create = mailer.v2.create_configuration_set_event_destination
        given = {
            "ConfigurationSetName": "one", "EventDestinationName": service,
            "EventDestination": {"MatchingEventTypes": ["SEND"], **place},
        }  # fmt: skip
        if service not in built:
            assert service in refused("NotImplemented", create, **given)
        elif service == "sns":
            refused("BadRequestException", create, **given)  # there is no such topic
        else:
            create(**given)


def test_a_real_topic_and_queue(mailer: Mailer) -> None:
    if not {"sns", "sqs"} <= mailer.cloud.control("health")["services"].keys():
        pytest.skip("this cloud has no topics and queues yet")
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


OPEN = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",'
    ' "Resource": "*"}]}'
)


def test_tags_of_messages_are_refused_in_aws_words(mailer: Mailer) -> None:
    mailer.verify("a@example.com")
    for name, value, words in (
        ("", "", "The tag name must be specified."),
        ("n", "", "The tag value must be specified."),
        ("n" * 256, "v", "Tag name cannot exceed 255 characters."),
        ("n", "v" * 256, "Tag value cannot exceed 255 characters."),
        ("n@1", "v:1", "Invalid tag name <n@1>: only alphanumeric ASCII characters, '_',  '-' are allowed."),
        ("n", "v:1", "Invalid tag value <v:1>: only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed."),
    ):
        assert refused(
            "InvalidParameterValue", mailer.send, source="a@example.com", Tags=[{"Name": name, "Value": value}]
        ) == words  # fmt: skip
