"""Messages as they go over the wire: made of their parts, or taken raw; lines end in CRLF."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, getaddresses

from cloudarium.mail.addresses import Address
from cloudarium.shared import ids

_HEADER_NAME = re.compile(r"[!-9;-~]{1,126}")
_BREAK = re.compile(r"[\r\n]")
_PIECE = 1024 * 1024
_LARGE = 64 * 1024  # bytes of an attachment that the standard library shall not look through several times
POLICY = policy.SMTP.clone(header_factory=HeaderRegistry(use_default_map=True), cte_type="7bit")
MOST_HEADERS = 15


class BadMessage(ValueError):
    """The message cannot be sent; says why."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    data: bytes
    type: str = ""
    inline_id: str = ""
    description: str = ""
    inline: bool = False


@dataclass(frozen=True)
class Content:
    """What a mail says."""

    subject: str
    text: str | None = None
    html: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()


_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}", re.A)


def is_type(text: str) -> bool:
    """Whether a text is a media type that an attachment can have."""
    return _TYPE.fullmatch(text) is not None and not text.lower().startswith(("multipart/", "message/"))


def check_header(name: str, value: str) -> None:
    """Raise BadMessage for a header that would become two, or that is no header at all."""
    if not _HEADER_NAME.fullmatch(name):
        raise BadMessage(f"Invalid header name: {name[:100]!r}")
    if _BREAK.search(value) or "\0" in value:
        raise BadMessage(f"Header {name} contains a line break")


def build(
    content: Content, source: Address | None, to: list[Address], cc: list[Address], reply_to: list[Address]
) -> bytes:
    """The message. Raises BadMessage. Who gets a blind copy is in no header."""
    check_header("Subject", content.subject)
    message = EmailMessage(policy=POLICY)
    named = (("From", [source] if source else []), ("To", to), ("Cc", cc), ("Reply-To", reply_to))
    for name, addresses in named:
        if addresses:
            message[name] = ", ".join(each.header() for each in addresses)
    message["Subject"] = content.subject
    small, stands_for = _without_large(content)
    _fill(message, small)
    for name, value in content.headers:
        check_header(name, value)
        del message[name]
        message[name] = value
    try:
        raw = lines(message.as_bytes())
    except (ValueError, UnicodeError, LookupError) as error:
        raise BadMessage(f"The message cannot be encoded: {error}") from error
    for token, data in stands_for.items():
        raw = raw.replace(base64.b64encode(token), _base64_lines(data), 1)
    return raw


def _without_large(content: Content) -> tuple[Content, dict[bytes, bytes]]:
    """(the content with a token in the place of each large attachment, those by their tokens)."""
    stands_for: dict[bytes, bytes] = {}
    attachments = []
    for each in content.attachments:
        if len(each.data) > _LARGE:
            token = ids.data(30)
            stands_for[token] = each.data
            each = replace(each, data=token)
        attachments.append(each)
    return (replace(content, attachments=tuple(attachments)), stands_for) if stands_for else (content, {})


def _base64_lines(data: bytes) -> bytes:
    """Base64 in lines of 76 characters, without the last one's end."""
    size = 57 * 16 * 1024
    pieces = (base64.encodebytes(data[place : place + size]) for place in range(0, len(data), size))
    return b"".join(each.replace(b"\n", b"\r\n") for each in pieces)[:-2]


def _fill(message: EmailMessage, content: Content) -> None:
    try:
        if content.text is not None or content.html is None:
            message.set_content(content.text or "")
            if content.html is not None:
                message.add_alternative(content.html, subtype="html")
        else:
            message.set_content(content.html, subtype="html")
        for each in content.attachments:
            main, _, sub = (each.type or "application/octet-stream").partition("/")
            message.add_attachment(
                each.data,
                maintype=main,
                subtype=sub or "octet-stream",
                filename=each.name,
                cid=f"<{each.inline_id}>" if each.inline_id else None,
                disposition="inline" if each.inline else "attachment",
                headers=[f"Content-Description: {each.description}"] if each.description else None,
            )
    except (ValueError, UnicodeError, TypeError, KeyError) as error:
        raise BadMessage(f"The message cannot be built: {error}") from error


