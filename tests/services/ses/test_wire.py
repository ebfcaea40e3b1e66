"""The query protocol of the first API: errors and answers as XML."""

from __future__ import annotations

import urllib.error
import urllib.request
from xml.etree import ElementTree

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.services.ses.conftest import Mailer


def post(mailer: Mailer, form: str) -> tuple[int, str]:
    """(status, answer) of a signed form."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", f"{mailer.cloud.url}/", headers, form)
    SigV4Auth(Credentials(mailer.account, "test"), "ses", "us-east-1").add_auth(request)
    sent = urllib.request.Request(request.url, form.encode(), dict(request.headers))
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_answers_and_errors_are_xml(mailer: Mailer) -> None:
    status, answer = post(mailer, "Action=VerifyDomainIdentity&Version=2010-12-01&Domain=example.com")
    assert status == 200
    assert '<VerifyDomainIdentityResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">' in answer
    assert "<VerificationToken>" in answer
    form = (
        "Action=SendEmail&Source=a%40example.org&Destination.ToAddresses.member.1=b%40example.org"
        "&Message.Subject.Data=s&Message.Body.Text.Data=t"
    )
    status, answer = post(mailer, form)
    assert status == 400 and "<Type>Sender</Type>" in answer and "<Code>MessageRejected</Code>" in answer
    status, answer = post(mailer, "Action=GetTemplate&TemplateName=none")
    assert status == 400 and "<Code>TemplateDoesNotExist</Code>" in answer


def test_what_the_model_forbids(mailer: Mailer) -> None:
    status, answer = post(mailer, "Action=GetTemplate")
    assert status == 400 and "<Code>ValidationError</Code>" in answer and "templateName" in answer
    status, answer = post(mailer, "Action=NoSuchThing")
    assert status == 400 and "<Code>InvalidAction</Code>" in answer


def test_an_error_s_own_members_can_be_read(mailer: Mailer) -> None:
    status, answer = post(mailer, "Action=GetTemplate&TemplateName=a%EF%BF%BE%26b")
    assert status == 400
    [error] = ElementTree.fromstring(answer).iterfind("{*}Error")
    assert error.findtext("{*}TemplateName") == "a\ufffd&b"
