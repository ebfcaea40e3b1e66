"""Contact lists, contacts and custom verification mails."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.services.ses.conftest import Mailer, refused

TOPICS = [
    {"TopicName": "news", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_IN", "Description": "d"},
    {"TopicName": "offers", "DisplayName": "Offers", "DefaultSubscriptionStatus": "OPT_OUT"},
]


def test_a_contact_list_and_its_contacts(mailer: Mailer) -> None:
    api, named = mailer.v2, {"ContactListName": "all"}
    assert api.list_contact_lists()["ContactLists"] == []
    words = refused("NotFoundException", api.create_contact, **named, EmailAddress="a@example.com")
    assert words == "List with name: all doesn't exist."
    api.create_contact_list(**named, Topics=TOPICS, Description="d", Tags=[{"Key": "k", "Value": "v"}])
    found = api.get_contact_list(**named)
    assert found["Topics"] == TOPICS and found["Description"] == "d" and found["Tags"] == [{"Key": "k", "Value": "v"}]
    assert [each["ContactListName"] for each in api.list_contact_lists()["ContactLists"]] == ["all"]
    preference = [{"TopicName": "offers", "SubscriptionStatus": "OPT_IN"}]
    api.create_contact(**named, EmailAddress="A@example.com", TopicPreferences=preference, AttributesData='{"n": 1}')
    contact = api.get_contact(**named, EmailAddress="a@EXAMPLE.com")
    assert contact["EmailAddress"] == "A@example.com" and contact["TopicPreferences"] == preference
    assert contact["TopicDefaultPreferences"] == [{"TopicName": "news", "SubscriptionStatus": "OPT_IN"}]
    assert contact["UnsubscribeAll"] is False and contact["AttributesData"] == '{"n": 1}'
    api.update_contact(**named, EmailAddress="a@example.com", UnsubscribeAll=True)
    contact = api.get_contact(**named, EmailAddress="a@example.com")
    assert contact["TopicPreferences"] == [] and contact["UnsubscribeAll"] is True
    assert contact["AttributesData"] == '{"n": 1}'
    api.update_contact_list(**named, Topics=TOPICS[:1])
    assert api.get_contact(**named, EmailAddress="a@example.com")["TopicDefaultPreferences"] == [
        {"TopicName": "news", "SubscriptionStatus": "OPT_IN"}
    ]
    assert "Description" not in api.get_contact_list(**named)
    api.delete_contact(**named, EmailAddress="a@example.com")
    words = refused("NotFoundException", api.delete_contact, **named, EmailAddress="a@example.com")
    assert words == "a@example.com doesn't exist in List."
    api.delete_contact_list(**named)
    refused("NotFoundException", api.delete_contact_list, **named)


def test_contacts_are_listed_by_what_they_want(mailer: Mailer) -> None:
    api, named = mailer.v2, {"ContactListName": "all"}
    api.create_contact_list(**named, Topics=TOPICS)
    choices: dict[str, dict[str, Any]] = {
        "default": {},
        "in": {"TopicPreferences": [{"TopicName": "offers", "SubscriptionStatus": "OPT_IN"}]},
        "out": {"TopicPreferences": [{"TopicName": "offers", "SubscriptionStatus": "OPT_OUT"}]},
        "gone": {"UnsubscribeAll": True},
    }
    for name, choice in choices.items():
        api.create_contact(**named, EmailAddress=f"{name}@example.com", **choice)

    def listed(status: str = "", topic: str = "", default: bool = False) -> list[str]:
        wanted: dict[str, Any] = {"FilteredStatus": status} if status else {}
        if topic:
            wanted["TopicFilter"] = {"TopicName": topic, "UseDefaultIfPreferenceUnavailable": default}
        found = api.list_contacts(**named, Filter=wanted)["Contacts"]
        return [each["EmailAddress"].partition("@")[0] for each in found]

    assert listed() == ["default", "gone", "in", "out"]
    assert listed("OPT_OUT") == ["gone"] and listed("OPT_IN") == ["default", "in", "out"]
    assert listed("OPT_IN", "offers") == ["in"] and listed("OPT_OUT", "offers") == ["gone", "out"]
    assert listed("OPT_OUT", "offers", True) == ["default", "gone", "out"]
    assert listed("OPT_IN", "news", True) == ["default", "in", "out"]
    first = api.list_contacts(**named, PageSize=3)
    rest = api.list_contacts(**named, PageSize=3, NextToken=first["NextToken"])
    assert [len(first["Contacts"]), len(rest["Contacts"])] == [3, 1] and "NextToken" not in rest


def test_what_contact_lists_refuse(mailer: Mailer) -> None:
    api = mailer.v2
    topic = TOPICS[0]
    for name, topics in (
        ("no good", []),
        ("all", [topic, topic]),
        ("all", [{**topic, "TopicName": "no good"}]),
        ("all", [{**topic, "DisplayName": "x" * 129}]),
        ("all", [{**topic, "TopicName": f"t{number}"} for number in range(21)]),
    ):
        refused("BadRequestException", api.create_contact_list, ContactListName=name, Topics=topics)
    api.create_contact_list(ContactListName="all", Topics=TOPICS)
    refused("AlreadyExistsException", api.create_contact_list, ContactListName="all")
    refused("LimitExceededException", api.create_contact_list, ContactListName="other")
    refused("BadRequestException", api.create_contact, ContactListName="all", EmailAddress="x\r\ny@example.com")
    wrong = [{"TopicName": "none", "SubscriptionStatus": "OPT_IN"}]
    given = {"ContactListName": "all", "EmailAddress": "a@example.com"}
    refused("BadRequestException", api.create_contact, **given, TopicPreferences=wrong)
    api.create_contact(**given)
    refused("AlreadyExistsException", api.create_contact, **given)
    refused("NotFoundException", api.get_contact, ContactListName="all", EmailAddress="b@example.com")
    refused("BadRequestException", api.list_contacts, ContactListName="all", NextToken="nonsense")


# ---- Custom verification mails ---------------------------------------------------------------------------------------

TEMPLATE = {
    "TemplateName": "welcome", "FromEmailAddress": "a@example.com", "TemplateSubject": "Is it you?",
    "TemplateContent": "<h1>Hello</h1>", "SuccessRedirectionURL": "https://example.com/yes",
    "FailureRedirectionURL": "https://example.com/no",
}  # fmt: skip


class Stays(urllib.request.HTTPRedirectHandler):
    """A reader that does not follow where it is led."""

    def redirect_request(self, *_: Any) -> None:
        return None


def led_to(link: str) -> str:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener(Stays).open(link)
    assert caught.value.code == 302
    return str(caught.value.headers["Location"])


def test_a_custom_verification_mail(fresh_mailer: Mailer) -> None:
    mailer = fresh_mailer
    mailer.verify("a@example.com")
    mailer.v2.create_custom_verification_email_template(**TEMPLATE, Tags=[{"Key": "k", "Value": "v"}])
    given = {"EmailAddress": "new@example.org", "TemplateName": "welcome"}
    refused("ProductionAccessNotGranted", mailer.v1.send_custom_verification_email, **given)
    refused("BadRequestException", mailer.v2.send_custom_verification_email, **given)
    mailer.production()
    sent = mailer.v1.send_custom_verification_email(**given)["MessageId"]
    mail = mailer.mail(sent)
    assert (
        mail["subject"] == "Is it you?"
        and mail["html"].startswith("<h1>Hello</h1>")
        and mail["to"] == ["new@example.org"]
    )
    states = mailer.v1.get_identity_verification_attributes(Identities=["new@example.org"])["VerificationAttributes"]
    assert states["new@example.org"]["VerificationStatus"] == "Pending"
    link = mail["html"].partition('href="')[2].partition('"')[0]
    assert led_to(link) == "https://example.com/yes"
    assert mailer.v2.get_email_identity(EmailIdentity="new@example.org")["VerifiedForSendingStatus"] is True
    late = mailer.v2.send_custom_verification_email(**{**given, "EmailAddress": "late@example.org"})["MessageId"]
    mailer.cloud.clock_advance(86401)
    assert led_to(mailer.mail(late)["html"].partition('href="')[2].partition('"')[0]) == "https://example.com/no"
    assert mailer.v2.get_email_identity(EmailIdentity="late@example.org")["VerifiedForSendingStatus"] is False


def test_custom_verification_templates_of_both_apis(mailer: Mailer) -> None:
    v1, v2 = mailer.v1, mailer.v2
    refused("FromEmailAddressNotVerified", v1.create_custom_verification_email_template, **TEMPLATE)
    refused("NotFoundException", v2.create_custom_verification_email_template, **TEMPLATE)
    mailer.verify("a@example.com")
    for wrong in (
        {"TemplateContent": ""},
        {"SuccessRedirectionURL": "javascript:alert(1)"},
        {"FailureRedirectionURL": "https://example.com/\r\nSet-Cookie: x"},
        {"TemplateSubject": "a\nBcc: b@example.com"},
    ):
        given = {**TEMPLATE, **wrong}
        refused("CustomVerificationEmailInvalidContent", v1.create_custom_verification_email_template, **given)
    refused(
        "InvalidParameterValue", v1.create_custom_verification_email_template, **{**TEMPLATE, "TemplateName": "a b"}
    )
    v1.create_custom_verification_email_template(**TEMPLATE)
    refused("CustomVerificationEmailTemplateAlreadyExists", v1.create_custom_verification_email_template, **TEMPLATE)
    refused("AlreadyExistsException", v2.create_custom_verification_email_template, **TEMPLATE)
    shown = v2.get_custom_verification_email_template(TemplateName="welcome")
    assert {name: shown[name] for name in TEMPLATE} == TEMPLATE
    v1.update_custom_verification_email_template(TemplateName="welcome", TemplateSubject="Other")
    assert v1.get_custom_verification_email_template(TemplateName="welcome")["TemplateSubject"] == "Other"
    [listed] = v1.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"]
    assert listed.keys() == TEMPLATE.keys() - {"TemplateContent"}
    assert len(v2.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"]) == 1
    v2.delete_custom_verification_email_template(TemplateName="welcome")
    refused("NotFoundException", v2.delete_custom_verification_email_template, TemplateName="welcome")
    v1.delete_custom_verification_email_template(TemplateName="welcome")
    refused(
        "CustomVerificationEmailTemplateDoesNotExist", v1.get_custom_verification_email_template, TemplateName="welcome"
    )
    given = {"TemplateName": "welcome", "EmailAddress": "b@example.org"}
    refused("CustomVerificationEmailTemplateDoesNotExist", v1.send_custom_verification_email, **given)
