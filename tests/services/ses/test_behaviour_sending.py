"""Sending by the first API: the sandbox rule, what a mail looks like, the simulator, quotas, raw mail."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from tests.services.ses.conftest import SUCCESS, Mailer, refused

UNVERIFIED = "Email address is not verified. The following identities failed the check in region US-EAST-1: "
BODY = {"Text": {"Data": "t"}}


def test_the_sandbox_rule(mailer: Mailer) -> None:
    """Sender and recipients must be verified; mail to the simulator always may be sent."""
    message = {"Subject": {"Data": "note"}, "Body": BODY}
    given = {"Source": "a@example.com", "Destination": {"ToAddresses": ["b@example.com"]}, "Message": message}
    assert refused("MessageRejected", mailer.v1.send_email, **given) == UNVERIFIED + "a@example.com, b@example.com"
    mailer.verify("a@example.com")
    assert refused("MessageRejected", mailer.v1.send_email, **given) == UNVERIFIED + "b@example.com"
    assert mailer.mails(subject="note") == []
    mailer.send("a@example.com", SUCCESS)
    mailer.send("a@example.com", "a+label@example.com")
    mailer.verify("b@example.com")
    mailer.v1.send_email(**given)
    assert [each["to"] for each in mailer.mails(subject="note", to="B@example.com")] == [["b@example.com"]]
    west = mailer.cloud.client("ses", key=mailer.account, region="us-west-2")
    assert "US-WEST-2: a@example.com" in refused("MessageRejected", west.send_email, **given)


def test_what_a_mail_looks_like(mailer: Mailer) -> None:
    mailer.verify("a@example.com")
    message = {
        "Subject": {"Data": "Grüße", "Charset": "UTF-8"},
        "Body": {"Text": {"Data": "tëxt"}, "Html": {"Data": "<p>hé</p>"}},
    }
    sent = mailer.v1.send_email(
        Source="Änne <a@example.com>",
        Destination={"ToAddresses": ["a@example.com"], "BccAddresses": ["hidden <a+x@example.com>"]},
        Message=message,
        ReplyToAddresses=["reply@example.com"],
        Tags=[{"Name": "campaign", "Value": "one"}],
    )["MessageId"]
    read = message_from_bytes(mailer.raw(sent), policy=policy.default)
    assert str(read["From"]) == "Änne <a@example.com>" and str(read["Subject"]) == "Grüße"
    assert read["Bcc"] is None and b"a+x@" not in mailer.raw(sent)
    assert str(read["Reply-To"]) == "reply@example.com" and read["Message-ID"] == f"<{sent}@email.amazonses.com>"
    assert read.get_content_type() == "multipart/alternative"
    shown = mailer.mail(sent)
    assert shown["text"].strip() == "tëxt" and shown["html"].strip() == "<p>hé</p>" and shown["subject"] == "Grüße"
    assert shown["bcc"] == ["a+x@example.com"] and shown["tags"] == {"campaign": "one"}
    assert all(len(line) <= 998 for line in mailer.raw(sent).split(b"\r\n"))


@pytest.mark.parametrize("where", ["Source", "To", "Subject", "ReplyTo"])
def test_no_header_can_be_smuggled_in(mailer: Mailer, where: str) -> None:
    mailer.verify("a@example.com")
    evil = "a@example.com\r\nBcc: victim@example.com"
    given = {
        "Source": evil if where == "Source" else "a@example.com",
        "Destination": {"ToAddresses": [evil if where == "To" else SUCCESS]},
        "Message": {"Subject": {"Data": "x\nBcc: v@example.com" if where == "Subject" else "x"}, "Body": BODY},
        "ReplyToAddresses": [evil] if where == "ReplyTo" else [],
    }
    refused("InvalidParameterValue", mailer.v1.send_email, **given)
    assert mailer.mails(subject="x") == []


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@", "@example.com", "a b@example.com", "a@b..c", "a@x.com, b@x.com"]
)
def test_what_is_no_address(mailer: Mailer, address: str) -> None:
    mailer.verify("a@example.com")
    given = {"Destination": {"ToAddresses": [address]}, "Message": {"Subject": {"Data": "x"}, "Body": BODY}}
    refused("InvalidParameterValue", mailer.v1.send_email, Source="a@example.com", **given)


def test_limits_of_a_message(mailer: Mailer) -> None:
    mailer.verify("a@example.com")
    many = [f"success+{n}@simulator.amazonses.com" for n in range(51)]
    message = {"Subject": {"Data": "x"}, "Body": BODY}
    given = {"Source": "a@example.com", "Message": message}
    words = refused("InvalidParameterValue", mailer.v1.send_email, Destination={"ToAddresses": many}, **given)
    assert words == "Recipient count exceeds 50."
    refused("InvalidParameterValue", mailer.v1.send_email, Destination={"CcAddresses": []}, **given)
    raw = b"From: a@example.com\nTo: a@example.com\n\n" + b"x" * (10 * 1024 * 1024)
    words = refused("InvalidParameterValue", mailer.v1.send_raw_email, RawMessage={"Data": raw})
    assert words.startswith("Message length is more than 10485760 bytes long: '")
    message["Subject"]["Charset"] = "no-such"
    refused("InvalidParameterValue", mailer.v1.send_email, Destination={"ToAddresses": [SUCCESS]}, **given)


def test_raw_mail_with_an_attachment(mailer: Mailer) -> None:
    mailer.verify("a@example.com")
    raw = MIMEMultipart()
    raw["From"], raw["To"], raw["Subject"] = "Ann <a@example.com>", SUCCESS, "Invoice"
    raw["Bcc"] = "success+b@simulator.amazonses.com"
    raw["X-SES-MESSAGE-TAGS"] = "kind=invoice, year=2026"
    raw.attach(MIMEText("see there", "plain", "utf-8"))
    part = MIMEApplication(bytes(range(256)), _subtype="pdf")
    part.add_header("Content-Disposition", "attachment", filename="Réchnung 1.pdf")
    raw.attach(part)
    sent = mailer.v1.send_raw_email(RawMessage={"Data": raw.as_bytes()})["MessageId"]
    shown = mailer.mail(sent)
    assert shown["to"] == [SUCCESS] and shown["bcc"] == ["success+b@simulator.amazonses.com"]
    assert shown["tags"] == {"kind": "invoice", "year": "2026"}
    assert shown["attachments"] == [{"name": "Réchnung 1.pdf", "type": "application/pdf", "size": 256}]
    assert b"bcc" not in mailer.raw(sent).lower() and b"x-ses-" not in mailer.raw(sent).lower()
    one = mailer.v1.send_raw_email(
        Source="a@example.com", Destinations=[SUCCESS], RawMessage={"Data": b"From: a@example.com\nSubject: s\n\nt"}
    )["MessageId"]
    assert mailer.mail(one)["to"] == [SUCCESS]
    other = b"From: stranger@example.org\nTo: a@example.com\n\nt"
    assert "stranger@example.org" in refused("MessageRejected", mailer.v1.send_raw_email, RawMessage={"Data": other})
    words = refused(
        "MessageRejected", mailer.v1.send_raw_email, Source="a@example.com", RawMessage={"Data": other}
    )  # what is seen is checked, not the envelope alone
    assert words.endswith("stranger@example.org")
    for bad in (
        b"no header here",
        b"To: a@example.com\n\nx",
        b"From: a@example.com\nFrom: b@example.com\nTo: c@d.e\n\nx",
    ):
        refused("InvalidParameterValue", mailer.v1.send_raw_email, RawMessage={"Data": bad})


def test_the_simulator(mailer: Mailer) -> None:
    """Bounces and complaints come back by mail, as they do without any topic; the absent one answers."""
    mailer.verify("a@example.com")
    sent = {
        kind: mailer.send("a@example.com", f"{kind}+x@simulator.amazonses.com")
        for kind in ("success", "bounce", "ooto", "complaint", "suppressionlist")
    }
    status = {kind: mailer.mail(each)["status"] for kind, each in sent.items()}
    assert status == {
        "success": "Delivery", "bounce": "Bounce", "ooto": "Delivery", "complaint": "Complaint",
        "suppressionlist": "Bounce",
    }  # fmt: skip
    back = [each["from"] for each in mailer.mails(to="a@example.com")][:-1]
    assert back == [
        "MAILER-DAEMON@amazonses.com", "complaints@us-east-1.email-abuse.amazonses.com",
        "ooto+x@simulator.amazonses.com", "MAILER-DAEMON@amazonses.com",
    ]  # fmt: skip
    refused(
        "InvalidParameterValue", mailer.v1.set_identity_feedback_forwarding_enabled, Identity="a@example.com",
        ForwardingEnabled=False,
    )  # fmt: skip
    mailer.v2.put_email_identity_feedback_attributes(EmailIdentity="a@example.com", EmailForwardingEnabled=False)
    mailer.send("a@example.com", "bounce@simulator.amazonses.com")
    assert len(mailer.mails(to="a@example.com")) == len(back) + 1
    [point] = mailer.v1.get_send_statistics()["SendDataPoints"]
    assert (point["DeliveryAttempts"], point["Bounces"], point["Complaints"], point["Rejects"]) == (6, 3, 1, 0)


def test_quotas_on_the_clock(fresh_mailer: Mailer) -> None:
    mailer = fresh_mailer
    mailer.cloud.control("clock", {"freeze": True})
    mailer.verify("a@example.com")
    for _ in range(10):  # the rate of one a second may be exceeded for a moment
        mailer.send("a@example.com")
    with pytest.raises(mailer.v1.exceptions.ClientError, match="Maximum sending rate exceeded") as caught:
        mailer.send("a@example.com")
    assert caught.value.response["Error"]["Code"] == "Throttling"
    mailer.cloud.clock_advance(11)
    everyone = [f"success+{n}@simulator.amazonses.com" for n in range(50)]
    message = {"Subject": {"Data": "x"}, "Body": BODY}
    given = {"Source": "a@example.com", "Destination": {"ToAddresses": everyone}, "Message": message}
    mailer.v1.send_email(**given)
    refused("Throttling", mailer.v1.send_email, **given)
    for _ in range(3):  # who has anything left may send to all recipients of a message
        mailer.cloud.clock_advance(11)
        mailer.v1.send_email(**given)
    mailer.cloud.clock_advance(11)
    words = "Daily message quota exceeded."
    assert refused("Throttling", mailer.v1.send_email, **given) == words
    newer = {"FromEmailAddress": "a@example.com", "Destination": given["Destination"], "Content": {"Simple": message}}
    assert refused("LimitExceededException", mailer.v2.send_email, **newer) == words
    mailer.v1.create_template(Template={"TemplateName": "t", "SubjectPart": "s", "TextPart": "t"})
    entries = [{"Destination": {"ToAddresses": [SUCCESS]}}] * 2
    bulk = mailer.v1.send_bulk_templated_email(
        Source="a@example.com", Template="t", DefaultTemplateData="{}", Destinations=entries
    )
    assert bulk["Status"] == [{"Status": "AccountDailyQuotaExceeded", "Error": words}] * 2
    content = {"Template": {"TemplateName": "t", "TemplateData": "{}"}}
    many = mailer.v2.send_bulk_email(FromEmailAddress="a@example.com", DefaultContent=content, BulkEmailEntries=entries)
    assert many["BulkEmailEntryResults"] == [{"Status": "ACCOUNT_DAILY_QUOTA_EXCEEDED", "Error": words}] * 2
    quota = mailer.v1.get_send_quota()
    assert (quota["Max24HourSend"], quota["MaxSendRate"], quota["SentLast24Hours"]) == (200, 1, 210)
    assert mailer.v2.get_account()["SendQuota"] == {
        "Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 210.0,
    }  # fmt: skip
    mailer.production()
    quota = mailer.v1.get_send_quota()
    assert (quota["Max24HourSend"], quota["MaxSendRate"]) == (50_000, 14)
    mailer.v1.send_email(**given)
    mailer.cloud.clock_advance(86400)
    assert mailer.v1.get_send_quota()["SentLast24Hours"] == 0
    mailer.v1.send_email(**given)


def test_sending_can_be_paused(mailer: Mailer) -> None:
    mailer.verify("a@example.com")
    mailer.v1.create_configuration_set(ConfigurationSet={"Name": "one"})
    sent = mailer.send("a@example.com", ConfigurationSetName="one")
    assert mailer.mail(sent)["configuration_set"] == "one"
    mailer.v1.update_configuration_set_sending_enabled(ConfigurationSetName="one", Enabled=False)
    message = {"Subject": {"Data": "x"}, "Body": BODY}
    given = {"Source": "a@example.com", "Destination": {"ToAddresses": [SUCCESS]}, "Message": message}
    refused("ConfigurationSetSendingPausedException", mailer.v1.send_email, ConfigurationSetName="one", **given)
    words = refused("ConfigurationSetDoesNotExist", mailer.v1.send_email, ConfigurationSetName="no", **given)
    assert words == "Configuration set <no> does not exist."
    mailer.v1.update_account_sending_enabled(Enabled=False)
    assert mailer.v1.get_account_sending_enabled()["Enabled"] is False
    refused("AccountSendingPausedException", mailer.v1.send_email, **given)
    mailer.v1.update_account_sending_enabled(Enabled=True)
    mailer.v1.send_email(**given)


def test_what_is_not_built_says_so(mailer: Mailer) -> None:
    mailer.v1.create_configuration_set(ConfigurationSet={"Name": "one"})
    stream = {"IAMRoleARN": "arn:aws:iam::1:role/r", "DeliveryStreamARN": "arn:aws:firehose:x:1:deliverystream/d"}
    destination = {"Name": "d", "MatchingEventTypes": ["send"], "KinesisFirehoseDestination": stream}
    refused(
        "NotImplemented", mailer.v1.create_configuration_set_event_destination, ConfigurationSetName="one",
        EventDestination=destination,
    )  # fmt: skip
