"""What readers of a mail do: they open it, follow its links, unsubscribe. The mail's own token proves each address.

GET  /_cloudarium/mail/open/ID/TOKEN            the picture that tells of an open
GET  /_cloudarium/mail/click/ID/TOKEN/NUMBER    a tracked link: leads on to where the mail had it
GET  /_cloudarium/mail/unsubscribe/ID/TOKEN     the preferences of the mail's recipient
POST /_cloudarium/mail/unsubscribe/ID/TOKEN     change them; `List-Unsubscribe=One-Click` as RFC 8058 has it
"""

from __future__ import annotations

import base64
import hmac
from typing import Any
from urllib.parse import parse_qs

from cloudarium.cloud import Cloud
from cloudarium.gateway.control import Refused, body_of, json
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.mail import contacts, destinations, events, measuring, records
from cloudarium.mail.contacts import Subscription
from cloudarium.mail.events import Happening
from cloudarium.mail.records import Mail
from cloudarium.services.ses.pages import markup
from cloudarium.shared.clock import iso_millis

Data = dict[str, Any]
WORDS = ("open", "click", "unsubscribe")
_PICTURE = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_KEPT_LATELY = 60 * 86400.0  # seconds in which SES still tells of opens and clicks
_GONE = "This link is not known here: the mail it belongs to is gone."


async def answer(cloud: Cloud, request: HttpRequest, parts: list[str], page: bool) -> HttpResponse:
    """Answer one of the addresses that are put into a mail. Raises Refused."""
    word, *rest = parts
    found = records.mail(cloud.store, rest[0]) if len(rest) >= 2 else None
    if found is None or not hmac.compare_digest(str(found.data.get("Token", "")).encode(), rest[1].encode()):
        raise Refused(404, _GONE)
    if word == "unsubscribe" and len(rest) == 2:
        return await _unsubscribe(cloud, request, found, page)
    if request.method == "POST":
        raise Refused(405, "This address is read by GET.")
    if word == "open" and len(rest) == 2:
        _tell(cloud, request, found, "OPEN")
        return HttpResponse(200, {"content-type": "image/gif", "cache-control": "no-store"}, _PICTURE)
    if word == "click" and len(rest) == 3 and rest[2].isascii() and rest[2].isdecimal():
        links = found.data["Links"]
        if int(rest[2][:6]) < len(links):
            link = links[int(rest[2][:6])]
            _tell(cloud, request, found, "CLICK", link=link["Link"], linkTags=link["Tags"] or None)
            headers = {"location": _ascii(link["Link"]), "cache-control": "no-store", "referrer-policy": "no-referrer"}
            return HttpResponse(302, headers)
    raise Refused(404, _GONE)


def _ascii(link: str) -> str:
    """A link as a header can have it: what is not ASCII, and what would end the header, by its bytes."""
    return "".join(
        letter if "!" <= letter <= "~" else "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "replace"))
        for letter in link
    )


def _tell(cloud: Cloud, request: HttpRequest, mail: Mail, kind: str, **more: Any) -> None:
    """Tell of an open or a click; a look at the head alone is none."""
    now = cloud.clock.now()
    if request.method == "HEAD" or now > mail.sent + _KEPT_LATELY:
        return
    seen = events.seen(request.peer, request.headers.get("user-agent", "")[:1000], now, **more)
    raw = cloud.store.blobs.whole(mail.raw)
    happened = [Happening(kind, seen)]
    measuring.happened(cloud.meter, now, mail.scope, happened)
    with cloud.store.transaction():
        destinations.tell(cloud.store, now, mail, raw, happened)


# ---- Unsubscribing ---------------------------------------------------------------------------------------------------


async def _unsubscribe(cloud: Cloud, request: HttpRequest, mail: Mail, page: bool) -> HttpResponse:
    if not mail.data.get("Subscription"):
        raise Refused(404, _GONE)
    subscription = Subscription(*mail.data["Subscription"])
    [email] = mail.recipients
    found = records.get(cloud.store, mail.scope, contacts.KIND, subscription.list)
    if found is None:
        raise Refused(404, "The contact list is gone.")
    saved = False
    if request.method == "POST":
        fields = parse_qs(
            (await body_of(request)).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100
        )
        _choose(cloud, mail, subscription, fields, found["Topics"])
        saved = True
    contact = records.get(cloud.store, mail.scope, contacts.kind_of(subscription.list), email.lower())
    shown = contacts.told(contact or {"UnsubscribeAll": False}, found["Topics"])
    if page:
        text = markup.preferences(email, found, shown, request.path, saved)
        return HttpResponse(200, {"content-type": "text/html; charset=utf-8", **markup.GUARDS}, text.encode())
    return json(200, {"email": email, "list": subscription.list, **shown})


def _choose(cloud: Cloud, mail: Mail, subscription: Subscription, fields: Data, topics: list[Data]) -> None:
    """Do what a form or a mail program's one click asks for, and tell of it."""
    now, [email] = cloud.clock.now(), mail.recipients
    names = [each["TopicName"] for each in topics]
    one_click = fields.get("List-Unsubscribe") == ["One-Click"]
    if one_click:
        choice: Data = (
            {"UnsubscribeAll": True} if not subscription.topic else {"Topics": {subscription.topic: contacts.OUT}}
        )
    elif "all" in fields:
        choice = {"UnsubscribeAll": True}
    elif "save" in fields:
        wanted = fields.get("topic", [])
        chosen = {name: contacts.IN if name in wanted else contacts.OUT for name in names}
        choice = {"UnsubscribeAll": False, "Topics": chosen}
    else:
        raise Refused(400, "Send List-Unsubscribe=One-Click, or the page's form.")
    raw = cloud.store.blobs.whole(mail.raw)
    with cloud.store.transaction():
        before, after = contacts.choose(cloud.store, mail.scope, now, subscription.list, email, choice, topics)
        told = {
            "contactList": subscription.list, "timestamp": iso_millis(now),
            "source": "UnsubscribeHeader" if one_click else "UnsubscribeLink",
            "newTopicPreferences": after, "oldTopicPreferences": before,
        }  # fmt: skip
        destinations.tell(cloud.store, now, mail, raw, [Happening("SUBSCRIPTION", told)])
