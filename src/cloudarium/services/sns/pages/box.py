"""The paths of the box of text messages. Who accepts text/html gets a page, all others JSON.

GET  /_cloudarium/sms?phone=&account=&region=&limit=    the newest text messages
POST /_cloudarium/sms/opt-out   {account, region, phone}: the phone's owner answers STOP
POST /_cloudarium/sms/clear     empty the box
"""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import parse_qsl, unquote

from cloudarium.cloud import Cloud
from cloudarium.gateway.control import Refused, body_of, json, object_of
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.services.sns.delivery.texting import normal
from cloudarium.services.sns.records import messages
from cloudarium.services.sns.records.messages import Sms
from cloudarium.services.sns.rules.subscriptions import is_phone
from cloudarium.shared.clock import iso_millis
from cloudarium.shared.scope import Scope

_MOST = 1000
_RULES = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"


async def sms(cloud: Cloud, request: HttpRequest) -> HttpResponse:
    """Answer a path of the box. Raises Refused."""
    parts = [unquote(part)[:500] for part in request.path.strip("/").split("/")[2:]]
    if request.method == "POST":
        return await _post(cloud, request, parts)
    if request.method not in ("GET", "HEAD"):
        raise Refused(405, "The box is read by GET and changed by POST.")
    if parts:
        raise Refused(404, "There is nothing here but the box itself.")
    found = [_shown(each) for each in _found(cloud, request)]
    if "text/html" in request.headers.get("accept", ""):
        return _page(found)
    return json(200, {"messages": found})


def _found(cloud: Cloud, request: HttpRequest) -> list[Sms]:
    given = dict(parse_qsl(request.query, max_num_fields=50))
    limit = given.pop("limit", "100")
    if not limit.isascii() or not limit.isdecimal() or not 1 <= int(limit[:6]) <= _MOST:
        raise Refused(400, f"limit must be 1 to {_MOST}.")
    unknown = given.keys() - {"phone", "account", "region"}
    if unknown:
        raise Refused(400, f"Unknown filter: {', '.join(sorted(unknown))[:200]}")
    if "phone" in given:
        given["phone"] = normal(given["phone"])
    return messages.newest(cloud.store, given, int(limit))


def _shown(found: Sms) -> dict[str, Any]:
    data = found.data
    return {
        "id": data["MessageId"], "sent": iso_millis(found.sent), "phone": found.phone, "message": data["Message"],
        "sender": data["SenderId"], "type": data["Type"], "parts": data["Parts"], "topic": data["Topic"],
        "account": found.account, "region": found.region,
    }  # fmt: skip


async def _post(cloud: Cloud, request: HttpRequest, parts: list[str]) -> HttpResponse:
    given = object_of(await body_of(request))
    with cloud.store.transaction():
        if parts == ["clear"]:
            messages.clear(cloud.store)
            return json(200, {"status": "empty"})
        if parts == ["opt-out"]:
            phone = str(given.get("phone", ""))
            if not is_phone(phone):
                raise Refused(400, "Give account, region and phone.")
            scope = Scope(str(given.get("account", cloud.home.account)), str(given.get("region", cloud.home.region)))
            messages.put(cloud.store, scope, messages.OPTED_OUT, normal(phone), {"Since": cloud.clock.now()})
            return json(200, {"phone": normal(phone), "result": "opted out"})
    raise Refused(404, "There is nothing to change here.")


def _page(found: list[dict[str, Any]]) -> HttpResponse:
    rows = "".join(
        f"<tr><td>{html.escape(each['sent'])}<td>{html.escape(each['phone'])}"
        f"<td>{html.escape(each['sender'] or '')}<td>{html.escape(each['message'])}"
        for each in found
    )
    body = (
        '<!doctype html><meta charset="utf-8"><title>Text messages</title>'
        "<style>body{font:15px system-ui,sans-serif;margin:2rem}td,th{text-align:left;padding:.3rem .8rem;"
        "border-bottom:1px solid #ddd;white-space:pre-wrap}</style><h1>Text messages</h1>"
        f"<table><tr><th>Sent<th>To<th>From<th>Message{rows}</table>\n"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": _RULES,
        "x-content-type-options": "nosniff",
    }
    return HttpResponse(200, headers, body.encode("utf-8", "replace"))
