"""What happened to a message, as SES tells it: AWS's own JSON for event destinations and notifications.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cloudarium.mail import message
from cloudarium.mail.records import Mail
from cloudarium.shared import ids
from cloudarium.shared.clock import iso_millis

Data = dict[str, Any]
MOST_HEADERS = 10 * 1024  # bytes of headers that an event tells of
REPORTER = "a8-77.smtp-out.amazonses.com"
OUTGOING = "54.240.8.77"
_OWN_HEADERS = ("message-id", "dkim-signature", "feedback-id", "x-ses-outgoing")
SUPPRESSED_WORDS = (
    "Amazon SES did not send the message to this address because it is on the suppression list for your account."
    " For more information about removing addresses from the suppression list, see the Amazon SES Developer Guide at"
    " https://docs.aws.amazon.com/ses/latest/DeveloperGuide/sending-email-suppression-list.html"
)

_DIAGNOSES = {
    "General": "smtp; 550 5.1.1 user unknown",
    "UnsubscribedRecipient": "Amazon SES did not send the message to this address because it has unsubscribed.",
}


class Kind(NamedTuple):
    """A type of event: its word in the JSON, its member there, the first API's name, EventBridge's and the metric's."""

    word: str
    member: str
    first: str
    detail: str
    metric: str


KINDS = {
    "SEND": Kind("Send", "send", "send", "Email Sent", "Send"),
    "REJECT": Kind("Reject", "reject", "reject", "Email Rejected", "Reject"),
    "BOUNCE": Kind("Bounce", "bounce", "bounce", "Email Bounced", "Bounce"),
    "COMPLAINT": Kind("Complaint", "complaint", "complaint", "Email Complaint Received", "Complaint"),
    "DELIVERY": Kind("Delivery", "delivery", "delivery", "Email Delivered", "Delivery"),
    "OPEN": Kind("Open", "open", "open", "Email Opened", "Open"),
    "CLICK": Kind("Click", "click", "click", "Email Clicked", "Click"),
    "RENDERING_FAILURE": Kind(
        "Rendering Failure", "failure", "renderingFailure", "Email Rendering Failed", "RenderingFailure"
    ),
    "DELIVERY_DELAY": Kind("DeliveryDelay", "deliveryDelay", "", "Email Delivery Delayed", "DeliveryDelay"),
    "SUBSCRIPTION": Kind("Subscription", "subscription", "", "Email Subscribed", "Subscription"),
}


class Happening(NamedTuple):
    """One event: its type (the second API's name) and what is told of it beside the mail."""

    kind: str
    detail: Data


def told(mail: Mail, raw: bytes, happening: Happening) -> Data:
    """The whole event, as it is published."""
    kind = KINDS[happening.kind]
    shown = mail_object(mail, raw)
    if happening.kind == "DELIVERY":
        shown["tags"]["ses:outgoing-ip"] = [OUTGOING]
    return {"eventType": kind.word, "mail": shown, kind.member: happening.detail}


# ---- The mail --------------------------------------------------------------------------------------------------------


def mail_object(mail: Mail, raw: bytes) -> Data:
    """The mail with its headers and tags."""
    data = mail.data
    headers = [
        (name, value) for name, value in message.headers(raw) if name.lower() not in _OWN_HEADERS
    ]  # fmt: skip
    size, kept = 0, []
    for name, value in headers:
        size += len(name) + len(value)
        if size > MOST_HEADERS:
            break
        kept.append({"name": name, "value": value})
    shown: Data = {
        "timestamp": iso_millis(mail.sent),
        "source": mail.source,
        "sourceArn": data.get("SourceArn"),
        "sendingAccountId": mail.account,
        "messageId": mail.message_id,
        "destination": mail.recipients,
        "headersTruncated": len(kept) < len(headers),
        "headers": kept,
        "commonHeaders": _common(headers, mail.message_id),
        "tags": {name: [value] for name, value in {**data.get("Automatic", {}), **data["Tags"]}.items()},
    }
    return {name: value for name, value in shown.items() if value is not None}


def _common(headers: list[tuple[str, str]], message_id: str) -> Data:
    found: Data = {}
    for name, member in (("from", "from"), ("to", "to"), ("cc", "cc"), ("reply-to", "replyTo")):
        listed = [
            each for own, value in headers if own.lower() == name for each in message.split_addresses(value)
        ]  # fmt: skip
        if listed:
            found[member] = listed
    found["messageId"] = message_id
    for name in ("date", "subject"):
        values = [value for own, value in headers if own.lower() == name]
        if values:
            found[name] = message.decoded(values[0])
    return found


# ---- What happened to it ---------------------------------------------------------------------------------------------


def feedback_id(now: float) -> str:
    """The id of a bounce or complaint."""
    return f"0100{int(now * 1000):012x}-{ids.uuid()}-000000"


def bounce(recipients: tuple[str, ...], subtype: str, now: float) -> Data:
    """A hard bounce: `subtype` General, OnAccountSuppressionList, Suppressed or UnsubscribedRecipient."""
    words = _DIAGNOSES.get(subtype, SUPPRESSED_WORDS)
    return {
        "feedbackId": feedback_id(now),
        "bounceType": "Permanent",
        "bounceSubType": subtype,
        "bouncedRecipients": [
            {"emailAddress": each, "action": "failed", "status": "5.1.1", "diagnosticCode": words}
            for each in recipients
        ],
        "timestamp": iso_millis(now),
        "reportingMTA": f"dns; {REPORTER}" if subtype == "General" else "dns; amazonses.com",
    }


def complaint(recipients: tuple[str, ...], now: float) -> Data:
    """A complaint, as the mailbox simulator makes it."""
    return {
        "feedbackId": feedback_id(now),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": each} for each in recipients],
        "timestamp": iso_millis(now),
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": iso_millis(now),
    }


def delivery(recipients: tuple[str, ...], now: float) -> Data:
    """A delivery: the recipient's mail server has taken the message."""
    return {
        "timestamp": iso_millis(now),
        "processingTimeMillis": 0,
        "recipients": list(recipients),
        "smtpResponse": "250 2.0.0 Ok: queued in the mail box",
        "reportingMTA": REPORTER,
    }


def seen(ip: str, agent: str, now: float, **more: Any) -> Data:
    """An open; with `link` and `linkTags` a click."""
    return {"timestamp": iso_millis(now), "userAgent": agent, "ipAddress": ip, **more}
