"""What is put into a message for its readers: tracked links, the picture that tells of an open, the unsubscribe link.

Links lead to the cloud, which knows by the message's own token where they lead on: no address stands in them, so
nobody can be sent anywhere that was not in a mail.
Source: https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html
"""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.charset import QP, Charset
from email.generator import BytesGenerator
from email.message import Message
from html import escape, unescape
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cloudarium.mail import destinations, message
from cloudarium.mail.desk import Data, Desk
from cloudarium.shared import ids

MOST_LINKS = 250  # SES tracks no more links of one message
_LONGEST_TAG = 8192
_MOST_BROKEN = 1000  # tags that do not end: what comes behind so many is left as it is
_OPENER = "{{ses:openTracker}}"
UNSUBSCRIBE = "{{amazonSESUnsubscribeUrl}}"
_ANCHOR = re.compile(r"<a(?=[\s/])(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>", re.I)
_ATTRIBUTE = re.compile(r"\s([^\s=>\"'/]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>\"']+))?")
_POLICY = policy.compat32.clone(linesep="\r\n", max_line_length=0)
PATH = "/_cloudarium/mail/"


class Marks(NamedTuple):
    """What is to be put into a message: `base` is the start of its links, `token` what proves them."""

    message_id: str
    token: str
    base: str
    opens: bool = False
    clicks: bool = False
    unsubscribes: bool = False

    def address(self, what: str, *more: str) -> str:
        """The address at which the cloud is told that a reader did something."""
        return "/".join((f"{self.base}{PATH}{what}", self.message_id, self.token, *more))


def marks(desk: Desk, message_id: str, data: Data | None, subscribed: bool) -> Marks | None:
    """What a configuration set and a contact list want in a message; None for nothing."""
    opens, clicks = destinations.tracks(data, "OPEN"), destinations.tracks(data, "CLICK")
    if not (opens or clicks or subscribed):
        return None
    return Marks(
        message_id, ids.token(32), _base(desk.endpoint, (data or {}).get("Tracking")), opens, clicks, subscribed
    )


def _base(endpoint: str, tracking: Data | None) -> str:
    """Where links lead; a domain of one's own is below localhost, since no DNS leads it to the cloud."""
    if not tracking:
        return endpoint
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{tracking['Domain']}.localhost{f':{parts.port}' if parts.port else ''}"


def marked(raw: bytes, wanted: Marks) -> tuple[bytes, list[Data]]:
    """The message with marks, and the links that were tracked: {Link, Tags}, by the numbers in their addresses."""
    read = message_from_bytes(raw, policy=_POLICY)
    links: list[Data] = []
    changed = False
    for part in read.walk():
        kind = part.get_content_type()
        if part.is_multipart() or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            continue
        old = _text(part)
        new = old.replace(UNSUBSCRIBE, wanted.address("unsubscribe")) if wanted.unsubscribes else old
        if kind == "text/html":
            new = _html(new, wanted, links)
        if new != old:
            _put(part, new)
            changed = True
    if changed:
        out = BytesIO()
        BytesGenerator(out, mangle_from_=False, maxheaderlen=0, policy=_POLICY).flatten(read)
        raw = message.lines(out.getvalue())
    if wanted.unsubscribes:
        head = f"List-Unsubscribe: <{wanted.address('unsubscribe')}>\r\n"
        raw = f"{head}List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode() + raw
    return raw, links


def _text(part: Message[Any, Any]) -> str:
    data = part.get_payload(decode=True)
    try:
        return data.decode(part.get_content_charset("utf-8"), "surrogateescape") if isinstance(data, bytes) else ""
    except (LookupError, UnicodeError):
        return ""


def _put(part: Message[Any, Any], text: str) -> None:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    del part["Content-Transfer-Encoding"]
    part.set_payload(text.encode("utf-8", "replace").decode(), charset)


# ---- HTML ------------------------------------------------------------------------------------------------------------


def _html(html: str, wanted: Marks, links: list[Data]) -> str:
    if wanted.clicks:
        html = _tracked(html, wanted, links)
    if not wanted.opens:
        return html.replace(_OPENER, "")
    source = escape(wanted.address("open"))
    picture = f'<img alt="" src="{source}" style="display: none; width: 1px; height: 1px;">'
    before, placeholder, behind = html.partition(_OPENER)
    if placeholder:
        return before + picture + behind.replace(_OPENER, "")
    end = html.lower().rfind("</body>")
    return html + picture if end < 0 else html[:end] + picture + html[end:]


def _tracked(html: str, wanted: Marks, links: list[Data]) -> str:
    parts: list[str] = []
    place = broken = 0
    low = html.lower()
    while len(links) < MOST_LINKS and broken < _MOST_BROKEN:
        start = low.find("<a", place)
        if start < 0:
            break
        found = _ANCHOR.match(html, start, start + _LONGEST_TAG)
        parts.append(html[place:start])
        if found is None:
            broken += 1
            parts.append(html[start : start + 2])
            place = start + 2
        else:
            parts.append(_link(found[0], wanted, links))
            place = found.end()
    return "".join(parts) + html[place:]


def _link(tag: str, wanted: Marks, links: list[Data]) -> str:
    """An <a> whose link leads over the cloud, and without SES's own attributes."""
    attributes = {found[1].lower(): found for found in reversed(list(_ATTRIBUTE.finditer(tag)))}
    own = [attributes[name] for name in ("ses:no-track", "ses:tags") if name in attributes]
    target = attributes.get("href")
    link = unescape((target[2] or "").strip("\"'")).strip() if target is not None else ""
    changes = {found.span(): "" for found in own}
    follow = (
        target is not None and "ses:no-track" not in attributes and link.lower().startswith(("http://", "https://"))
    )
    if follow and not link.startswith(wanted.address("unsubscribe")):
        assert target is not None
        changes[target.span()] = f' href="{escape(wanted.address("click", str(len(links))))}"'
        links.append(
            {"Link": link, "Tags": _tags((attributes["ses:tags"][2] or "") if "ses:tags" in attributes else "")}
        )
    for (first, last), text in sorted(changes.items(), reverse=True):
        tag = tag[:first] + text + tag[last:]
    return tag


def _tags(text: str) -> dict[str, list[str]]:
    """The tags of a link: `name:value;name:value;`."""
    found: dict[str, list[str]] = {}
    for pair in unescape(text.strip("\"'")).split(";"):
        name, colon, value = pair.strip().partition(":")
        if colon and name:
            found.setdefault(name[:256], []).append(value[:256])
    return found
