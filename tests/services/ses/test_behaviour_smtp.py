"""SMTP submission with smtplib: credentials, TLS, what a message becomes, and SES's words for each refusal."""

from __future__ import annotations

import json
import re
import smtplib
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from cloudarium.mail.smtp.credentials import password
from tests.services.ses.conftest import SUCCESS, Mailer
from tests.services.ses.smtp import SmtpCloud, refusal

RAW = "From: Me <me@example.com>\r\nTo: success@simulator.amazonses.com\r\nSubject: Über\r\n\r\n.dot\r\n..two\r\n"


@pytest.fixture(scope="module")
def smtp_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpCloud]:
    running = SmtpCloud(tmp_path_factory.mktemp("state"))
    yield running
    running.stop()


@pytest.fixture
def mailer(smtp_cloud: SmtpCloud, account: str) -> Mailer:
    made = Mailer(smtp_cloud, account)
    made.verify("me@example.com")
    return made


def user(mailer: Mailer, policy: dict[str, Any] | None = None, name: str = "sender") -> dict[str, str]:
    """A user's access key; it may send as SES's own SMTP users may, or what the policy says."""
    iam = mailer.cloud.client("iam", key=mailer.account)
    iam.create_user(UserName=name)
    allowed = policy or {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_user_policy(UserName=name, PolicyName="AmazonSesSendingAccess", PolicyDocument=text)
    return dict(iam.create_access_key(UserName=name)["AccessKey"])


def login(cloud: SmtpCloud, key: dict[str, str], **more: Any) -> smtplib.SMTP:
    return cloud.smtp(key["AccessKeyId"], key["SecretAccessKey"], **more)


def test_a_message_goes_out(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    with login(smtp_cloud, user(mailer)) as client:
        client.mail("me@example.com")
        client.rcpt(SUCCESS)
        code, said = client.data(RAW.encode())
    assert code == 250
    found = re.fullmatch(r"Ok ([0-9a-f-]{60})", said.decode())
    assert found is not None
    sent = mailer.mail(found[1])
    assert sent["to"] == [SUCCESS] and sent["operation"] == "SendRawEmail" and sent["subject"] == "Über"
    assert mailer.raw(found[1]).endswith(b"\r\n\r\n.dot\r\n..two\r\n")
    [entry] = smtp_cloud.control(f"journal?account={mailer.account}&operation=SendRawEmail")["entries"]
    assert entry["principal"].endswith(":user/sender") and entry["signed"] and entry["source"] == "127.0.0.1"


def test_tls_from_the_first_byte_and_both_kinds_of_login(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    key = user(mailer)
    secret = password(key["SecretAccessKey"], "us-east-1")
    for kind in ("PLAIN", "LOGIN"):
        client = smtplib.SMTP_SSL("127.0.0.1", smtp_cloud.smtp_port("smtps"), context=smtp_cloud.trust(), timeout=30)
        client.user, client.password = key["AccessKeyId"], secret
        client.ehlo()
        client.auth(kind, getattr(client, f"auth_{kind.lower()}"))
        assert client.sendmail("me@example.com", [SUCCESS], RAW.encode()) == {}
        client.quit()
    # The server's name is checked, as by any client.
    with pytest.raises(ssl.SSLError):
        smtplib.SMTP_SSL("127.0.0.1", smtp_cloud.smtp_port("smtps"), context=ssl.create_default_context(), timeout=30)


def test_nothing_before_tls_and_login(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    client = smtp_cloud.plain()
    client.ehlo()
    assert client.has_extn("starttls") and client.docmd("AUTH", "PLAIN AAAA")[0] == 530
    assert client.mail("me@example.com") == (530, b"Must issue a STARTTLS command first")
    client.starttls(context=smtp_cloud.trust())
    client.ehlo()
    assert client.docmd("MAIL", "FROM:<me@example.com>") == (530, b"Authentication required")
    assert client.docmd("STARTTLS")[0] == 503
    client.close()


def test_wrong_credentials(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    key = user(mailer)
    roles = mailer.cloud.client("sts", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    temporary = roles.get_session_token()["Credentials"]
    good = password(key["SecretAccessKey"], "us-east-1")
    for name, given in (
        (key["AccessKeyId"], key["SecretAccessKey"]),  # the secret itself is no SMTP password
        (key["AccessKeyId"], good[:-4] + "AAAA"),
        ("AKIAIOSFODNN7EXAMPLE", good),
        (temporary["AccessKeyId"], password(temporary["SecretAccessKey"], "us-east-1")),
    ):
        client = smtp_cloud.plain()
        client.starttls(context=smtp_cloud.trust())
        with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
            client.login(name, given)
        assert (caught.value.smtp_code, caught.value.smtp_error) == (535, b"Authentication Credentials Invalid")
        client.close()
    mailer.cloud.client("iam", key=mailer.account).update_access_key(
        UserName="sender", AccessKeyId=key["AccessKeyId"], Status="Inactive"
    )
    with pytest.raises(smtplib.SMTPAuthenticationError):
        login(smtp_cloud, key)
    assert key["SecretAccessKey"] not in smtp_cloud.log.read_text() and good not in smtp_cloud.log.read_text()


def test_a_key_that_is_gone_ends_a_session(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    key = user(mailer)
    with login(smtp_cloud, key) as client:
        client.sendmail("me@example.com", [SUCCESS], RAW.encode())
        mailer.cloud.client("iam", key=mailer.account).delete_access_key(
            UserName="sender", AccessKeyId=key["AccessKeyId"]
        )
        assert refusal(client, "me@example.com", SUCCESS) == "535 Authentication Credentials Invalid"


def test_a_password_is_of_one_region(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    with login(smtp_cloud, user(mailer), region="eu-west-1") as client:
        said = refusal(client, "me@example.com", SUCCESS)
    assert said == (
        "554 Message rejected: Email address is not verified. The following identities failed the check in region"
        " EU-WEST-1: me@example.com"
    )


def test_who_may_not_send_is_told_so_and_why_explains(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    key = user(mailer, {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"})
    arn = f"arn:aws:ses:us-east-1:{mailer.account}:identity/me@example.com"
    with login(smtp_cloud, key) as client:
        said = refusal(client, "me@example.com", SUCCESS)
    who = f"arn:aws:iam::{mailer.account}:user/sender"
    assert (
        said == f"554 Access denied: User `{who}' is not authorized to perform `ses:SendRawEmail' on resource `{arn}'"
    )
    told = smtp_cloud.control("why")
    assert told["operation"] == "SendRawEmail" and told["principal"] == who
    assert "ses:SendRawEmail" in json.dumps(told["decisions"])


def test_conditions_of_sending_count(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    condition = {"StringLike": {"ses:FromAddress": "me@*"}, "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    allowed = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*", "Condition": condition}
    mailer.verify("you@example.com")
    with login(smtp_cloud, user(mailer, allowed)) as client:
        client.sendmail("me@example.com", [SUCCESS], RAW.encode())
        assert refusal(client, "you@example.com", SUCCESS).startswith("554 Access denied")
        assert client.noop()[0] == 250  # a refusal does not end the session
        client.sendmail("me@example.com", [SUCCESS], RAW.encode())


def test_the_sandbox_and_quotas(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    with login(smtp_cloud, user(mailer)) as client:
        said = refusal(client, "me@example.com", "you@example.org")
        assert said.startswith("554 Message rejected: Email address is not verified.") and "you@example.org" in said
        assert refusal(client, "you@example.org", SUCCESS).startswith("554 Message rejected: Email address is not")
        mailer.v1.update_account_sending_enabled(Enabled=False)
        assert refusal(client, "me@example.com", SUCCESS).startswith("554 Message rejected: Sending is paused")
        mailer.v1.update_account_sending_enabled(Enabled=True)
        many = [f"success+{number}@simulator.amazonses.com" for number in range(50)]
        client.sendmail("me@example.com", many, RAW.encode())
        assert refusal(client, "me@example.com", SUCCESS) == "454 Throttling failure: Maximum sending rate exceeded."
        # Whom the 51st command names is refused, the others get the mail.
        client.ehlo()
        client.mail("me@example.com")
        replies = [client.rcpt(each)[0] for each in [*many, SUCCESS]]
        assert replies == [250] * 50 + [452]


def test_headers_of_ses(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    mailer.v1.create_configuration_set(ConfigurationSet={"Name": "set"})
    with login(smtp_cloud, user(mailer)) as client:
        headed = f"X-SES-CONFIGURATION-SET: set\r\nX-SES-MESSAGE-TAGS: shop=one, kind=two\r\n{RAW}"
        client.sendmail("me@example.com", [SUCCESS], headed.encode())
        sent = mailer.mails()[0]
        assert sent["configuration_set"] == "set" and sent["tags"] == {"shop": "one", "kind": "two"}
        assert b"X-SES-" not in mailer.raw(sent["id"])
        unknown = f"X-SES-CONFIGURATION-SET: none\r\n{RAW}"
        assert refusal(client, "me@example.com", SUCCESS, unknown.encode()) == (
            "554 Transaction failed: Configuration set <none> does not exist."
        )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("Subject: s\r\n\r\nt", "554 Transaction failed: Missing required header 'From'."),
        ("From: me@example.com\r\nFrom: me@example.com\r\n\r\nt", "554 Transaction failed: Duplicate header 'From'."),
        ("no header at all", "554 Transaction failed: Expected header"),
        ("From: me@example.com\r\nSubject: s\r\n bad\r\nnone here\r\n\r\nt", "554 Transaction failed: Expected header"),
    ],
)
def test_messages_that_are_none(smtp_cloud: SmtpCloud, mailer: Mailer, raw: str, said: str) -> None:
    with smtp_cloud.smtp(mailer.account) as client:
        assert refusal(client, "me@example.com", SUCCESS, raw).startswith(said)
    assert mailer.mails(to=SUCCESS) == []


def test_the_order_of_commands(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    with smtp_cloud.smtp(mailer.account) as client:
        assert client.docmd("RCPT", f"TO:<{SUCCESS}>")[0] == 503
        assert client.docmd("DATA")[0] == 503
        assert client.docmd("AUTH", "PLAIN AAAA")[0] == 503  # who is logged in is
        assert client.mail("me@example.com")[0] == 250
        assert client.mail("me@example.com")[0] == 503
        assert client.docmd("DATA")[0] == 503
        assert client.docmd("RCPT", "TO:<nobody>") == (501, b"Invalid RCPT TO address provided")
        assert client.docmd("RSET")[0] == 250
        assert client.docmd("MAIL", "FROM:<>") == (501, b"Invalid MAIL FROM address provided")
        assert client.docmd("MAIL", "FROM:<me@example.com> SIZE=99999999999") == (552, b"Message is too long.")
        assert client.docmd("MAIL", "FROM:<me@example.com> SMTPUTF8")[0] == 555
        assert client.docmd("VRFY", "me")[0] == 252
        assert client.docmd("EXPN", "me")[0] == 502


def test_hostile_clients(smtp_cloud: SmtpCloud) -> None:
    assert smtp_cloud.talk(b"A" * 10_000).endswith(b"500 Line too long\r\n")
    assert smtp_cloud.talk(b"\xff\x00\r\n" * 100).count(b"502 ") == 20  # and then the connection ends
    ended = smtp_cloud.talk(b"EHLO x\r\nNOOP\r\nQUIT\r\n")  # commands that come at once are answered in their order
    assert ended.endswith(b"250 Ok\r\n250 Ok\r\n221 Bye\r\n")
    # What comes in the clear behind STARTTLS is not taken for what the secured client says.
    injected = smtp_cloud.talk(b"EHLO x\r\nSTARTTLS\r\nNOOP\r\nQUIT\r\n")
    assert injected.endswith(b"220 Ready to start TLS\r\n")
    assert "Traceback" not in smtp_cloud.log.read_text()


def test_guessing_is_short(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    client = smtp_cloud.plain()
    client.starttls(context=smtp_cloud.trust())
    client.ehlo()
    replies = [client.docmd("AUTH", "PLAIN AGEAYg==")[0] for _ in range(5)]
    assert replies == [535] * 5
    assert client.getreply()[0] == 421


def test_two_messages_are_not_made_of_one(smtp_cloud: SmtpCloud, mailer: Mailer) -> None:
    """Only CRLF ends the line with the dot: https://sec-consult.com/blog/detail/smtp-smuggling-spoofing-e-mails-worldwide/"""
    smuggled = (
        "\n.\nMAIL FROM:<me@example.com>\nRCPT TO:<success@simulator.amazonses.com>\nDATA\nFrom: me@example.com\n"
    )
    with smtp_cloud.smtp(mailer.account) as client:
        client.mail("me@example.com")
        client.rcpt(SUCCESS)
        client.docmd("DATA")
        client.send(f"{RAW}{smuggled}\r\n.\r\n".replace(".dot", "dot").replace("..two", "two").encode())
        assert client.getreply()[0] == 250
        assert client.noop() == (250, b"Ok")
    assert len(mailer.mails(to=SUCCESS)) == 1
