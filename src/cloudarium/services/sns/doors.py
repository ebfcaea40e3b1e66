"""The door `sns`: what the links in messages lead to, by GET. `/_aws/sns/REGION/…`

/?Action=ConfirmSubscription&TopicArn=…&Token=…   confirms, answers as the API does; confirmation.html a page
/?Action=Unsubscribe&SubscriptionArn=…            unsubscribes; unsubscribe.html a page
/SimpleNotificationService-ID.pem                 the certificate by which messages are signed
"""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import parse_qsl

from cloudarium import model
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpResponse
from cloudarium.gateway.protocols import query
from cloudarium.services.sns import errors, resources, subscribing
from cloudarium.services.sns.records import messages, subscriptions
from cloudarium.shared.errors import AccessDenied, AwsError, NotBuilt
from cloudarium.shared.scope import Scope

_PAGES = {"/confirmation.html": "ConfirmSubscription", "/unsubscribe.html": "Unsubscribe"}
_RULES = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


async def sns(call: Call) -> HttpResponse:
    """Answer a link."""
    assert call.door is not None and call.request is not None
    path = call.door.path
    call.scope = Scope(call.cloud.home.account, call.door.id)
    if path.endswith(".pem"):
        return _certificate(call, path)
    try:
        given = dict(parse_qsl(call.request.query, max_num_fields=50))
    except ValueError:
        given = {}
    action = _PAGES.get(path) or (given.get("Action", "") if path == "/" else "")
    call.operation_name = action or call.operation_name
    try:
        output = _do(call, action, given)
    except AwsError as error:
        if path not in _PAGES:
            raise
        return _page("Error", error.message, 400)
    if path in _PAGES:
        return _done(call, action, output)
    return query.serialize(model.service("sns").operations[action], output, call.request_id)


def _do(call: Call, action: str, given: dict[str, str]) -> dict[str, Any]:
    if call.request is not None and call.request.method not in ("GET", "HEAD"):
        raise NotBuilt(f"{call.request.method} on the links of messages; calls of the API go to the cloud's endpoint")
    with call.transaction():
        if action == "ConfirmSubscription":
            topic, token = given.get("TopicArn", ""), given.get("Token", "")
            return {"SubscriptionArn": subscribing.confirm(call, topic, token, authenticated=False, guarded=False)}
        if action == "Unsubscribe":
            arn = resources.subscription_arn(call, given.get("SubscriptionArn", ""))
            found = subscriptions.find(call.store, arn)
            if found is not None and found.data.get("Guarded"):
                raise AccessDenied("Unsubscribing this subscription needs its owner's signature.")
            if found is not None:
                subscribing.unsubscribe(call, found, by_owner=False)
            return {}
    raise errors.InvalidParameter("Action")


def _certificate(call: Call, path: str) -> HttpResponse:
    name = path.rpartition("/")[2].removeprefix("SimpleNotificationService-").removesuffix(".pem")
    found = messages.certificate(call.store, name)
    if found is None:
        return HttpResponse(404, {"content-type": "text/plain"}, b"There is no such certificate.\n")
    return HttpResponse(200, {"content-type": "application/x-pem-file", "cache-control": "max-age=86400"}, found)


def _done(call: Call, action: str, output: dict[str, Any]) -> HttpResponse:
    if action == "Unsubscribe":
        return _page("Subscription removed!", "Your subscription has been removed.")
    arn = output["SubscriptionArn"]
    link = f"{call.cloud.door_url('sns', call.region)}/unsubscribe.html?SubscriptionArn={arn}"
    return _page(
        "Subscription confirmed!",
        f"You have successfully subscribed. Your subscription's id is: {arn}",
        link=(link, "If it was not your intention to subscribe, click here to unsubscribe."),
    )


def _page(title: str, text: str, status: int = 200, link: tuple[str, str] | None = None) -> HttpResponse:
    more = f'<p><a href="{html.escape(link[0])}">{html.escape(link[1])}</a></p>' if link else ""
    body = (
        '<!doctype html><meta charset="utf-8"><title>Simple Notification Service</title>'
        "<style>body{font:16px system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>{more}\n"
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": _RULES,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    return HttpResponse(status, headers, body.encode("utf-8", "replace"))
