"""sms: the box of text messages at the command line."""

from __future__ import annotations

import boto3
import pytest

from tests.cli.conftest import Cli


@pytest.fixture
def asked(up: Cli) -> Cli:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    api = boto3.client("sns", endpoint_url=up.json("status")["endpoint"], **keys)
    for number in ("+15550100", "+15550101"):
        api.publish(PhoneNumber=number, Message=f"hello {number}")
    return up


def test_text_messages_are_shown(asked: Cli) -> None:
    assert [each["phone"] for each in asked.json("sms")] == ["+15550101", "+15550100"]
    assert [each["message"] for each in asked.json("sms", "--phone", "+15550100")] == ["hello +15550100"]
    shown = asked.ok("sms")
    assert shown.split()[:4] == ["sent", "to", "from", "message"] and "/_cloudarium/sms" in shown
