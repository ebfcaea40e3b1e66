"""How subscriptions come, are confirmed and go: by calls, and by the links that their endpoints were sent."""

from __future__ import annotations

import re
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.sns import errors
from cloudarium.services.sns.delivery.publication import Publication, leave, scope_of_topic
from cloudarium.services.sns.records import messages, subscriptions, topics
from cloudarium.services.sns.records.subscriptions import Subscription
from cloudarium.services.sns.rules.subscriptions import TOKEN_LIFE
from cloudarium.shared import arn as arns
from cloudarium.shared import ids

_TOKEN = re.compile(r"[0-9a-f]{1,1000}")
_CONFIRM = (
    "You have chosen to subscribe to the topic {topic}.\n"
    "To confirm the subscription, visit the SubscribeURL included in this message."
)
_GONE = (
    "You have chosen to deactivate subscription {subscription}.\n"
    "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
)


def ask(call: Call, found: Subscription) -> None:
    """Send the endpoint a new token by which it can confirm; after two days without, the subscription goes."""
    token = ids.hex(288)
    waiting = found._replace(token=token, data={**found.data, "Expires": call.now + TOKEN_LIFE})
    subscriptions.put(call.store, waiting)
    text = _CONFIRM.format(topic=found.topic)
    leave(call, waiting, Publication.notice("SubscriptionConfirmation", found.topic, text, token, call.now))
    due, scope = call.now + TOKEN_LIFE, scope_of_topic(found.topic)
    call.store.outbox.put("sns", "Unconfirmed", scope, {"Subscription": found.arn}, due, found.arn)


def confirm(call: Call, topic: str, token: str, *, authenticated: bool, guarded: bool) -> str:
    """Confirm the subscription that a token is for; its ARN. Raises InvalidParameter.

    `guarded`: from then on only its owner, who signs, can unsubscribe it.
    """
    if not _TOKEN.fullmatch(token):
        raise errors.InvalidParameter("Invalid token", bare=True)
    found = subscriptions.by_token(call.store, token) or _restored(call, token)
    if found is None or found.data.get("Expires", call.now) < call.now:
        raise errors.InvalidParameter("Token")
    place = arns.parse(topic)
    # AWS looks no further: the token says which subscription it is for, whatever topic of the region is named.
    if place is None or place.service != "sns" or place.region != found.region:
        raise errors.InvalidParameter("Topic")
    if not found.confirmed:
        data = {**found.data, "Authenticated": authenticated, "Guarded": guarded and authenticated}
        subscriptions.put(call.store, found._replace(confirmed=True, data=data))
        call.store.outbox.cancel("sns", "Unconfirmed", scope_of_topic(found.topic), found.arn)
    return found.arn


def _restored(call: Call, token: str) -> Subscription | None:
    """A subscription that went and whose endpoint wants it back."""
    kept = messages.named(call.store, messages.REMOVED, token)
    if kept is None or kept["Expires"] < call.now:
        return None
    found = Subscription(*kept["Subscription"])
    if topics.by_arn(call.store, found.topic) is None:
        return None
    messages.drop(call.store, scope_of_topic(found.topic), messages.REMOVED, token)
    if subscriptions.find(call.store, found.arn) is None:
        subscriptions.add(call.store, found)
    return subscriptions.find(call.store, found.arn)


def unsubscribe(call: Call, found: Subscription, *, by_owner: bool) -> None:
    """Delete a subscription; unless its owner did it, the endpoint is told, and can take it back."""
    forget(call, found)
    topic, scope = topics.by_arn(call.store, found.topic), scope_of_topic(found.topic)
    if topic is not None:
        topics.put(call.store, topic._replace(deleted=topic.deleted + 1))
    if by_owner or not found.confirmed or found.protocol in ("sms", "sqs", "lambda"):
        return
    token = ids.hex(288)
    expires = call.now + TOKEN_LIFE
    data = {**found.data, "Expires": expires}
    kept: dict[str, Any] = {"Subscription": list(found._replace(token=token, data=data)), "Expires": expires}
    messages.drop_expired(call.store, scope, messages.REMOVED, call.now)
    messages.put(call.store, scope, messages.REMOVED, token, kept)
    text = _GONE.format(subscription=found.arn)
    leave(call, found, Publication.notice("UnsubscribeConfirmation", found.topic, text, token, call.now), gone=True)


def forget(call: Call, found: Subscription) -> None:
    """Delete a subscription, and what it has still to get in order."""
    subscriptions.remove(call.store, found.arn)
    topics.drop_all_ordered(call.store, found.arn)
    call.store.outbox.cancel("sns", "Unconfirmed", scope_of_topic(found.topic), found.arn)
