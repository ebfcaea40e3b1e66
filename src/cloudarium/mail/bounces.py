"""Reports of what could not be delivered (RFC 3464): a text for people, a part for programs, the message's headers."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.utils import format_datetime
from typing import NamedTuple

from cloudarium.mail import message


class Failed(NamedTuple):
    """One recipient of a report: the status (5.1.1) and what its mail server said; `more` are further fields."""

    recipient: str
    status: str
    diagnostic: str = ""
    action: str = "failed"
    remote: str = ""
    final: str = ""
    more: tuple[tuple[str, str], ...] = ()


def report(
    sender: str,
    to: str,
    text: str,
    reporter: str,
    failed: list[Failed],
    original: bytes,
    more: tuple[tuple[str, str], ...] = (),
    arrived: float | None = None,
) -> bytes:
    """The report on a message to its sender. Raises BadMessage when a part of it would become another header."""
    made = EmailMessage(policy=message.POLICY)
    for name, value in (("From", sender), ("To", to), ("Subject", "Delivery Status Notification (Failure)")):
        message.check_header(name, value)
        made[name] = value
    made["Auto-Submitted"] = "auto-replied"
    made.set_content(text)
    made.make_mixed()
    made.set_type("multipart/report")
    made.set_param("report-type", "delivery-status")
    made.attach(_status(reporter, failed, more, arrived))  # type: ignore[arg-type]
    headers = Message()
    headers["Content-Type"] = "text/rfc822-headers"
    head = original[: original.find(b"\r\n\r\n")].decode("latin-1").encode("ascii", "replace").decode()
    headers.set_payload(head.replace("\r\n", "\n") + "\n")
    made.attach(headers)  # type: ignore[arg-type]
    return message.lines(made.as_bytes())


def date(moment: float) -> str:
    """A moment as a field tells it."""
    return format_datetime(datetime.fromtimestamp(moment, UTC))


def _status(reporter: str, failed: list[Failed], more: tuple[tuple[str, str], ...], arrived: float | None) -> Message:
    """The part for programs: fields of the message, then those of each recipient."""
    first = [("Reporting-MTA", reporter)]
    if arrived is not None:
        first.append(("Arrival-Date", date(arrived)))
    groups = [[*first, *more]]
    for each in failed:
        fields = [("Final-Recipient", f"rfc822; {each.final or each.recipient}"), ("Action", each.action)]
        fields.append(("Status", each.status))
        if each.remote:
            fields.append(("Remote-MTA", each.remote))
        if each.diagnostic:
            fields.append(("Diagnostic-Code", each.diagnostic))
        groups.append([*fields, *each.more])
    part = Message()
    part["Content-Type"] = "message/delivery-status"
    for group in groups:
        block = Message()
        for name, value in group:
            message.check_header(name, value)
            block[name] = value.encode("ascii", "replace").decode()
        part.attach(block)
    return part
