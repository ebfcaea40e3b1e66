"""Custom verification mails: an account's own words for asking whether an address is somebody's."""

from __future__ import annotations

import re
from html import escape
from typing import NamedTuple
from urllib.parse import urlsplit

from cloudarium.mail import account, identities, message, outgoing, records, sending
from cloudarium.mail.desk import Data, Desk
from cloudarium.mail.heavy import at_once

KIND = "custom-verification-email-template"
MOST = 50
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST = 10 * 1024 * 1024
_LONGEST_URL = 2048


class Codes(NamedTuple):
    """The codes in which an API reports these mistakes."""

    unknown: str
    exists: str
    unverified: str
    invalid: str
    sandbox: str


def find(desk: Desk, codes: Codes, name: str) -> Data:
    """The template of that name. Raises when there is none."""
    found = desk.get(KIND, name)
    if found is None:
        raise desk.error(
            codes.unknown,
            f"Custom verification email template {name[:100]} does not exist.",
            CustomVerificationEmailTemplateName=name,
        )
    return found


def add(desk: Desk, codes: Codes, name: str, data: Data) -> None:
    """Keep a new template: {From, Subject, Content, Success, Failure}. Raises for what SES does not take."""
    if not _NAME.fullmatch(name):
        raise desk.invalid(f"Invalid template name: {name[:100]}. It must have 1 to 64 letters, digits, _ and -.")
    if desk.get(KIND, name) is not None:
        raise desk.error(
            codes.exists,
            f"Custom verification email template {name} already exists.",
            CustomVerificationEmailTemplateName=name,
        )
    _check(desk, codes, data)
    if records.count(desk.store, desk.scope, KIND) >= MOST:
        raise desk.error(desk.codes.limit, f"An account can have at most {MOST} custom verification email templates.")
    desk.put(KIND, name, data)


def change(desk: Desk, codes: Codes, name: str, changes: Data) -> None:
    """Change the parts that are given."""
    data = {**find(desk, codes, name), **{part: value for part, value in changes.items() if value is not None}}
    _check(desk, codes, data)
    desk.put(KIND, name, data)


def _check(desk: Desk, codes: Codes, data: Data) -> None:
    _check_sender(desk, codes, data["From"])
    problem = ""
    if not data["Content"] or len(data["Content"].encode(errors="replace")) > _LARGEST:
        problem = "The content of the template must have 1 byte to 10 MB."
    elif not data["Subject"] or "\n" in data["Subject"] or "\r" in data["Subject"]:
        problem = "The subject of the template must be one line of text."
    for name in ("Success", "Failure"):
        if not _is_url(data[name]):
            problem = f"The {name.lower()} redirection URL must be a URL that begins with http or https."
    if problem:
        raise desk.error(codes.invalid, problem)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    fine = text.isascii() and text.isprintable() and " " not in text and len(text) <= _LONGEST_URL
    return fine and parts.scheme in ("http", "https") and bool(parts.netloc)


def _check_sender(desk: Desk, codes: Codes, source: str) -> None:
    sender = sending.read_address(desk, source)
    if identities.verified(desk, sender.email) is None:
        raise desk.error(
            codes.unverified, f"The from email address {sender.email} is not verified.", FromEmailAddress=sender.email
        )


def send(desk: Desk, codes: Codes, email: str, name: str, configuration_set: str | None, operation: str) -> str:
    """Ask the owner of an address in a template's words; the mail's id. Raises in the sandbox, as AWS does."""
    data = find(desk, codes, name)
    _check_sender(desk, codes, data["From"])
    if not account.state(desk)["Production"]:
        raise desk.error(codes.sandbox, "Your account has no production access: it is in the Amazon SES sandbox.")
    identities.check_name(desk, email)
    if "@" not in email:
        raise desk.invalid(f"Invalid email address<{email[:320]}>.")
    given = {"ConfigurationSetName": configuration_set}
    envelope = outgoing.envelope(desk, data["From"], {"ToAddresses": [email]}, given, operation, None)
    asked = identities.ask_again(desk, email, (data["Success"], data["Failure"]))
    link = escape(f"{desk.endpoint}{identities.PAGE}verify/{asked['Link']}")
    html = f'{data["Content"]}<p><a ses:no-track href="{link}">{link}</a></p>'
    content = message.Content(data["Subject"], None, html)
    return at_once(outgoing.send_content(desk, envelope, content, outgoing.MOST_NEWER))
