"""mail: the mail box at the command line."""

from __future__ import annotations

import boto3
import pytest

from tests.cli.conftest import Cli


@pytest.fixture(scope="module")
def asked(up: Cli) -> Cli:
    """A cloud that has asked the owners of two addresses."""
    api = boto3.client(
        "ses", "us-east-1", endpoint_url=up.json("env")["AWS_ENDPOINT_URL"], aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip
    for name in ("a@example.com", "b@example.com"):
        api.verify_email_identity(EmailAddress=name)
    return up


def test_the_list_and_its_filters(asked: Cli) -> None:
    assert [each["to"] for each in asked.json("mail")] == [["b@example.com"], ["a@example.com"]]
    assert [each["to"] for each in asked.json("mail", "--to", "a@example.com")] == [["a@example.com"]]
    assert asked.json("mail", "--subject", "nothing like it") == []
    shown = asked.ok("mail")
    assert shown.split()[:5] == ["sent", "to", "subject", "status", "id"] and "/_cloudarium/mail" in shown


def test_one_mail(asked: Cli) -> None:
    [found] = asked.json("mail", "--to", "a@example.com")
    assert asked.json("mail", found["id"])["headers"]
    shown = asked.ok("mail", found["id"])
    assert "To: a@example.com" in shown and "/_cloudarium/mail/verify/" in shown
    assert "There is no mail none." in asked.fails("mail", "none")
