"""Large mail: whole, and not at the expense of others."""

from __future__ import annotations

import json

from tests.services.ses.conftest import SUCCESS, Mailer


def test_a_large_mail_is_whole_and_signed_whatever_its_line_ends(mailer: Mailer) -> None:
    mailer.production()
    mailer.verify("me@example.com")
    line = b"0123456789" * 7
    for end in (b"\r\n", b"\n"):
        raw = b"From: me@example.com\nSubject: large\n\n".replace(b"\n", end) + (line + end) * 60_000
        sent = mailer.v1.send_raw_email(RawMessage={"Data": raw}, Destinations=[SUCCESS])["MessageId"]
        kept = mailer.raw(sent)
        assert kept.partition(b"\r\n\r\n")[2] == (line + b"\r\n") * 60_000
        assert mailer.mail(sent)["status"] == "Delivery"


def test_a_large_mail_is_refused_as_a_small_one(mailer: Mailer) -> None:
    raw = b"From: me@example.com\r\nSubject: s\r\n\r\n" + b"x" * 300_000
    for name, given, code in (
        ("unverified", {"RawMessage": {"Data": raw}, "Destinations": [SUCCESS]}, "MessageRejected"),
        ("no From", {"RawMessage": {"Data": raw[22:]}, "Destinations": [SUCCESS]}, "InvalidParameterValue"),
    ):
        try:
            mailer.v1.send_raw_email(**given)
        except mailer.v1.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == code, name
        else:
            raise AssertionError(name)
    assert mailer.mails() == []
    assert json.dumps(mailer.v1.get_send_statistics()["SendDataPoints"]) == "[]"
