"""Identities of the first API: proof by link and by records, DKIM that verifies, MAIL FROM."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.services.ses.conftest import Mailer, refused


def status(mailer: Mailer, name: str) -> str:
    found = mailer.v1.get_identity_verification_attributes(Identities=[name, "unknown.example"])
    [(_, attributes)] = found["VerificationAttributes"].items()
    return str(attributes["VerificationStatus"])


def test_an_address_is_proved_by_the_link(mailer: Mailer) -> None:
    mailer.v1.verify_email_identity(EmailAddress="a@example.com")
    assert status(mailer, "a@example.com") == "Pending" and mailer.v1.list_verified_email_addresses() is not None
    assert mailer.v1.list_verified_email_addresses()["VerifiedEmailAddresses"] == []
    with urllib.request.urlopen(mailer.link("a@example.com")) as answer:
        assert json.load(answer) == {"identity": "a@example.com", "result": "verified"}
    assert status(mailer, "a@example.com") == "Success"
    assert mailer.v1.list_verified_email_addresses()["VerifiedEmailAddresses"] == ["a@example.com"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(mailer.link("a@example.com")[:-3] + "abc")
    mailer.v1.delete_identity(Identity="a@example.com")
    mailer.v1.delete_identity(Identity="a@example.com")
    assert mailer.v1.list_identities()["Identities"] == []


def test_the_link_is_good_for_a_day(fresh_mailer: Mailer) -> None:
    mailer = fresh_mailer
    mailer.v1.verify_email_identity(EmailAddress="a@example.com")
    mailer.v1.verify_domain_identity(Domain="example.com")
    mailer.cloud.clock_advance(86400 + 1)
    assert status(mailer, "a@example.com") == "Failed"
    with pytest.raises(urllib.error.HTTPError, match="410"):
        urllib.request.urlopen(mailer.link("a@example.com"))
    assert status(mailer, "a@example.com") == "Failed" and status(mailer, "example.com") == "Pending"
    mailer.verify("a@example.com")
    assert status(mailer, "a@example.com") == "Success"
    mailer.cloud.clock_advance(2 * 86400)
    assert status(mailer, "example.com") == "Failed"


@pytest.mark.parametrize(
    "address", ["nobody", "a@b", "a b@example.com", "Ann <a@example.com>", "a@example.com\r\nX: y"]
)
def test_what_is_no_address(mailer: Mailer, address: str) -> None:
    refused("InvalidParameterValue", mailer.v1.verify_email_identity, EmailAddress=address)
    assert mailer.v1.list_identities()["Identities"] == [] and mailer.mails() == []


def test_a_domain_speaks_for_all_below_it(mailer: Mailer) -> None:
    token = mailer.v1.verify_domain_identity(Domain="Example.com")["VerificationToken"]
    assert mailer.v1.verify_domain_identity(Domain="example.com")["VerificationToken"] == token
    [shown] = [
        each for each in mailer.cloud.control("mail/identities")["identities"] if each["account"] == mailer.account
    ]
    assert {"Type": "TXT", "Name": "_amazonses.example.com", "Value": token} in shown["records"]
    with pytest.raises(mailer.v1.exceptions.MessageRejected):
        mailer.send("me@example.com")
    mailer.verify_domain("example.com")
    assert status(mailer, "example.com") == "Success"
    mailer.send("me@example.com")
    mailer.send("me@deep.sub.EXAMPLE.com")
    with pytest.raises(mailer.v1.exceptions.MessageRejected):
        mailer.send("me@notexample.com")
    refused("InvalidParameterValue", mailer.v1.verify_domain_identity, Domain="not a domain")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        mailer.verify_domain("elsewhere.com")


def test_signatures_verify(mailer: Mailer) -> None:
    """dkimpy, which knows nothing of us, finds the key by the records that we tell to publish."""
    mailer.v1.verify_domain_identity(Domain="example.com")
    tokens = mailer.v1.verify_domain_dkim(Domain="example.com")["DkimTokens"]
    assert len(tokens) == 3 and mailer.v1.verify_domain_dkim(Domain="example.com")["DkimTokens"] == tokens
    mailer.verify_domain("example.com")
    attributes = mailer.v1.get_identity_dkim_attributes(Identities=["example.com"])["DkimAttributes"]["example.com"]
    assert attributes == {"DkimEnabled": True, "DkimVerificationStatus": "Success", "DkimTokens": tokens}
    [shown] = [
        each for each in mailer.cloud.control("mail/identities")["identities"] if each["account"] == mailer.account
    ]
    aliases = {each["Name"]: each["Value"] for each in shown["records"] if each["Type"] == "CNAME"}
    texts = {each["Name"]: each["Value"] for each in shown["records"] if each["Type"] == "TXT"}

    def dns(name: bytes, timeout: float = 0) -> bytes:
        return texts[aliases[name.decode().rstrip(".")]].encode()

    raw = mailer.raw(mailer.send("Änne <me@sub.example.com>", subject="Ein  Gruß " + "lang " * 60))
    assert b"DKIM-Signature" in raw and dkim.verify(raw, dnsfunc=dns)
    assert not dkim.verify(raw.replace(b"text", b"tixt"), dnsfunc=dns)
    assert not dkim.verify(raw.replace(b"Subject: ", b"Subject: X"), dnsfunc=dns)
    odd = b"From: me@example.com\nTo: success@simulator.amazonses.com\nSubject:  a\n\tb \n\n two  spaces \n.\n\n\n"
    one = mailer.raw(mailer.v1.send_raw_email(RawMessage={"Data": odd})["MessageId"])
    assert dkim.verify(one, dnsfunc=dns)
    mailer.v1.set_identity_dkim_enabled(Identity="example.com", DkimEnabled=False)
    assert b"d=example.com;" not in mailer.raw(mailer.send("me@example.com"))


def test_ses_signs_too(mailer: Mailer) -> None:
    """Every message has SES's own signature behind its domain's: it verifies by the record that the page shows."""
    mailer.verify("a@example.com")
    raw = mailer.raw(mailer.send("a@example.com"))
    [record] = mailer.cloud.control("mail/identities")["own"]
    assert record["Name"].endswith("._domainkey.amazonses.com")

    def dns(name: bytes, timeout: float = 0) -> bytes:
        assert name.decode() == record["Name"] + "."
        return str(record["Value"]).encode()

    assert raw.count(b"DKIM-Signature:") == 1 and b"d=amazonses.com;" in raw and dkim.verify(raw, dnsfunc=dns)
    mailer.v1.verify_domain_dkim(Domain="example.com")
    mailer.verify_domain("example.com")
    both = mailer.raw(mailer.send("b@example.com"))
    assert both.index(b"d=example.com;") < both.index(b"d=amazonses.com;")
    assert dkim.DKIM(both, minkey=1024).verify(1, dnsfunc=dns)


def test_private_keys_are_kept_sealed(fresh_mailer: Mailer) -> None:
    """Neither the data folder nor the log has a key in the clear, and what was sealed signs after a crash."""
    mailer = fresh_mailer
    private = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = base64.b64encode(private.private_bytes(*form)).decode()
    signing = {"DomainSigningSelector": "mine", "DomainSigningPrivateKey": key}
    mailer.v2.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=signing)
    mailer.verify_domain("example.com")
    mailer.cloud.restart()
    raw = mailer.raw(mailer.send("me@example.com"))
    texts = {each["Name"]: each["Value"] for each in mailer.identity("example.com")["records"] if each["Type"] == "TXT"}
    assert dkim.verify(raw, dnsfunc=lambda name, **_: texts[name.decode().rstrip(".")].encode())
    assert mailer.cloud.data is not None
    files = [path for path in mailer.cloud.data.rglob("*") if path.is_file()]
    secret = private.private_numbers().d.to_bytes(128, "big")[:60]
    assert len(files) > 1
    for path in [*files, mailer.cloud.log]:
        content = path.read_bytes()
        assert key[60:120].encode() not in content and secret not in content, path


def test_mail_from(mailer: Mailer) -> None:
    mailer.v1.verify_domain_identity(Domain="example.com")
    given = {"Identity": "example.com", "BehaviorOnMXFailure": "RejectMessage"}
    refused(
        "InvalidParameterValue", mailer.v1.set_identity_mail_from_domain, MailFromDomain="bounce.example.org", **given
    )
    mailer.v1.set_identity_mail_from_domain(MailFromDomain="bounce.example.com", **given)
    read = mailer.v1.get_identity_mail_from_domain_attributes
    assert read(Identities=["example.com"])["MailFromDomainAttributes"]["example.com"] == {
        "MailFromDomain": "bounce.example.com", "MailFromDomainStatus": "Pending",
        "BehaviorOnMXFailure": "RejectMessage",
    }  # fmt: skip
    mailer.verify_domain("example.com")
    found = read(Identities=["example.com"])["MailFromDomainAttributes"]["example.com"]
    assert found["MailFromDomainStatus"] == "Success"
    refused("InvalidParameterValue", mailer.v1.set_identity_dkim_enabled, Identity="example.com", DkimEnabled=True)
    refused(
        "InvalidParameterValue",
        mailer.v1.set_identity_feedback_forwarding_enabled,
        Identity="x",
        ForwardingEnabled=True,
    )


def test_identities_in_pages(mailer: Mailer) -> None:
    for name in ("b@example.com", "a@example.com"):
        mailer.v1.verify_email_identity(EmailAddress=name)
    mailer.v1.verify_domain_identity(Domain="c.example.com")
    first = mailer.v1.list_identities(MaxItems=2)
    assert first["Identities"] == ["a@example.com", "b@example.com"]
    rest = mailer.v1.list_identities(MaxItems=2, NextToken=first["NextToken"])
    assert rest["Identities"] == ["c.example.com"] and "NextToken" not in rest
    assert mailer.v1.list_identities(IdentityType="Domain")["Identities"] == ["c.example.com"]
    refused("InvalidParameterValue", mailer.v1.list_identities, NextToken="nonsense!")
