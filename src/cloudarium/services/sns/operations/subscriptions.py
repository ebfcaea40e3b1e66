"""Subscriptions: subscribe, confirm, unsubscribe, list, attributes."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy.principal import Principal
from cloudarium.services.sns import errors, resources, subscribing
from cloudarium.services.sns.operations.topics import page_key, page_token
from cloudarium.services.sns.records import subscriptions, topics
from cloudarium.services.sns.records.subscriptions import Subscription
from cloudarium.services.sns.records.topics import Topic
from cloudarium.services.sns.rules import filters
from cloudarium.services.sns.rules import subscriptions as rules
from cloudarium.shared import ids
from cloudarium.shared.errors import AccessDenied

_PAGE = 100


@operation("Subscribe", on=resources.topic)
def subscribe(call: Call) -> dict[str, Any]:
    """Subscribe an endpoint to a topic; subscribing it again answers the first subscription."""
    given = call.input
    scope, name = resources.topic_place(call, given["TopicArn"])
    protocol, endpoint = given["Protocol"], given.get("Endpoint") or ""
    fifo = name.endswith(".fifo")
    rules.check_endpoint(protocol, endpoint, fifo)
    attributes = rules.new_attributes(given.get("Attributes") or {}, fifo, endpoint)
    topic = topics.find(call.store, scope, name)
    if topic is None:
        raise errors.NotFound.topic()
    owner = call.principal.account
    found = subscriptions.same(call.store, topic.arn, protocol, endpoint, owner)
    if found is not None:
        if rules.differs(attributes, found.attributes):
            raise errors.InvalidParameter("Attributes Reason: Subscription already exists with different attributes")
        if not found.confirmed:
            subscribing.ask(call, found)
    else:
        found = _new(call, topic, protocol, endpoint, attributes)
    shown = found.confirmed or given.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": found.arn if shown else "pending confirmation"}


def _new(call: Call, topic: Topic, protocol: str, endpoint: str, attributes: dict[str, str]) -> Subscription:
    _check_filters(call, topic.arn, attributes)
    owner = call.principal.account
    # Whose queue or function it is needs no proof that he wants it; what others own has to confirm.
    at_once = protocol in rules.CONFIRMED_AT_ONCE and rules.account_of(endpoint) in ("", owner)
    data: dict[str, Any] = {"Attributes": attributes, "Principal": call.principal.arn, "Authenticated": at_once}
    arn = f"{topic.arn}:{ids.uuid()}"
    found = Subscription(0, arn, topic.arn, owner, call.region, protocol, endpoint, at_once, None, data)
    subscriptions.add(call.store, found)
    if not at_once:
        subscribing.ask(call, found)
    return found


def _check_filters(call: Call, topic: str, attributes: dict[str, str]) -> None:
    if "FilterPolicy" not in attributes:
        return
    others = subscriptions.of_topic(call.store, topic)
    if sum("FilterPolicy" in each.attributes for each in others) >= filters.MOST_PER_TOPIC:
        raise errors.FilterPolicyLimitExceeded


@operation("ConfirmSubscription", on=resources.topic)
def confirm_subscription(call: Call) -> dict[str, Any]:
    """Confirm a subscription by the token that its endpoint was sent."""
    given = call.input
    guarded = (given.get("AuthenticateOnUnsubscribe") or "").lower() == "true"
    arn = subscribing.confirm(call, given["TopicArn"], given["Token"], authenticated=True, guarded=guarded)
    return {"SubscriptionArn": arn}


@operation("Unsubscribe", on=resources.subscription)
def unsubscribe(call: Call) -> dict[str, Any]:
    """Delete a subscription; one that is not there is no error."""
    found = subscriptions.find(call.store, resources.subscription_arn(call, call.input["SubscriptionArn"]))
    if found is None:
        return {}
    if found.data.get("Guarded"):
        _check_owner(call, found)
    subscribing.unsubscribe(call, found, by_owner=_owns(call.principal, found))
    return {}


def _owns(principal: Principal, found: Subscription) -> bool:
    return principal.account in (found.owner, found.topic.split(":")[4])


def _check_owner(call: Call, found: Subscription) -> None:
    if not _owns(call.principal, found):
        raise AccessDenied(
            f"User: {call.principal.arn} is not authorized to perform: SNS:{call.operation_name} on resource:"
            f" {found.arn}"
        )


def _named(call: Call) -> Subscription:
    found = subscriptions.find(call.store, resources.subscription_arn(call, call.input["SubscriptionArn"]))
    if found is None:
        raise errors.NotFound.subscription()
    _check_owner(call, found)
    return found


# ---- Lists -----------------------------------------------------------------------------------------------------------


def _shown(found: list[Subscription]) -> dict[str, Any]:
    shown = [
        {
            "SubscriptionArn": each.arn if each.confirmed else "PendingConfirmation",
            "Owner": each.owner,
            "Protocol": each.protocol,
            "Endpoint": rules.masked(each.endpoint),
            "TopicArn": each.topic,
        }
        for each in found[:_PAGE]
    ]
    more = {"NextToken": page_token(found[_PAGE - 1].place)} if len(found) > _PAGE else {}
    return {"Subscriptions": shown, **more}


@operation("ListSubscriptions")
def list_subscriptions(call: Call) -> dict[str, Any]:
    """The subscriptions that the account made in the region, a hundred at a time."""
    after = page_key(call, int, 0)
    return _shown(subscriptions.page_of_owner(call.store, call.account, call.region, after, _PAGE + 1))


@operation("ListSubscriptionsByTopic", on=resources.topic)
def list_subscriptions_by_topic(call: Call) -> dict[str, Any]:
    """The subscriptions of a topic, a hundred at a time."""
    topic = resources.topic_of(call, call.input["TopicArn"])
    return _shown(subscriptions.page_of_topic(call.store, topic.arn, page_key(call, int, 0), _PAGE + 1))


# ---- Attributes ------------------------------------------------------------------------------------------------------


@operation("GetSubscriptionAttributes", on=resources.subscription)
def get_subscription_attributes(call: Call) -> dict[str, Any]:
    """The attributes of a subscription."""
    found = _named(call)
    topic = topics.by_arn(call.store, found.topic)
    own = {
        "SubscriptionArn": found.arn,
        "TopicArn": found.topic,
        "Owner": found.owner,
        "Protocol": found.protocol,
        "Endpoint": rules.masked(found.endpoint),
        "PendingConfirmation": str(not found.confirmed).lower(),
        "ConfirmationWasAuthenticated": str(bool(found.data.get("Authenticated"))).lower(),
        "SubscriptionPrincipal": found.data["Principal"],
    }
    attributes = topic.attributes if topic is not None else {}
    return {"Attributes": {**own, **rules.shown(found.attributes, found.protocol, attributes)}}


@operation("SetSubscriptionAttributes", on=resources.subscription)
def set_subscription_attributes(call: Call) -> dict[str, Any]:
    """Set one attribute of a subscription; an empty value takes it back."""
    found = _named(call)
    name, kept = call.input["AttributeName"], dict(found.attributes)
    rules.change(kept, name, call.input.get("AttributeValue"), found.topic.endswith(".fifo"), found.endpoint)
    if name == "FilterPolicy" and "FilterPolicy" not in found.attributes:
        _check_filters(call, found.topic, kept)
    subscriptions.put(call.store, found._replace(data={**found.data, "Attributes": kept}))
    return {}