# ---- Raw messages ----------------------------------------------------------------------------------------------------


def lines(data: bytes) -> bytes:
    """The data with all lines ending in CRLF, and an empty line behind the headers."""
    raw = data
    if data.count(b"\r\n") != data.count(b"\n") or data.count(b"\r\n") != data.count(b"\r"):
        raw = b"".join(map(_with_line_ends, _pieces(data)))
    return raw if b"\r\n\r\n" in raw else raw.rstrip(b"\r\n") + b"\r\n\r\n"


def _with_line_ends(piece: bytes) -> bytes:
    return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _pieces(data: bytes) -> Iterator[bytes]:
    """The data in pieces, none of which ends inside of a line's end: between two of them other threads have a turn."""
    start = 0
    while start < len(data):
        end = min(start + _PIECE, len(data))
        while end < len(data) and data[end - 1] == 0x0D:
            end += 1
        yield data[start:end]
        start = end


def header(raw: bytes, name: str) -> list[str]:
    """The values of a header, unfolded."""
    wanted = name.lower().encode() + b":"
    return [
        _unfolded(each[len(wanted) :]).decode("utf-8", "replace").strip()
        for each in _headers(raw)
        if each[: len(wanted)].lower() == wanted
    ]


def headers(raw: bytes) -> list[tuple[str, str]]:
    """Every header's name and value, unfolded, in their order."""
    pairs = (each.partition(b":") for each in _headers(raw))
    return [
        (name.decode("latin-1").strip(), _unfolded(value).decode("utf-8", "replace").strip())
        for name, _, value in pairs
    ]


def check_raw(raw: bytes) -> None:
    """Raise BadMessage for a raw message whose head is none."""
    for each in _headers(raw):
        name, colon, _ = each.partition(b":")
        if not colon or not _HEADER_NAME.fullmatch(name.decode("latin-1").rstrip(" \t")):
            raise BadMessage("Expected header: the message does not begin with headers")
    if not header(raw, "From"):
        raise BadMessage("Missing required header 'From'.")
    for only in ("From", "Sender", "Return-Path", "Subject", "Reply-To"):
        if len(header(raw, only)) > 1:
            raise BadMessage(f"Duplicate header '{only}'.")


def finish(raw: bytes, message_id: str, region: str, now: float) -> bytes:
    """The message with SES's own Message-ID and a Date; blind copies and the return path are taken out."""
    gone = (b"bcc:", b"message-id:", b"return-path:", b"x-ses-")
    kept = [each for each in _headers(raw) if not each.lower().startswith(gone)]
    host = "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"
    first = [f"Message-ID: <{message_id}@{host}>".encode()]
    if not header(raw, "Date"):
        first.insert(0, f"Date: {format_datetime(datetime.fromtimestamp(now, UTC))}".encode())
    body = raw.partition(b"\r\n\r\n")[2]
    return b"\r\n".join([*first, *kept]) + b"\r\n\r\n" + body


def _headers(raw: bytes) -> list[bytes]:
    found: list[bytes] = []
    for line in raw[: raw.find(b"\r\n\r\n")].split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and found:
            found[-1] += b"\r\n" + line
        elif line:
            found.append(line)
    return found


def _unfolded(value: bytes) -> bytes:
    return value.replace(b"\r\n", b"")


def decoded(value: str) -> str:
    """A header's value with its encoded words read."""
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError, HeaderParseError):
        return value


def split_addresses(value: str) -> list[str]:
    """The addresses of a header such as To, each as it is written there but decoded."""
    return [
        formataddr((decoded(name), email), "utf-8") if name else email for name, email in getaddresses([value]) if email
    ]
