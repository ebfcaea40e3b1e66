"""From what a caller gives to what is sent: simple, raw and templated messages, as both APIs take them."""

from __future__ import annotations

import codecs
import mimetypes
from collections.abc import Mapping
from typing import Any

from cloudarium.mail import contacts, identities, message, rendering, sending, templates
from cloudarium.mail.desk import Data, Desk
from cloudarium.mail.heavy import Steps, work
from cloudarium.mail.identities import Owner
from cloudarium.mail.message import BadMessage, Content
from cloudarium.mail.sending import Envelope
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import Scope

MOST_SIMPLE = 10 * 1024 * 1024
MOST_NEWER = 40 * 1024 * 1024


def owner(desk: Desk, identity_arn: str | None) -> Owner | None:
    """The sender's identity when an ARN names it. Raises when it is no identity's."""
    if not identity_arn:
        return None
    parsed = arns.parse(identity_arn)
    if parsed is None or parsed.service != "ses" or not parsed.resource.startswith("identity/"):
        raise desk.invalid(f"The ARN {identity_arn[:300]} is not a valid identity.")
    name = identities.normal(parsed.resource.removeprefix("identity/"))
    return Owner(Scope(parsed.account, parsed.region), name)


def envelope(
    desk: Desk, source: str, destination: Data | None, given: Data, operation: str, owner: Owner | None
) -> Envelope:
    """The envelope of what a caller gives: ReplyToAddresses, ReturnPath, ConfigurationSetName and Tags in `given`."""
    where = destination or {}
    return Envelope(
        source=sending.read_address(desk, source),
        to=sending.read_addresses(desk, where.get("ToAddresses")),
        cc=sending.read_addresses(desk, where.get("CcAddresses")),
        bcc=sending.read_addresses(desk, where.get("BccAddresses")),
        reply_to=sending.read_addresses(desk, given.get("ReplyToAddresses")),
        return_path=sending.read_address(desk, given["ReturnPath"]).email if given.get("ReturnPath") else "",
        configuration_set=given.get("ConfigurationSetName") or identities.default_set(desk, source, owner),
        tags=tags(desk, given.get("Tags")),
        operation=operation,
        owner=owner,
        subscription=_subscription(desk, given.get("ListManagementOptions"), where),
    )


def _subscription(desk: Desk, given: Data | None, where: Data) -> contacts.Subscription | None:
    """The contact list that a message belongs to. Raises when there is no such list or topic."""
    if not given:
        return None
    topics = contacts.find_list(desk, given["ContactListName"])["Topics"]
    topic = given.get("TopicName") or ""
    if topic and topic not in (each["TopicName"] for each in topics):
        raise desk.error("NotFoundException", f"Topic {topic[:100]} doesn't exist in List.")
    if sum(len(each or ()) for each in where.values()) > 1:
        raise desk.invalid("A message with ListManagementOptions can have one recipient only.")
    return contacts.Subscription(given["ContactListName"], topic)


_LONGEST_TAG = 255
_TAG_PARTS = (("Name", "_-", "'_',  '-'"), ("Value", "_-.@", "'_',  '-' , '.', '@'"))


def tags(desk: Desk, given: list[Mapping[str, str]] | None) -> dict[str, str]:
    """Message tags. Raises for names and values that SES does not take."""
    found: dict[str, str] = {}
    for each in given or ():
        for part, letters, words in _TAG_PARTS:
            text = each[part]
            if not text:
                raise desk.invalid(f"The tag {part.lower()} must be specified.")
            if len(text) > _LONGEST_TAG:
                raise desk.invalid(f"Tag {part.lower()} cannot exceed {_LONGEST_TAG} characters.")
            if not text.isascii() or not all(letter.isalnum() or letter in letters for letter in text):
                allowed = f"only alphanumeric ASCII characters, {words} are allowed."
                raise desk.invalid(f"Invalid tag {part.lower()} <{text}>: {allowed}")
        found[each["Name"]] = each["Value"]
    return found


def simple(desk: Desk, given: Data) -> Content:
    """The content of {Subject, Body: {Text, Html}}; a charset must be one that can be written."""
    body = given["Body"]
    if not body.get("Text") and not body.get("Html"):
        raise desk.invalid("Missing body: give Text, Html or both.")
    for each in (given["Subject"], body.get("Text"), body.get("Html")):
        _check_charset(desk, each)
    parts = {name: body[name]["Data"] if body.get(name) else None for name in ("Text", "Html")}
    return Content(given["Subject"]["Data"], parts["Text"], parts["Html"])


_RESERVED = frozenset(
    ("from", "to", "cc", "bcc", "subject", "reply-to", "return-path", "sender", "date", "message-id", "mime-version",
     "content-type", "content-transfer-encoding", "dkim-signature")
)  # fmt: skip


def with_extras(desk: Desk, content: Content, given: Data) -> Content:
    """The content with the headers and attachments that the second API takes beside it."""
    headers = tuple((each["Name"], each["Value"]) for each in given.get("Headers") or ())
    if len(headers) > message.MOST_HEADERS:
        raise desk.invalid(f"At most {message.MOST_HEADERS} headers can be given.")
    for name, value in headers:
        if name.lower() in _RESERVED:
            raise desk.invalid(f"The header {name[:100]} cannot be given in Headers.")
        try:
            message.check_header(name, value)
        except BadMessage as error:
            raise desk.invalid(str(error)) from error
    attachments = tuple(_attachment(desk, each) for each in given.get("Attachments") or ())
    return Content(content.subject, content.text, content.html, headers, attachments)


