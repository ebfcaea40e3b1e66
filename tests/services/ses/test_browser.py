"""The mail box and the pages of readers in a real browser: nothing of a mail runs, and the forms work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients import chromium
from tests.services.ses.conftest import SUCCESS, Mailer

pytest.importorskip("playwright")

HTML = (
    '<h1>Spring</h1><p><a href="{{amazonSESUnsubscribeUrl}}">Unsubscribe</a></p>'
    '<script>document.body.innerHTML = "RUN"</script><img src="x" onerror="document.body.innerHTML = \'RUN\'">'
    '<form action="/_cloudarium/mail/clear" method="post"><button>Press me</button></form>'
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.running() as found:
        yield found


@pytest.fixture(params=[chromium.DESKTOP, chromium.PHONE], ids=["desktop", "phone"])
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    context = browser.new_context(**request.param)
    yield context.new_page()
    context.close()


def test_a_mail_is_read_and_unsubscribed_from(mailer: Mailer, page: Any) -> None:
    mailer.verify("a@example.com")
    topic = {"TopicName": "news", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_IN"}
    mailer.v2.create_contact_list(ContactListName="all", Topics=[topic])
    body = {"Subject": {"Data": "Spring"}, "Body": {"Html": {"Data": HTML}}}
    sent = mailer.v2.send_email(
        FromEmailAddress="a@example.com", Destination={"ToAddresses": [SUCCESS]}, Content={"Simple": body},
        ListManagementOptions={"ContactListName": "all", "TopicName": "news"},
    )["MessageId"]  # fmt: skip
    page.goto(f"{mailer.cloud.url}/_cloudarium/mail?account={mailer.account}")
    page.get_by_role("link", name="Spring").click()
    frame = page.frame_locator("iframe")
    assert frame.get_by_role("heading").inner_text() == "Spring" and frame.get_by_text("RUN").count() == 0
    frame.get_by_role("button", name="Press me").click()
    assert mailer.mail(sent)["subject"] == "Spring"  # the form of a mail does nothing
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Unsubscribe").click()
    choices = opened.value
    assert choices.get_by_label("News").is_checked()
    choices.get_by_label("News").uncheck()
    choices.get_by_role("button", name="Save").click()
    assert choices.get_by_text("Your choice is saved.").count() == 1 and not choices.get_by_label("News").is_checked()
    contact = mailer.v2.get_contact(ContactListName="all", EmailAddress=SUCCESS)
    assert contact["TopicPreferences"] == [{"TopicName": "news", "SubscriptionStatus": "OPT_OUT"}]
    choices.get_by_role("button", name="Unsubscribe from all").click()
    assert choices.get_by_text("You get no mail of this list.").count() == 1


def test_the_records_of_a_domain_are_published_by_a_button(mailer: Mailer, page: Any) -> None:
    name = f"d{mailer.account}.example.com"
    mailer.v1.verify_domain_identity(Domain=name)
    page.goto(f"{mailer.cloud.url}/_cloudarium/mail/identities")
    card = page.locator(".card", has_text=name)
    card.get_by_role("button", name="The records are published").click()
    assert page.locator(".card", has_text=name).get_by_text("Success").count() == 1
