"""Signing up: a customer once, a welcome, and nobody kept out by a mail."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import ANY, Stubber

import welcome
from http_calls import context

PUT = {"TableName": "shop", "Item": ANY, "ConditionExpression": ANY}
MAIL = {
    "FromEmailAddress": "shop@example.com",
    "Destination": {"ToAddresses": ["ada@example.com"]},
    "Content": {"Template": {"TemplateName": "template", "TemplateData": '{"name": "Ada"}'}},
}


def event(source: str = "PostConfirmation_ConfirmSignUp") -> dict[str, Any]:
    """What Cognito sends."""
    return {
        "version": "1",
        "triggerSource": source,
        "region": "us-east-1",
        "userPoolId": "us-east-1_x",
        "userName": "c1",
        "callerContext": {"awsSdkVersion": "x", "clientId": "y"},
        "request": {"userAttributes": {"sub": "c1", "name": "Ada", "email": "ada@example.com"}},
        "response": {},
    }


def test_who_signs_up_is_a_customer_and_welcome(stub: Stubber, ses: Stubber) -> None:
    stub.add_response("put_item", {}, PUT)
    ses.add_response("send_email", {"MessageId": "m"}, MAIL)
    assert welcome.handler(event(), context()) == event()


def test_a_trigger_that_runs_again_makes_no_second_customer(stub: Stubber, ses: Stubber) -> None:
    stub.add_client_error("put_item", "ConditionalCheckFailedException")
    ses.add_response("send_email", {"MessageId": "m"}, MAIL)
    assert welcome.handler(event(), context()) == event()


def test_a_mail_that_cannot_be_sent_keeps_nobody_out(
    stub: Stubber, ses: Stubber, capsys: pytest.CaptureFixture[str]
) -> None:
    stub.add_response("put_item", {}, PUT)
    ses.add_client_error("send_email", "MessageRejected")
    assert welcome.handler(event(), context()) == event()
    assert '"WelcomeMailsFailed":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_customer_who_cannot_be_put_is_an_error(stub: Stubber) -> None:
    stub.add_client_error("put_item", "AccessDeniedException")
    with pytest.raises(Exception, match="AccessDenied"):
        welcome.handler(event(), context())


def test_a_new_password_is_no_sign_up(stub: Stubber, ses: Stubber) -> None:
    assert welcome.handler(event("PostConfirmation_ConfirmForgotPassword"), context())
