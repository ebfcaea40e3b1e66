"""Asking for proof: the mail with a link, and the MAIL FROM domain of an identity."""

from __future__ import annotations

from html import escape

from cloudarium.mail import addresses, identities, sending
from cloudarium.mail.desk import Data, Desk
from cloudarium.mail.message import Content

_SENDER = "Amazon Web Services <no-reply-aws@amazon.com>"


def ask(desk: Desk, email: str) -> Data:
    """Make an address identity (or ask again) and put the mail with the link into the mail box; its data."""
    data = identities.new_email(desk, email)
    if data["Status"] == "Success":
        return data
    link = f"{desk.endpoint}{identities.PAGE}verify/{data['Link']}"
    region = desk.scope.region
    text = (
        "Dear Amazon Web Services Customer,\n\n"
        f"We have received a request to authorize {email} for use with Amazon SES in region {region}. If you made this"
        f" request, open this link within 24 hours:\n\n{link}\n\nIf you did not, do nothing.\n"
    )
    html = (
        f"<p>Dear Amazon Web Services Customer,</p><p>We have received a request to authorize <b>{escape(email)}</b>"
        f' for use with Amazon SES in region {region}.</p><p><a href="{link}">Verify this address</a></p>'
        "<p>The link is good for 24 hours. If you did not ask for this, do nothing.</p>"
    )
    subject = f"Amazon Web Services - Email Address Verification Request in region {region}"
    sending.post(desk, _SENDER, [email], Content(subject, text, html), "verification")
    return data


def with_mail_from(desk: Desk, name: str, data: Data, domain: str | None, behavior: str) -> Data:
    """The identity's data with a MAIL FROM domain below its own, or without one. Raises for any other domain."""
    if not domain:
        return {**data, "MailFrom": None}
    parent = identities.normal(name.rpartition("@")[2]).lower()
    if not addresses.is_domain(domain) or not domain.lower().endswith("." + parent):
        raise desk.invalid(
            f"Provided MAIL-FROM domain <{domain[:253]}> is not subdomain of the domain of the identity <{name}>."
        )
    return {**data, "MailFrom": {"Domain": domain.lower(), "Status": "Pending", "Behavior": behavior}}
