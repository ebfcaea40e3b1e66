"""An arriving mail: what SES writes in front of it, where it is kept, and what its rules want done."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, NamedTuple

from cloudarium.mail import addresses, message, records
from cloudarium.services.ses import receipts
from cloudarium.shared import ids
from cloudarium.shared.clock import iso_millis
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]
_MOST_HEADERS = 10 * 1024  # bytes of headers that an event tells of
# What every scanner finds: the test file of virus scanners, and the test message of spam filters (split, so that this
# file is not found itself).
_VIRUS = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR", b"WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FS")
_SPAM = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-" + b"STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


class Arrival(NamedTuple):
    """How a mail arrived: from whom, for whom, from which host; SPF and DKIM are PASS where SES itself has sent it.

    Else they are GRAY, "not proved": nothing here asks the world's DNS.
    """

    source: str
    recipients: list[str]
    peer: str
    helo: str
    spf: str = "GRAY"
    dkim: str = "GRAY"


def take(store: Store, scope: Scope, now: float, trace: str, arrival: Arrival, raw: bytes) -> str:
    """Keep an arriving mail, and leave what the active rules want done with it; part of the present transaction."""
    message_id = ids.lower(40)
    first, rest = _headers(arrival, scope, message_id, now)
    subject = " ".join(message.header(raw, "Subject"))
    data: Data = {
        "Status": "Received", "Reason": "", "ConfigurationSet": "", "Tags": {}, "Operation": "inbound mail",
        "ReturnPath": arrival.source, "To": arrival.recipients, "Cc": [], "Bcc": [], "Bounced": [],
    }  # fmt: skip
    source = message.decoded("".join(message.header(raw, "From")[:1])) or arrival.source
    new = records.Mail(
        0, *scope, message_id, now, source, message.decoded(subject), arrival.recipients, "", data
    )  # fmt: skip
    records.add_mail(store, scope, new, first + rest + raw)
    steps = [
        {"rule": each.rule["Name"], "scan": each.rule["ScanEnabled"], "recipients": each.recipients, "action": action}
        for each in receipts.matching(store, scope, arrival.recipients)
        for action in each.rule["Actions"]
    ]
    if steps:
        payload = {
            "mail": message_id, "set": receipts.active(store, scope), "arrival": arrival._asdict(), "at": now,
            "first": len(first), "steps": steps, "added": [],
        }  # fmt: skip
        store.outbox.put("ses", "Receipt", scope, payload, now, None, trace)
    return message_id


def _headers(arrival: Arrival, scope: Scope, message_id: str, now: float) -> tuple[bytes, bytes]:
    """What SES writes in front of a mail: up to where the verdicts of scanning stand, and behind them."""
    host = f"inbound-smtp.{scope.region}.amazonaws.com"
    helo = "".join(each for each in arrival.helo if each.isascii() and each.isprintable())[:255] or "unknown"
    when = format_datetime(datetime.fromtimestamp(now, UTC))
    first = (
        f"Return-Path: <{arrival.source}>\r\nReceived: from {helo} ({helo} [{arrival.peer}])\r\n by {host} with SMTP id"
        f" {message_id}\r\n for {arrival.recipients[0]};\r\n {when} (UTC)\r\n"
    )
    domain = arrival.source.rpartition("@")[2] or helo
    known = arrival.spf == "PASS"
    said = f"domain of {domain} designates {arrival.peer} as permitted sender" if known else "no records are asked for"
    spf = "pass" if known else "none"
    about = f"client-ip={arrival.peer}; envelope-from={arrival.source}; helo={helo};"
    dkim = f"dkim=pass header.i=@{domain}" if arrival.dkim == "PASS" else "dkim=none"
    rest = (
        f"Received-SPF: {spf} (spfCheck: {said}) {about}\r\nAuthentication-Results: amazonses.com;\r\n spf={spf}"
        f" (spfCheck: {said}) {about}\r\n {dkim};\r\n dmarc=none header.from={domain};\r\n"
        f"X-SES-RECEIPT: {ids.secret(64)}\r\n"
    )
    return first.encode("ascii", "replace"), rest.encode("ascii", "replace")


# ---- As rules see it -------------------------------------------------------------------------------------------------


class Verdicts(NamedTuple):
    """What scanning found: PASS or FAIL; DISABLED for a rule that does not scan."""

    spam: str
    virus: str


def verdicts(raw: bytes, scan: bool) -> Verdicts:
    """The verdicts on a mail for a rule."""
    if not scan:
        return Verdicts("DISABLED", "DISABLED")
    return Verdicts(
        "FAIL" if _SPAM in raw else "PASS",
        "FAIL" if any(each in raw for each in _VIRUS) else "PASS",
    )


def as_seen(raw: bytes, payload: Data, found: Verdicts) -> bytes:
    """The mail as a rule's actions get it: with the verdicts, and with the headers that were added before."""
    place = payload["first"]
    lines = [] if found.spam == "DISABLED" else [
        f"X-SES-Spam-Verdict: {found.spam}\r\n", f"X-SES-Virus-Verdict: {found.virus}\r\n"
    ]  # fmt: skip
    added = "".join(f"{name}: {value}\r\n" for name, value in payload["added"])
    return b"".join((raw[:place], "".join(lines).encode(), added.encode("utf-8", "replace"), raw[place:]))


def mail_object(raw: bytes, payload: Data) -> Data:
    """The member `mail` of an event.

    https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html#receiving-email-notifications-contents-mail-object
    """
    headers = message.headers(raw)
    size, kept = 0, []
    for name, value in headers:
        size += len(name) + len(value)
        if size > _MOST_HEADERS:
            break
        kept.append({"name": name, "value": value})
    arrival = payload["arrival"]
    return {
        "timestamp": iso_millis(payload["at"]),
        "source": arrival["source"],
        "messageId": payload["mail"],
        "destination": arrival["recipients"],
        "headersTruncated": len(kept) < len(headers),
        "headers": kept,
        "commonHeaders": _common(headers, arrival["source"]),
    }


_COMMON = (("from", "from"), ("date", "date"), ("to", "to"), ("cc", "cc"), ("bcc", "bcc"), ("sender", "sender"),
           ("reply-to", "replyTo"), ("message-id", "messageId"), ("subject", "subject"))  # fmt: skip
_LISTS = frozenset({"from", "to", "cc", "bcc", "replyTo"})


def _common(headers: list[tuple[str, str]], source: str) -> Data:
    found: Data = {"returnPath": source}
    for name, member in _COMMON:
        values = [value for own, value in headers if own.lower() == name]
        if values and member in _LISTS:
            found[member] = [each for value in values for each in message.split_addresses(value)]
        elif values:
            found[member] = message.decoded(values[0])
    return found


def receipt_object(payload: Data, step: Data, found: Verdicts, action: Data, now: float) -> Data:
    """The member `receipt` of an event."""
    arrival = payload["arrival"]
    return {
        "timestamp": iso_millis(payload["at"]),
        "processingTimeMillis": max(0, round((now - payload["at"]) * 1000)),
        "recipients": step["recipients"],
        "spamVerdict": {"status": found.spam},
        "virusVerdict": {"status": found.virus},
        "spfVerdict": {"status": arrival["spf"]},
        "dkimVerdict": {"status": arrival["dkim"]},
        "dmarcVerdict": {"status": "GRAY"},
        "action": action,
    }


def is_bounceable(arrival: Data) -> bool:
    """Whether there is somebody to tell: a report has no sender, so that none is made on a report."""
    return addresses.is_address(arrival["source"])
