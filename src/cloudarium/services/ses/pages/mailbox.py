"""The paths of the mail box. Who accepts text/html gets a page, all others JSON.

GET  /_cloudarium/mail?to=&from=&subject=&status=&configuration_set=&account=&region=&limit=    the newest mails
GET  /_cloudarium/mail/ID              one mail; ID/raw, ID/html and ID/attachment/N its parts
GET  /_cloudarium/mail/verify/TOKEN    the link of a verification mail
GET  /_cloudarium/mail/identities      identities with the DNS records that prove domains
POST /_cloudarium/mail/identities      {account, region, identity}: the records of a domain are published
POST /_cloudarium/mail/clear           empty the mail box

What readers of a mail do (opens, clicks, unsubscribing) is in readers.py.
"""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

from cloudarium.cloud import Cloud
from cloudarium.gateway.control import Refused, body_of, json, object_of
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.mail import identities, records, signing
from cloudarium.mail.records import Mail
from cloudarium.services.ses.pages import markup, readers
from cloudarium.shared.clock import iso_millis
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
_FILTERS = frozenset({"to", "from", "subject", "status", "configuration_set", "account", "region"})
_MOST = 1000
# What a mail brings may show itself and nothing else: no script, no form, nothing from elsewhere.
_NO_REACH = (
    "default-src 'none'; img-src {}; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
_INSIDE, _OUTSIDE = "data:", "data: http: https:"  # pictures from elsewhere tell that a mail was opened


async def mail(cloud: Cloud, request: HttpRequest) -> HttpResponse:
    """Answer a path of the mail box. Raises Refused."""
    parts = [unquote(part)[:500] for part in request.path.strip("/").split("/")[2:]]
    page = "text/html" in request.headers.get("accept", "")
    if request.method not in ("GET", "HEAD", "POST"):
        raise Refused(405, "The mail box is read by GET and changed by POST.")
    if parts and parts[0] in readers.WORDS:
        return await readers.answer(cloud, request, parts, page)
    if request.method == "POST":
        return await _post(cloud, request, parts)
    if not parts:
        return _list(cloud, request, page)
    if parts == ["identities"]:
        return _identities(cloud, page)
    if parts[0] == "verify" and len(parts) == 2:
        return _verify(cloud, parts[1], page)
    found = records.mail(cloud.store, parts[0])
    if found is None:
        raise Refused(404, f"There is no mail {parts[0][:100]}.")
    return _one(cloud, found, parts[1:], page, "pictures=1" in request.query.split("&"))


def _answer(page: bool, shown: Any, text: str, status: int = 200) -> HttpResponse:
    return _html(text, status=status) if page else json(status, shown)


def _html(text: str, rules: str = "", status: int = 200) -> HttpResponse:
    headers = {**markup.GUARDS, **({"content-security-policy": rules} if rules else {})}
    return HttpResponse(status, headers, text.encode("utf-8", "replace"))


def _list(cloud: Cloud, request: HttpRequest, page: bool) -> HttpResponse:
    given = dict(parse_qsl(request.query, max_num_fields=50))
    limit = given.pop("limit", "100")
    if not limit.isascii() or not limit.isdecimal() or not 1 <= int(limit[:6]) <= _MOST:
        raise Refused(400, f"limit must be 1 to {_MOST}.")
    unknown = given.keys() - _FILTERS
    if unknown:
        raise Refused(400, f"Unknown filter: {', '.join(sorted(unknown))[:200]}")
    found = [summary(each) for each in records.mails(cloud.store, given, int(limit))]
    return _answer(page, {"mails": found}, markup.listing(found, given))


def summary(found: Mail) -> Data:
    """A mail in a list."""
    data = found.data
    return {
        "id": found.message_id, "sent": iso_millis(found.sent), "from": found.source, "to": data["To"],
        "cc": data["Cc"], "bcc": data["Bcc"], "subject": found.subject, "status": data["Status"],
        "reason": data["Reason"], "account": found.account, "region": found.region,
        "configuration_set": data["ConfigurationSet"], "tags": data["Tags"], "operation": data["Operation"],
        "return_path": data["ReturnPath"],
    }  # fmt: skip


def _one(cloud: Cloud, found: Mail, parts: list[str], page: bool, pictures: bool) -> HttpResponse:
    raw = cloud.store.blobs.whole(found.raw)
    if parts == ["raw"]:
        return _file(raw, "message/rfc822", f"{found.message_id}.eml")
    read = cast(EmailMessage, message_from_bytes(raw, policy=policy.default))
    if parts == ["html"]:
        body = _body(read, "html")
        if body is None:
            raise Refused(404, "The mail has no HTML.")
        return _html(markup.framed(body, _inline(read)), _NO_REACH.format(_OUTSIDE if pictures else _INSIDE))
    if len(parts) == 2 and parts[0] == "attachment":
        return _attachment(read, parts[1])
    if parts:
        raise Refused(404, "A mail has raw, html and attachment/N.")
    shown = {**summary(found), **contents(read)}
    return _answer(page, shown, markup.one(shown, pictures))


def contents(read: EmailMessage) -> Data:
    """What is in a mail: headers, text, html, and what is attached."""
    headers = [{"name": name, "value": " ".join(str(value).split())} for name, value in _headers(read)]
    attached = [
        {"name": each.get_filename() or f"part-{number}", "type": each.get_content_type(), "size": len(_data(each))}
        for number, each in enumerate(_attached(read))
    ]
    return {"headers": headers, "text": _body(read, "plain"), "html": _body(read, "html"), "attachments": attached}


def _headers(read: EmailMessage) -> list[tuple[str, Any]]:
    try:
        return read.items()
    except (ValueError, LookupError, IndexError, AttributeError):  # a header that the standard library stumbles over
        return list(read.raw_items())


def _body(read: EmailMessage, kind: str) -> str | None:
    try:
        part = read.get_body(preferencelist=(kind,))
        return None if part is None else str(part.get_content())
    except (LookupError, ValueError, KeyError, AttributeError, TypeError):
        return None


def _attached(read: EmailMessage) -> list[EmailMessage]:
    """Every part that is neither the text nor the HTML, pictures inside of the HTML included."""
    bodies = [read.get_body(preferencelist=(kind,)) for kind in ("plain", "html")]
    leaves = (each for each in read.walk() if not each.is_multipart())
    return [cast(EmailMessage, each) for each in leaves if not any(each is body for body in bodies)]


def _data(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _inline(read: EmailMessage) -> dict[str, str]:
    """data: addresses of the pictures that the HTML names by cid:."""
    found: dict[str, str] = {}
    for part in _attached(read):
        if part["content-id"] and part.get_content_maintype() == "image":
            found[str(part["content-id"]).strip("<> ")] = markup.data_address(part.get_content_type(), _data(part))
    return found


def _attachment(read: EmailMessage, number: str) -> HttpResponse:
    parts = _attached(read)
    if not number.isascii() or not number.isdecimal() or int(number[:6]) >= len(parts):
        raise Refused(404, "There is no such attachment.")
    part = parts[int(number)]
    return _file(_data(part), part.get_content_type(), part.get_filename() or f"part-{number}")


def _file(data: bytes, kind: str, name: str) -> HttpResponse:
    """A file to be saved: it is never shown, whatever it says of itself."""
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    headers = {
        "content-type": kind if kind.isascii() and kind.isprintable() else "application/octet-stream",
        "content-disposition": f'attachment; filename="{safe[:200]}"',
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return HttpResponse(200, headers, data)


# ---- Proof -----------------------------------------------------------------------------------------------------------


def _verify(cloud: Cloud, token: str, page: bool) -> HttpResponse:
    with cloud.store.transaction():
        name, ended = identities.open_link(cloud.store, token, cloud.clock.now())
    onward = identities.redirect(cloud.store, token, ended == "verified")
    if onward:
        return HttpResponse(302, {"location": onward, "cache-control": "no-store", "referrer-policy": "no-referrer"})
    words = {
        "verified": f"{name} is verified: it can send, and in the sandbox be sent to.",
        "expired": f"The link for {name} is older than 24 hours. Ask for another.",
        "unknown": "This link belongs to no identity.",
    }[ended]
    status = {"verified": 200, "expired": 410, "unknown": 404}[ended]
    return _answer(page, {"identity": name, "result": ended}, markup.notice(words, ended == "verified"), status)


def _identities(cloud: Cloud, page: bool) -> HttpResponse:
    now = cloud.clock.now()
    found = [
        {
            "account": scope.account, "region": scope.region, "identity": name, "type": data["Type"],
            "status": identities.status(data, now), "dkim": identities.dkim_status(data, now),
            "records": identities.dns(name, data, scope.region),
        }
        for scope, name, data in records.everywhere(cloud.store, identities.KIND)
    ]  # fmt: skip
    own = signing.own_record(cloud.store)
    return _answer(page, {"identities": found, "own": [own] if own else []}, markup.identities(found))


async def _post(cloud: Cloud, request: HttpRequest, parts: list[str]) -> HttpResponse:
    given, form = await _given(request)
    if parts == ["clear"]:
        with cloud.store.transaction():
            for each in records.mails(cloud.store, {}, records.MOST_MAILS):
                records.remove_mail(cloud.store, each)
        return _back("") if form else json(200, {"status": "empty"})
    if parts != ["identities"]:
        raise Refused(404, "There is nothing to change here.")
    scope, name = Scope(str(given.get("account", "")), str(given.get("region", ""))), str(given.get("identity", ""))
    with cloud.store.transaction():
        if not identities.publish(cloud.store, scope, name, cloud.clock.now()):
            raise Refused(404, "There is no such domain identity. Give account, region and identity.")
    return _back("/identities") if form else json(200, {"identity": name, "result": "verified"})


async def _given(request: HttpRequest) -> tuple[Data, bool]:
    """What was posted, and whether by a form."""
    body = await body_of(request)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded") and not body.lstrip().startswith(b"{"):  # curl -d '{…}'
        try:
            return dict(parse_qsl(body.decode(), max_num_fields=50)), True
        except ValueError as error:
            raise Refused(400, "The form cannot be read.") from error
    return object_of(body), False


def _back(where: str) -> HttpResponse:
    return HttpResponse(303, {"location": f"/_cloudarium/mail{where}", "cache-control": "no-store"})
