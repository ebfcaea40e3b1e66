"""Opens, clicks and unsubscribing: what is put into a mail, and what becomes known when its reader does something."""

from __future__ import annotations

import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import urlsplit

import dkim
import pytest

from tests.services.ses.conftest import SUCCESS, refused
from tests.services.ses.standins import StandInCloud
from tests.services.ses.test_behaviour_events import Teller

HTML = (
    "<html><body><p>Größe</p>"
    "<a class=x href='https://example.org/a?b=1&amp;c=2' ses:tags=\"place:top;kind:news;\">one</a>"
    '<A HREF="http://example.org/two">two</A><a ses:no-track href="https://example.org/three">three</a>'
    '<a href="mailto:x@example.org">mail</a><a name="x">anchor</a><abbr href="https://example.org">no</abbr>'
    '<a href="https://example.org/open</body></html>'
)


@pytest.fixture(scope="module")
def told_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInCloud]:
    folder = tmp_path_factory.mktemp("told")
    running = StandInCloud(folder)
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def teller(told_cloud: StandInCloud, account: str) -> Teller:
    made = Teller(told_cloud, account)
    made.v2.create_configuration_set_event_destination(
        ConfigurationSetName="one", EventDestinationName="d",
        EventDestination={
            "Enabled": True, "MatchingEventTypes": ["OPEN", "CLICK", "SUBSCRIPTION"],
            "SnsDestination": {"TopicArn": made.topic("open")},
        },
    )  # fmt: skip
    return made


def sent(teller: Teller, html: str = HTML, text: str = "see https://example.org/a", **more: Any) -> dict[str, Any]:
    """A mail with HTML, as it is in the mail box."""
    given = {
        "FromEmailAddress": "a@example.com", "Destination": {"ToAddresses": [SUCCESS]},
        "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Html": {"Data": html}, "Text": {"Data": text}}}},
        "ConfigurationSetName": "one", **more,
    }  # fmt: skip
    return teller.mail(teller.v2.send_email(**given)["MessageId"])


class Stays(urllib.request.HTTPRedirectHandler):
    """A reader that does not follow where it is led."""

    def redirect_request(self, *_: Any) -> None:
        return None


