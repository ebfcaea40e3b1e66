"""Sending by the second API: attachments, headers, templates, bulk, suppression, leaving the sandbox."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest

from tests.services.ses.conftest import SUCCESS, Mailer, refused

BODY = {"Text": {"Data": "text"}, "Html": {"Data": "<p>html</p>"}}
TO = {"ToAddresses": [SUCCESS]}


@pytest.fixture
def sender(mailer: Mailer) -> Mailer:
    """A mailer whose a@example.com may send."""
    mailer.v2.create_email_identity(EmailIdentity="a@example.com")
    mailer.verify("a@example.com")
    return mailer


def simple(**more: Any) -> dict[str, Any]:
    return {"Simple": {"Subject": {"Data": "Hello"}, "Body": BODY, **more}}


def test_a_simple_mail_with_headers_and_attachments(sender: Mailer) -> None:
    content = simple(
        Headers=[{"Name": "X-Campaign", "Value": "spring"}, {"Name": "List-Unsubscribe", "Value": "<https://x.example>"}],
        Attachments=[
            {"FileName": "rëport.csv", "RawContent": b"a,b\r\n1,2\r\n", "ContentDescription": "a table"},
            {
                "FileName": "logo.png", "RawContent": b"\x89PNG", "ContentDisposition": "INLINE", "ContentId": "logo",
                "ContentType": "image/png",
            },
        ],
    )  # fmt: skip
    given = {"FromEmailAddress": "Ann <a@example.com>", "Destination": TO, "Content": content}
    sent = sender.v2.send_email(**given, EmailTags=[{"Name": "k", "Value": "v"}])["MessageId"]
    shown = sender.mail(sent)
    assert [(each["name"], each["type"], each["size"]) for each in shown["attachments"]] == [
        ("rëport.csv", "text/csv", 10), ("logo.png", "image/png", 4),
    ]  # fmt: skip
    assert shown["text"].strip() == "text" and shown["tags"] == {"k": "v"}
    read = message_from_bytes(sender.raw(sent), policy=policy.default)
    assert read["X-Campaign"] == "spring" and read["List-Unsubscribe"] == "<https://x.example>"
    files = list(read.iter_attachments())
    assert files[0]["Content-Description"] == "a table" and files[1]["Content-ID"] == "<logo>"


def test_attachments_are_encoded_as_asked(sender: Mailer) -> None:
    table = {"FileName": "t.csv", "ContentType": "text/csv", "RawContent": "größe=1\r\n".encode()}
    plain = {"FileName": "p.bin", "RawContent": b"only ascii\r\n", "ContentTransferEncoding": "SEVEN_BIT"}
    content = simple(Attachments=[{**table, "ContentTransferEncoding": "QUOTED_PRINTABLE"}, plain])
    given = {"FromEmailAddress": "a@example.com", "Destination": TO}
    raw = sender.raw(sender.v2.send_email(**given, Content=content)["MessageId"])
    files = list(message_from_bytes(raw, policy=policy.default).iter_attachments())
    assert [each["Content-Transfer-Encoding"] for each in files] == ["quoted-printable", "7bit"]
    assert [each.get_payload(decode=True) for each in files] == ["größe=1\r\n".encode(), b"only ascii\r\n"]
    content = simple(Attachments=[{**table, "ContentTransferEncoding": "SEVEN_BIT"}])
    refused("BadRequestException", sender.v2.send_email, **given, Content=content)


@pytest.mark.parametrize(
    "more",
    [
        {"Headers": [{"Name": "From", "Value": "b@example.com"}]},
        {"Headers": [{"Name": "X-A", "Value": "x\r\nBcc: b@example.com"}]},
        {"Headers": [{"Name": "X A", "Value": "x"}]},
        {"Headers": [{"Name": f"X-{n}", "Value": "x"} for n in range(16)]},
        {"Attachments": [{"FileName": "a\r\nb", "RawContent": b"x"}]},
        {"Attachments": [{"FileName": "a", "RawContent": b"x", "ContentType": "multipart/mixed"}]},
        {"Attachments": [{"FileName": "a", "RawContent": b"x", "ContentDescription": "a\nBcc: x@y.zz"}]},
        {"Subject": {"Data": "a\nBcc: b@example.com"}},
    ],
)
def test_no_header_can_be_smuggled_in(sender: Mailer, more: dict[str, Any]) -> None:
    given = {"FromEmailAddress": "a@example.com", "Destination": TO, "Content": simple(**more)}
    refused("BadRequestException", sender.v2.send_email, **given)
    assert sender.mails(to=SUCCESS) == []


def test_raw_and_what_content_must_be(sender: Mailer) -> None:
    raw = {"Raw": {"Data": b"From: a@example.com\r\nTo: success@simulator.amazonses.com\r\nSubject: s\r\n\r\nt"}}
    assert sender.mail(sender.v2.send_email(Content=raw)["MessageId"])["to"] == [SUCCESS]
    both = {**raw, **simple()}
    for content in ({}, both):
        refused("BadRequestException", sender.v2.send_email, FromEmailAddress="a@example.com", Content=content)
    refused("BadRequestException", sender.v2.send_email, Destination=TO, Content=simple())
    given = {"FromEmailAddress": "a@example.com", "Destination": TO, "Content": simple()}
    refused("NotImplemented", sender.v2.send_email, **given, TenantName="x")
    refused("NotFoundException", sender.v2.send_email, **given, ConfigurationSetName="none")


def test_a_larger_message_goes_by_the_second_api(sender: Mailer) -> None:
    content = simple(Attachments=[{"FileName": "a.bin", "RawContent": b"\0" * (11 * 1024 * 1024)}])
    given = {"FromEmailAddress": "a@example.com", "Destination": TO}
    sent = sender.v2.send_email(**given, Content=content)["MessageId"]
    assert sender.mail(sent)["attachments"][0]["size"] == 11 * 1024 * 1024
    content["Simple"]["Attachments"][0]["RawContent"] = b"\0" * (31 * 1024 * 1024)
    words = refused("BadRequestException", sender.v2.send_email, **given, Content=content)
    assert words.startswith("Message length is more than 41943040 bytes long")


def test_templates(sender: Mailer) -> None:
    parts = {"Subject": "Hi {{name}}", "Text": "{{#each items}}{{this.n}};{{/each}}", "Html": "<b>{{name}}</b>"}
    sender.v2.create_email_template(TemplateName="t", TemplateContent=parts)
    given = {"FromEmailAddress": "a@example.com", "Destination": TO}
    data = '{"name": "<Ann>", "items": [{"n": 1}, {"n": 2}]}'
    content = {"Template": {"TemplateName": "t", "TemplateData": data}}
    shown = sender.mail(sender.v2.send_email(**given, Content=content)["MessageId"])
    assert (shown["subject"], shown["text"].strip(), shown["html"].strip()) == ("Hi <Ann>", "1;2;", "<b><Ann></b>")
    # What cannot be rendered is taken all the same, and nobody gets it.
    content["Template"]["TemplateData"] = "{}"
    lost = sender.mail(sender.v2.send_email(**given, Content=content)["MessageId"])
    assert lost["status"] == "RenderingFailure"
    assert lost["reason"] == "Attribute 'name' is not present in the rendering data."
    evil = {"Template": {"TemplateName": "t", "TemplateData": '{"name": "x\\r\\nBcc: v@example.com"}'}}
    assert sender.mail(sender.v2.send_email(**given, Content=evil)["MessageId"])["status"] == "RenderingFailure"
    content["Template"]["TemplateData"] = "no json"
    refused("BadRequestException", sender.v2.send_email, **given, Content=content)
    content["Template"] = {"TemplateName": "none", "TemplateData": "{}"}
    refused("NotFoundException", sender.v2.send_email, **given, Content=content)
    inline = {"TemplateContent": {"Subject": "S {{n}}", "Text": "x"}, "TemplateData": '{"n": 1}'}
    own = sender.v2.send_email(**given, Content={"Template": inline})["MessageId"]
    assert sender.mail(own)["subject"] == "S 1"


def test_bulk(sender: Mailer) -> None:
    parts = {"Subject": "Hi {{name}}", "Text": "{{colour}}"}
    sender.v2.create_email_template(TemplateName="t", TemplateContent=parts)
    entries = [
        {
            "Destination": TO,
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": '{"name": "Ann"}'}},
            "ReplacementTags": [{"Name": "who", "Value": "ann"}],
            "ReplacementHeaders": [{"Name": "X-A", "Value": "own"}],
        },
        {"Destination": {"ToAddresses": ["stranger@example.org"]}},
        {"Destination": {"ToAddresses": ["nonsense"]}},
    ]
    template = {
        "TemplateName": "t", "TemplateData": '{"name": "you", "colour": "red"}',
        "Headers": [{"Name": "x-a", "Value": "common"}, {"Name": "X-B", "Value": "b"}],
    }  # fmt: skip
    found = sender.v2.send_bulk_email(
        FromEmailAddress="a@example.com", DefaultContent={"Template": template}, BulkEmailEntries=entries,
        DefaultEmailTags=[{"Name": "all", "Value": "yes"}],
    )["BulkEmailEntryResults"]  # fmt: skip
    assert [each["Status"] for each in found] == ["SUCCESS", "MESSAGE_REJECTED", "INVALID_PARAMETER"]
    assert found[1]["Error"].endswith("US-EAST-1: stranger@example.org")
    shown = sender.mail(found[0]["MessageId"])
    assert (shown["subject"], shown["text"].strip()) == ("Hi Ann", "red")
    assert shown["tags"] == {"all": "yes", "who": "ann"}
    headers = {each["name"]: each["value"] for each in shown["headers"]}
    assert headers["X-A"] == "own" and headers["X-B"] == "b"
    given = {"FromEmailAddress": "a@example.com", "DefaultContent": {"Template": template}}
    refused("BadRequestException", sender.v2.send_bulk_email, **given, BulkEmailEntries=[])
    refused("BadRequestException", sender.v2.send_bulk_email, **given, BulkEmailEntries=entries[:1] * 51)


def test_leaving_the_sandbox(sender: Mailer) -> None:
    account = sender.v2.get_account()
    assert account["ProductionAccessEnabled"] is False and account["SendQuota"]["Max24HourSend"] == 200
    given = {"FromEmailAddress": "a@example.com", "Content": simple()}
    stranger = {"ToAddresses": ["stranger@example.org"]}
    refused("MessageRejected", sender.v2.send_email, **given, Destination=stranger)
    sender.v2.put_account_details(MailType="TRANSACTIONAL", WebsiteURL="https://example.com")
    assert sender.v2.get_account()["ProductionAccessEnabled"] is False
    sender.production()
    account = sender.v2.get_account()
    assert account["ProductionAccessEnabled"] is True and account["SendQuota"]["Max24HourSend"] == 50000
    assert account["Details"]["ReviewDetails"]["Status"] == "GRANTED"
    sender.v2.send_email(**given, Destination=stranger)
    assert [each["to"] for each in sender.mails(to="stranger@example.org")] == [["stranger@example.org"]]
    given["FromEmailAddress"] = "other@example.com"
    refused("MessageRejected", sender.v2.send_email, **given, Destination=stranger)
    sender.v2.put_account_sending_attributes(SendingEnabled=False)
    given["FromEmailAddress"] = "a@example.com"
    refused("SendingPausedException", sender.v2.send_email, **given, Destination=stranger)
    assert sender.v1.get_account_sending_enabled()["Enabled"] is False


def test_the_suppression_list(sender: Mailer) -> None:
    sender.production()
    api = sender.v2
    api.put_suppressed_destination(EmailAddress="Gone@example.org", Reason="BOUNCE")
    api.put_suppressed_destination(EmailAddress="angry@example.org", Reason="COMPLAINT")
    assert (
        api.get_suppressed_destination(EmailAddress="gone@example.org")["SuppressedDestination"]["Reason"] == "BOUNCE"
    )
    listed = api.list_suppressed_destinations(Reasons=["COMPLAINT"])["SuppressedDestinationSummaries"]
    assert [each["EmailAddress"] for each in listed] == ["angry@example.org"]
    given = {"FromEmailAddress": "a@example.com", "Content": simple()}

    def status(address: str, **more: Any) -> str:
        sent = api.send_email(**given, Destination={"ToAddresses": [address]}, **more)
        return str(sender.mail(sent["MessageId"])["status"])

    assert [status("gone@example.org"), status("angry@example.org"), status("x@example.org")] == [
        "Bounce", "Bounce", "Delivery",
    ]  # fmt: skip
    api.put_account_suppression_attributes(SuppressedReasons=["BOUNCE"])
    assert [status("gone@example.org"), status("angry@example.org")] == ["Bounce", "Delivery"]
    api.create_configuration_set(ConfigurationSetName="none", SuppressionOptions={"SuppressedReasons": []})
    assert status("gone@example.org", ConfigurationSetName="none") == "Delivery"
    api.put_configuration_set_suppression_options(ConfigurationSetName="none", SuppressedReasons=["BOUNCE"])
    assert status("gone@example.org", ConfigurationSetName="none") == "Bounce"
    api.delete_suppressed_destination(EmailAddress="gone@example.org")
    assert status("gone@example.org") == "Delivery"
    refused("NotFoundException", api.delete_suppressed_destination, EmailAddress="gone@example.org")
    refused("NotFoundException", api.get_suppressed_destination, EmailAddress="gone@example.org")
