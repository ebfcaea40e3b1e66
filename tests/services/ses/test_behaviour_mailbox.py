"""The mail box: what a test asks it, what a browser is shown, and what it keeps out."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from cloudarium.cloud import Cloud
from cloudarium.mail import records
from tests.services.ses.conftest import SUCCESS, Mailer

EVIL = "<script>alert(1)</script>"


def get(mailer: Mailer, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """(status, headers, text) of a path of the mail box."""
    request = urllib.request.Request(f"{mailer.cloud.url}/_cloudarium/mail{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return (
                answer.status,
                {k.lower(): v for k, v in answer.headers.items()},
                answer.read().decode("utf-8", "replace"),
            )
    except urllib.error.HTTPError as error:
        return error.code, {}, error.read().decode()


def sent(mailer: Mailer, **content: Any) -> str:
    """A mail whose every part is hostile; its id."""
    mailer.verify("a@example.com")
    body = {"Text": {"Data": f"{EVIL} https://example.com/?a=1&b=2"}, "Html": {"Data": f"<p>hi</p>{EVIL}"}}
    simple = {"Subject": {"Data": f"Sub {EVIL}"}, "Body": body, **content}
    given = {"FromEmailAddress": f'"{EVIL}" <a@example.com>', "Destination": {"ToAddresses": [SUCCESS]}}
    return str(mailer.v2.send_email(**given, Content={"Simple": simple})["MessageId"])


def test_a_test_finds_its_mail(mailer: Mailer) -> None:
    mailer.verify("a@example.com")
    first = mailer.send("a@example.com", subject="First")
    second = mailer.send("a@example.com", "bounce@simulator.amazonses.com", subject="Second")
    assert [each["id"] for each in mailer.mails(to=SUCCESS)] == [first]
    assert [each["id"] for each in mailer.mails(subject="second")] == [second]
    assert [each["id"] for each in mailer.mails(status="Bounce")] == [second]
    assert len(mailer.mails(limit="1")) == 1 and mailer.mails(region="eu-west-1") == []
    assert {each["from"] for each in mailer.mails(**{"from": "a@EXAMPLE.com"})} == {"a@example.com"}
    for query in ("?limit=0", "?limit=x", "?limit=99999", "?colour=red"):
        assert get(mailer, query)[0] == 400
    assert get(mailer, "/nothing")[0] == 404 and get(mailer, f"/{first}/nothing")[0] == 404
    assert get(mailer, f"/{first}/attachment/0")[0] == 404 and get(mailer, f"/{first}/html")[0] == 404


def test_what_a_browser_is_shown(mailer: Mailer) -> None:
    one = sent(mailer)
    html = {"Accept": "text/html"}
    for path in (f"?account={mailer.account}", f"/{one}", "/identities"):
        status, headers, page = get(mailer, path, **html)
        assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
        rules = headers["content-security-policy"]
        assert "default-src 'none'" in rules and "script-src" not in rules
        assert EVIL not in page and page.startswith("<!doctype html>")
    _, _, page = get(mailer, f"/{one}", **html)
    assert "&lt;script&gt;" in page and 'href="https://example.com/?a=1&amp;b=2"' in page
    assert f'<iframe src="/_cloudarium/mail/{one}/html"' in page and "allow-scripts" not in page
    assert "allow-same-origin" not in page
    _, headers, body = get(mailer, f"/{one}/html", **html)
    rules = headers["content-security-policy"]
    assert "default-src 'none'" in rules and "sandbox allow-popups" in rules and "allow-scripts" not in rules
    assert "<p>hi</p>" in body


def test_attachments_are_saved_and_never_shown(mailer: Mailer) -> None:
    files = [
        {"FileName": '../../evil;".html', "RawContent": EVIL.encode(), "ContentType": "text/html"},
        {"FileName": "logo.png", "RawContent": b"PNG", "ContentId": "logo", "ContentDisposition": "INLINE"},
    ]
    body = {"Html": {"Data": '<img src="cid:logo"><img src="cid:none">'}}
    one = sent(mailer, Attachments=files, Body=body)
    status, headers, text = get(mailer, f"/{one}/attachment/0")
    assert status == 200 and text == EVIL and headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["content-disposition"] == 'attachment; filename=".._.._evil__.html"'
    assert headers["x-content-type-options"] == "nosniff"
    _, _, body_shown = get(mailer, f"/{one}/html")
    assert '<img src="data:image/png;base64,UE5H">' in body_shown and 'src="cid:none"' in body_shown


def test_pages_of_elsewhere_reach_nothing(mailer: Mailer) -> None:
    one = sent(mailer)
    assert get(mailer, f"/{one}", Host="evil.example.com")[0] == 403
    for path in ("clear", "identities"):
        request = urllib.request.Request(
            f"{mailer.cloud.url}/_cloudarium/mail/{path}", b"account=1", {"Origin": "https://evil.example.com"}
        )
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request)
    assert mailer.mail(one)["id"] == one
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(urllib.request.Request(f"{mailer.cloud.url}/_cloudarium/mail", method="DELETE"))


def test_odd_mails_can_be_read(mailer: Mailer) -> None:
    """What the standard library's parser stumbles over is shown as far as it can be."""
    mailer.verify("a@example.com")
    head = b"From: a@example.com\r\nTo: success@simulator.amazonses.com\r\n"
    for odd in (
        b"Subject: =?no-such?B?!!?=\r\nContent-Type: text/plain; charset=no-such\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: ;;;\r\n\r\n\x00\r\n--x",
        b"Content-Disposition: attachment; filename*=no''%ff\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
    ):
        one = mailer.v1.send_raw_email(RawMessage={"Data": head + odd})["MessageId"]
        for path in ("", "/raw"):
            for accept in ("text/html", "application/json"):
                assert get(mailer, f"/{one}{path}", Accept=accept)[0] == 200


def test_the_mail_box_survives_a_kill_and_can_be_emptied(fresh_mailer: Mailer) -> None:
    mailer = fresh_mailer
    mailer.verify("a@example.com")
    one = mailer.send("a@example.com", subject="kept")
    raw = mailer.raw(one)
    mailer.cloud.restart()
    assert mailer.raw(one) == raw and mailer.send("a@example.com")
    mailer.cloud.control("mail/clear", {})
    assert mailer.mails() == [] and mailer.v1.get_send_quota()["SentLast24Hours"] == 2


def test_other_rooms_send_by_an_event(tmp_path: Path) -> None:
    """No identity is asked for and no quota counted; what cannot be written is given up, not tried without end."""

    async def main() -> list[records.Mail]:
        cloud = Cloud(tmp_path / "cloud")
        cloud.deliverer.start()
        good = {"source": "no-reply@verificationemail.com", "to": ["a@example.com"], "subject": "Code", "text": "123"}
        for payload in (good, {**good, "to": ["nonsense"]}, {**good, "subject": "a\nBcc: b@example.com"}):
            cloud.store.outbox.put("ses", "Mail", cloud.home, payload, cloud.clock.now())
        await cloud.deliverer.settle()
        assert cloud.store.outbox.waiting(cloud.clock.now()) == 0
        found = records.mails(cloud.store, {}, 10)
        await cloud.deliverer.stop()
        cloud.store.close()
        return found

    [found] = asyncio.run(main())
    assert (found.subject, found.recipients) == ("Code", ["a@example.com"])