def get(teller: Teller, link: str, data: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
    """(status, headers, body) of a link in a mail, taken at the cloud's own address."""
    here = f"{teller.cloud.url}{urlsplit(link).path}"
    request = urllib.request.Request(here, data, {"User-Agent": "Reader/1", **headers})
    try:
        with urllib.request.build_opener(Stays).open(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def links(html: str) -> list[str]:
    return re.findall(r"href=[\"']?([^\"'> ]+)", html, re.I)


def test_links_are_tracked_and_lead_on(teller: Teller) -> None:
    mail = sent(teller)
    first, second, third, mailto, *_ = links(mail["html"])
    assert [urlsplit(each).path.split("/")[3] for each in (first, second)] == ["click", "click"]
    assert third == "https://example.org/three" and mailto == "mailto:x@example.org"
    assert "ses:" not in mail["html"] and "Größe" in mail["html"] and "class=x" in mail["html"]
    assert '<abbr href="https://example.org">' in mail["html"] and mail["text"].strip() == "see https://example.org/a"
    status, headers, _ = get(teller, first)
    assert (status, headers["Location"]) == (302, "https://example.org/a?b=1&c=2")
    [event] = teller.cloud.events()
    assert event["eventType"] == "Click" and event["mail"]["messageId"] == mail["id"]
    assert event["click"].pop("timestamp")
    assert event["click"] == {
        "ipAddress": "127.0.0.1", "userAgent": "Reader/1", "link": "https://example.org/a?b=1&c=2",
        "linkTags": {"place": ["top"], "kind": ["news"]},
    }  # fmt: skip
    get(teller, second)
    assert teller.cloud.events()[-1]["click"]["linkTags"] is None


def test_opens_are_told_once_the_picture_is_shown(teller: Teller) -> None:
    mail = sent(teller)
    [picture] = re.findall(r'<img alt="" src="([^"]+)"', mail["html"])
    assert mail["html"].rstrip().endswith("</body></html>")
    where = f"{teller.cloud.url}/_cloudarium/mail/{mail['id']}"
    # Looking into the mail box is no open: its page loads no pictures from elsewhere until the reader asks for them.
    for page, rule in (
        ("", "img-src data:;"),
        ("/html", "img-src data:;"),
        ("/html?pictures=1", "img-src data: http: https:;"),
    ):
        with urllib.request.urlopen(urllib.request.Request(where + page, headers={"Accept": "text/html"})) as answer:
            assert rule in answer.headers["Content-Security-Policy"]
            if not page:
                assert "?pictures=1" in answer.read().decode()
    assert teller.cloud.events() == []
    status, headers, body = get(teller, picture)
    assert status == 200 and headers["Content-Type"] == "image/gif" and body.startswith(b"GIF89a")
    [event] = teller.cloud.events()
    assert event["eventType"] == "Open"
    assert event["open"].keys() == {"timestamp", "userAgent", "ipAddress"} and event["open"]["userAgent"] == "Reader/1"


def test_the_picture_s_place_can_be_chosen_also_in_a_template(teller: Teller) -> None:
    assert "</p><img " in sent(teller, "<p>x</p>{{ses:openTracker}}<p>y</p>")["html"]
    parts = {"TemplateName": "t", "SubjectPart": "s", "HtmlPart": "<i>{{n}}</i>{{ses:openTracker}}<b>z</b>"}
    teller.v1.create_template(Template=parts)
    given = {"Source": "a@example.com", "Destination": {"ToAddresses": [SUCCESS]}, "Template": "t"}
    made = teller.v1.send_templated_email(**given, TemplateData='{"n": 1}', ConfigurationSetName="one")
    assert re.match(r"<i>1</i><img [^>]+><b>z</b>", teller.mail(made["MessageId"])["html"])


def test_without_a_destination_nothing_is_put_in(teller: Teller) -> None:
    teller.v2.create_configuration_set(ConfigurationSetName="two")
    plain = sent(teller, HTML, ConfigurationSetName="two")
    assert plain["html"].strip() == HTML


def test_tracked_mail_is_signed_as_it_goes_out(teller: Teller) -> None:
    teller.v1.verify_domain_dkim(Domain="example.com")
    teller.verify_domain("example.com")
    mail = sent(teller, HTML * 2)
    entries = {each["Name"] + ".": each["Value"] for each in teller.identity("example.com")["records"]}
    for one in teller.identity("example.com")["records"]:
        if one["Type"] == "CNAME":
            entries[one["Name"] + "."] = entries[one["Value"] + "."]
    raw = teller.raw(mail["id"])
    signatures = raw.count(b"DKIM-Signature:")
    own = [
        number
        for number in range(signatures)
        if dkim.DKIM(raw).verify(number, dnsfunc=lambda name, **_: entries.get(name.decode(), "").encode())
    ]
    assert own


@pytest.mark.parametrize("wrong", ["id", "token", "number", "word"])
def test_no_address_leads_anywhere_that_was_not_in_the_mail(teller: Teller, wrong: str) -> None:
    parts = urlsplit(links(sent(teller)["html"])[0]).path.split("/")
    place = {"word": 3, "id": 4, "token": 5, "number": 6}[wrong]
    for value in ("99", "x", "https:%2F%2Fevil.example", "..", "-1"):
        status, headers, _ = get(teller, "/".join([*parts[:place], value, *parts[place + 1 :]]))
        assert status in (404, 400) and "Location" not in headers
    status, headers, _ = get(teller, "/".join(parts) + "?u=https://evil.example")
    assert headers["Location"].startswith("https://example.org/")


def test_a_link_cannot_end_the_header(teller: Teller) -> None:
    mail = sent(teller, '<a href="https://example.org/&#10;Set-Cookie:%20x=1&#13;&#10;ü">x</a>')
    status, headers, _ = get(teller, links(mail["html"])[0])
    assert status == 302 and "Set-Cookie" not in headers
    assert headers["Location"] == "https://example.org/%0ASet-Cookie:%20x=1%0D%0A%C3%BC"


def test_hostile_html_is_bounded(teller: Teller) -> None:
    many = sent(teller, '<a href="https://example.org/x">x</a>' * 300)
    assert sum("/click/" in each for each in links(many["html"])) == 250
    for html in ("<a " * 200_000, '<a href="' * 100_000, "<a " + "x" * 500_000, "<a href=" + "'\"" * 200_000):
        assert sent(teller, html)["html"]


def test_links_lead_over_a_domain_of_one_s_own(teller: Teller) -> None:
    teller.v2.put_configuration_set_tracking_options(
        ConfigurationSetName="one", CustomRedirectDomain="links.example.com"
    )
    link = links(sent(teller)["html"])[0]
    assert urlsplit(link).hostname == "links.example.com.localhost"
    request = urllib.request.Request(
        f"{teller.cloud.url}{urlsplit(link).path}", headers={"Host": urlsplit(link).netloc, "Accept": "text/html"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener(Stays).open(request)
    assert caught.value.code == 302


# ---- Unsubscribing ---------------------------------------------------------------------------------------------------

TOPICS = [
    {"TopicName": "news", "DisplayName": "News & more", "DefaultSubscriptionStatus": "OPT_IN"},
    {"TopicName": "offers", "DisplayName": "Offers", "DefaultSubscriptionStatus": "OPT_OUT"},
]


def listed(teller: Teller, topic: str = "news", to: str = SUCCESS) -> dict[str, Any]:
    options = {"ContactListName": "all", "TopicName": topic} if topic else {"ContactListName": "all"}
    return sent(
        teller, '<a href="{{amazonSESUnsubscribeUrl}}">out</a>', "out: {{amazonSESUnsubscribeUrl}}",
        ListManagementOptions=options, Destination={"ToAddresses": [to]},
    )  # fmt: skip


def test_one_click_unsubscribes_from_the_topic(teller: Teller) -> None:
    teller.v2.create_contact_list(ContactListName="all", Topics=TOPICS)
    mail = listed(teller)
    read = message_from_bytes(teller.raw(mail["id"]), policy=policy.default)
    link = str(read["List-Unsubscribe"]).strip("<>")
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert links(mail["html"]) == [link] and mail["text"].strip() == f"out: {link}"
    assert get(teller, link)[0] == 200  # a look, as link scanners take it, changes nothing
    assert listed(teller)["status"] == "Delivery"
    assert get(teller, link, b"x=1")[0] == 400
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert get(teller, link, b"List-Unsubscribe=One-Click", **form)[0] == 200
    [event] = teller.cloud.events()
    assert event["eventType"] == "Subscription"
    assert event["subscription"].pop("timestamp")
    states = lambda news: {  # noqa: E731
        "unsubscribeAll": False,
        "topicSubscriptionStatus": [
            {"topicName": "news", "subscriptionStatus": news}, {"topicName": "offers", "subscriptionStatus": "OptOut"},
        ],
    }  # fmt: skip
    told = event["subscription"]
    for side in ("newTopicPreferences", "oldTopicPreferences"):
        told[side]["topicSubscriptionStatus"].sort(key=lambda each: each["topicName"])
    assert told == {
        "contactList": "all", "source": "UnsubscribeHeader", "newTopicPreferences": states("OptOut"),
        "oldTopicPreferences": states("OptIn"),
    }  # fmt: skip
    contact = teller.v2.get_contact(ContactListName="all", EmailAddress=SUCCESS)
    assert contact["TopicPreferences"] == [{"TopicName": "news", "SubscriptionStatus": "OPT_OUT"}]
    lost = listed(teller)
    assert (lost["status"], lost["reason"]) == ("Bounce", f"{SUCCESS} has unsubscribed")
    assert listed(teller, "")["status"] == "Delivery"


def test_the_page_of_preferences(teller: Teller) -> None:
    teller.v2.create_contact_list(ContactListName="all", Topics=TOPICS, Description="<Our> letters")
    [link] = links(listed(teller)["html"])
    status, headers, body = get(teller, link, Accept="text/html")
    text = body.decode()
    assert status == 200 and "default-src 'none'" in headers["Content-Security-Policy"]
    assert "News &amp; more" in text and "&lt;Our&gt; letters" in text and SUCCESS in text
    assert 'value="news" checked' in text and 'value="offers" checked' not in text
    _, _, body = get(teller, link, b"save=1&topic=offers", Accept="text/html")
    assert 'value="offers" checked' in body.decode() and 'value="news" checked' not in body.decode()
    assert listed(teller, "offers")["status"] == "Delivery" and listed(teller, "news")["status"] == "Bounce"
    get(teller, link, b"all=1", Accept="text/html")
    assert teller.v2.get_contact(ContactListName="all", EmailAddress=SUCCESS)["UnsubscribeAll"] is True
    assert listed(teller, "")["status"] == "Bounce"
    assert teller.cloud.events()[-1]["subscription"]["source"] == "UnsubscribeLink"
    status, _, _ = get(teller, link, b"all=1", Origin="https://evil.example")
    assert status == 403


def test_list_management_that_is_refused(teller: Teller) -> None:
    def send(code: str, **options: Any) -> str:
        content = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
        given = {"FromEmailAddress": "a@example.com", "Destination": {"ToAddresses": [SUCCESS]}, "Content": content}
        return refused(code, teller.v2.send_email, **{**given, **options})

    assert send("NotFoundException", ListManagementOptions={"ContactListName": "all"}) == (
        "List with name: all doesn't exist."
    )
    teller.v2.create_contact_list(ContactListName="all", Topics=TOPICS)
    send("NotFoundException", ListManagementOptions={"ContactListName": "all", "TopicName": "x"})
    send(
        "BadRequestException", ListManagementOptions={"ContactListName": "all"},
        Destination={"ToAddresses": [SUCCESS, "b@example.org"]},
    )  # fmt: skip
    raw = f"From: a@example.com\nTo: {SUCCESS}\nX-SES-LIST-MANAGEMENT-OPTIONS: all; topic=news\n\nt".encode()
    by_header = teller.v1.send_raw_email(RawMessage={"Data": raw})["MessageId"]
    names = {each["name"] for each in teller.mail(by_header)["headers"]}
    assert "List-Unsubscribe" in names and "X-SES-LIST-MANAGEMENT-OPTIONS" not in names
