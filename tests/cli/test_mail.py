"""mail: the mail box at the command line."""

from __future__ import annotations

import re
import smtplib
import ssl

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


def test_a_program_sends_with_what_smtp_prints(asked: Cli) -> None:
    found = asked.json("smtp")
    with smtplib.SMTP(found["SMTP_HOST"], int(found["SMTP_PORT"]), timeout=30) as client:
        client.starttls(context=ssl.create_default_context(cafile=found["SMTP_CA"]))
        assert client.login(found["SMTP_USERNAME"], found["SMTP_PASSWORD"])[0] == 235
    other = asked.json("smtp", "--region", "eu-west-1", AWS_ACCESS_KEY_ID="AKIA1", AWS_SECRET_ACCESS_KEY="s")
    assert other["SMTP_USERNAME"] == "AKIA1" and other["SMTP_PASSWORD"] != found["SMTP_PASSWORD"]
    assert f"export SMTP_PORT={found['SMTP_PORT']}\n" in asked.ok("smtp")


def test_the_ports_are_shown(asked: Cli) -> None:
    found, exports = asked.json("status"), asked.json("env")
    assert found["ports"].keys() == {"smtp", "smtps", "inbound-smtp", "xray-daemon"}
    assert exports["CLOUDARIUM_INBOUND_SMTP_PORT"] == str(found["ports"]["inbound-smtp"])
    shown = " ".join(asked.ok("status").split())
    assert re.search(rf"ports smtp {found['ports']['smtp']}, smtps {found['ports']['smtps']}, inbound-smtp \d+", shown)
