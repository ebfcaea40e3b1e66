"""The REST protocol of the second API: paths, JSON, errors in the header."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.services.ses.conftest import Mailer


def ask(mailer: Mailer, method: str, path: str, body: object = None) -> tuple[int, str, dict[str, object]]:
    """(status, error type, answer) of a signed request."""
    data = b"" if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if data else {}
    request = AWSRequest(method, f"{mailer.cloud.url}{path}", headers, data)
    SigV4Auth(Credentials(mailer.account, "test"), "ses", "us-east-1").add_auth(request)
    sent = urllib.request.Request(request.url, data or None, dict(request.headers), method=method)
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return answer.status, "", json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("x-amzn-ErrorType", ""), json.load(error)


def test_both_apis_share_one_signing_name(mailer: Mailer) -> None:
    status, _, answer = ask(mailer, "POST", "/v2/email/identities", {"EmailIdentity": "a@example.com"})
    assert status == 200 and answer["IdentityType"] == "EMAIL_ADDRESS" and answer["VerifiedForSendingStatus"] is False
    assert mailer.v1.list_identities()["Identities"] == ["a@example.com"]
    status, _, answer = ask(mailer, "GET", "/v2/email/identities/a%40example.com")
    assert status == 200 and answer["VerificationStatus"] == "PENDING"


def test_errors(mailer: Mailer) -> None:
    status, kind, answer = ask(mailer, "GET", "/v2/email/identities/b%40example.com")
    assert (status, kind) == (404, "NotFoundException")
    assert answer == {"message": "Email identity b@example.com does not exist."}
    status, kind, answer = ask(mailer, "POST", "/v2/email/templates", {"TemplateName": "x"})
    assert (status, kind) == (400, "BadRequestException") and "templateContent" in str(answer["message"])
    status, kind, _ = ask(mailer, "GET", "/v2/email/templates/none")
    assert (status, kind) == (404, "NotFoundException")


def test_an_unknown_path_is_answered_as_the_second_api_does(mailer: Mailer) -> None:
    status, kind, answer = ask(mailer, "GET", "/v2/email/nonsense")
    assert (status, kind) == (404, "UnknownOperationException") and "message" in answer


def test_clients_of_before_2026_list_by_get(mailer: Mailer) -> None:
    for name in ("a", "b"):
        mailer.v2.create_email_identity(EmailIdentity=f"{name}.example.com")
        mailer.v2.create_configuration_set(ConfigurationSetName=name)
    _, _, first = ask(mailer, "GET", "/v2/email/identities?PageSize=1")
    assert len(list(first["EmailIdentities"])) == 1 and first["NextToken"]  # type: ignore[call-overload]
    _, _, whole = ask(mailer, "GET", "/v2/email/identities")
    assert [each["IdentityName"] for each in whole["EmailIdentities"]] == ["a.example.com", "b.example.com"]  # type: ignore[attr-defined]
    assert ask(mailer, "GET", "/v2/email/configuration-sets")[2]["ConfigurationSets"] == ["a", "b"]
    mailer.v2.create_contact_list(ContactListName="l")
    mailer.v2.create_contact(ContactListName="l", EmailAddress="c@example.com")
    [found] = ask(mailer, "GET", "/v2/email/contact-lists/l/contacts")[2]["Contacts"]  # type: ignore[misc]
    assert found["EmailAddress"] == "c@example.com"
    assert ask(mailer, "GET", "/v2/email/import-jobs")[0] == 501
    signing = {"SigningAttributesOrigin": "AWS_SES"}
    status, _, made = ask(mailer, "PUT", "/v1/email/identities/a.example.com/dkim/signing", signing)
    assert (status, bool(made["DkimTokens"])) == (200, True)
