"""A mailer: an account with its clients of both mail APIs, and the mail box as a test reads it."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

SUCCESS = "success@simulator.amazonses.com"


def refused(code: str, call: Callable[..., Any], **given: Any) -> str:
    """The message of the error with this code that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value.response["Error"]["Message"])


class Mailer:
    """One account of a cloud, seen through its mail."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud, self.account = cloud, account
        self.v1 = cloud.client("ses", key=account)
        self.v2 = cloud.client("sesv2", key=account)

    def mails(self, **filters: str) -> list[dict[str, Any]]:
        """The mails of this account, the newest first."""
        query = "&".join(f"{name}={value}" for name, value in {"account": self.account, **filters}.items())
        return list(self.cloud.control(f"mail?{query}")["mails"])

    def mail(self, message_id: str) -> dict[str, Any]:
        """One mail with all that is in it."""
        return dict(self.cloud.control(f"mail/{message_id}"))

    def raw(self, message_id: str) -> bytes:
        """The mail as it went out."""
        with urllib.request.urlopen(f"{self.cloud.url}/_cloudarium/mail/{message_id}/raw") as answer:
            return bytes(answer.read())

    def link(self, email: str) -> str:
        """The link of the newest verification mail to an address."""
        text = self.mail(self.mails(to=email, subject="Verification")[0]["id"])["text"]
        return next(line for line in text.splitlines() if line.startswith("http"))

    def verify(self, email: str) -> str:
        """Prove an address as its owner does: by the link in the mail."""
        self.v1.verify_email_identity(EmailAddress=email)
        urllib.request.urlopen(self.link(email)).close()
        return email

    def verify_domain(self, name: str) -> str:
        """Prove a domain: its records are published."""
        given = {"account": self.account, "region": "us-east-1", "identity": name}
        self.cloud.control("mail/identities", given)
        return name

    def identity(self, name: str) -> dict[str, Any]:
        """An identity as the page of identities shows it."""
        every = self.cloud.control("mail/identities")["identities"]
        [found] = [each for each in every if (each["account"], each["identity"]) == (self.account, name)]
        return dict(found)

    def production(self) -> None:
        """Leave the sandbox."""
        self.v2.put_account_details(
            MailType="TRANSACTIONAL", WebsiteURL="https://example.com", ProductionAccessEnabled=True
        )

    def send(self, source: str, to: str = SUCCESS, subject: str = "Hello", **more: Any) -> str:
        """Send a simple text by the first API; its id."""
        message = {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "text"}}}
        sent = self.v1.send_email(Source=source, Destination={"ToAddresses": [to]}, Message=message, **more)
        return str(sent["MessageId"])


@pytest.fixture
def mailer(cloud: RunningCloud, account: str) -> Mailer:
    """A new account of the shared cloud."""
    return Mailer(cloud, account)


@pytest.fixture
def fresh_mailer(fresh_cloud: RunningCloud, account: str) -> Mailer:
    """An account of a cloud whose clock may be moved."""
    return Mailer(fresh_cloud, account)