def _attachment(desk: Desk, given: Data) -> message.Attachment:
    name = given["FileName"]
    if given.get("ContentTransferEncoding") not in (None, "BASE64"):
        raise NotBuilt(f"attachments with ContentTransferEncoding {given['ContentTransferEncoding']}")
    kind = given.get("ContentType") or mimetypes.guess_type(name)[0] or "application/octet-stream"
    parts = (name, kind, given.get("ContentId") or "", given.get("ContentDescription") or "")
    try:
        for part in parts:
            message.check_header("Content-Type", part)
    except BadMessage as error:
        raise desk.invalid(f"An attachment's name and description are one line each: {error}") from error
    if not message.is_type(kind):
        raise desk.invalid(f"Attachment content type {kind[:100]} is not valid.")
    inline = given.get("ContentDisposition") == "INLINE"
    return message.Attachment(name, given["RawContent"], kind, parts[2], parts[3], inline)


def _check_charset(desk: Desk, part: Data | None) -> None:
    charset = part.get("Charset") if part else None
    if not charset:
        return
    try:
        codecs.lookup(charset)
        part["Data"].encode(charset)  # type: ignore[index]
    except (LookupError, ValueError) as error:
        raise desk.invalid(f"The text cannot be written in the charset {charset[:50]!r}.") from error


def send_content(desk: Desk, wanted: Envelope, content: Content, limit: int) -> Steps[str]:
    """Check and send a message made of its parts; its id."""
    try:
        raw = yield work(message.build, content, wanted.source, wanted.to, wanted.cc, wanted.reply_to)
    except BadMessage as error:
        raise desk.invalid(str(error)) from error
    sending.check_size(desk, raw, limit)
    sending.check(desk, wanted)
    return (yield from sending.send(desk, wanted, raw))


def send_raw(
    desk: Desk, source: str, destinations: list[str] | None, data: bytes, given: Data, limit: int
) -> Steps[str]:
    """Check and send a raw message: who it is for and from stands in its headers unless it is given; its id."""
    raw = yield work(message.lines, data)
    sending.check_size(desk, raw, limit)
    blank = bool(source and destinations) and not raw.strip()  # nothing at all is sent too, where the call says it all
    try:
        if not blank:
            message.check_raw(raw)
    except BadMessage as error:
        raise desk.invalid(str(error)) from error
    told = {**given}
    for name, member in (("X-SES-CONFIGURATION-SET", "ConfigurationSetName"), ("Return-Path", "ReturnPath")):
        if not told.get(member):
            told[member] = "".join(message.header(raw, name)).strip("<>")
    if not told.get("Tags"):
        told["Tags"] = _header_tags(desk, ",".join(message.header(raw, "X-SES-MESSAGE-TAGS")))
    listed = "".join(message.header(raw, "X-SES-LIST-MANAGEMENT-OPTIONS")[:1])
    if listed and not told.get("ListManagementOptions"):
        list_name, _, topic = listed.partition(";")
        topic = topic.strip().removeprefix("topic=").strip()
        told["ListManagementOptions"] = {"ContactListName": list_name.strip(), "TopicName": topic}
    for name in ("X-SES-SOURCE-ARN", "X-SES-FROM-ARN", "X-SES-RETURN-PATH-ARN"):
        if message.header(raw, name):
            raise NotBuilt(f"the header {name} of raw messages")
    told.pop("ReplyToAddresses", None)
    shown = source if blank else message.header(raw, "From")[0]
    from_ = sending.read_address(desk, message.decoded(shown))
    where = {"ToAddresses": destinations} if destinations else _header_recipients(desk, raw)
    wanted = envelope(desk, source or shown, where, told, given["Operation"], given["Owner"])
    if wanted.source.email != from_.email:  # both are checked: the one that is seen and the one that is used
        sending.check_source(desk, from_, given["Owner"])
    sending.check(desk, wanted)
    return (yield from sending.send(desk, wanted, raw))


def _header_recipients(desk: Desk, raw: bytes) -> Data:
    found: Data = {}
    for name in ("To", "Cc", "Bcc"):
        listed = ", ".join(message.header(raw, name))
        found[f"{name}Addresses"] = message.split_addresses(listed)
    return found


def _header_tags(desk: Desk, text: str) -> list[dict[str, str]]:
    pairs = [each.strip().partition("=") for each in text.split(",") if each.strip()]
    return [{"Name": name.strip(), "Value": value.strip()} for name, _, value in pairs]


def send_templated(
    desk: Desk,
    wanted: Envelope,
    template: tuple[str, Data],
    data: dict[str, Any],
    limit: int,
    extra: Content | None = None,
) -> Steps[str]:
    """Check and send what a template (name, parts) makes of data; what cannot be rendered nobody gets."""
    name, parts = template
    sending.check(desk, wanted)
    try:
        made = templates.render(parts, data)
        content = Content(made.subject, made.text, made.html, *((extra.headers, extra.attachments) if extra else ()))
        raw = yield work(message.build, content, wanted.source, wanted.to, wanted.cc, wanted.reply_to)
    except rendering.MissingAttribute as error:
        reason = f"Attribute '{error}' is not present in the rendering data."
        return sending.fail_rendering(desk, wanted, name, reason)
    except (rendering.TooLong, BadMessage) as error:
        return sending.fail_rendering(desk, wanted, name, str(error) or "The rendered text is too long.")
    sending.check_size(desk, raw, limit)
    return (yield from sending.send(desk, wanted, raw))
