"""What SNS does by itself: it delivers, tries again, gives up, says what became of it, forgets the unconfirmed."""

from __future__ import annotations

import logging

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.services.sns import subscribing
from cloudarium.services.sns.delivery import reports
from cloudarium.services.sns.delivery.endpoints import Outcome, Way, deliver, send_to_queue
from cloudarium.services.sns.delivery.publication import NOTIFICATION, Publication
from cloudarium.services.sns.measuring import counted
from cloudarium.services.sns.records import subscriptions, topics
from cloudarium.services.sns.records.subscriptions import Subscription
from cloudarium.services.sns.rules import http_policies
from cloudarium.services.sns.rules.subscriptions import dead_letter_target
from cloudarium.shared.errors import AwsError

log = logging.getLogger("cloudarium")
_THROTTLES = "sns throttles"
_MOST_THROTTLES = 10_000


@delivery("DeliverByHttp")
@delivery("Deliver")
async def deliver_one(event: Event) -> Retry | None:
    """Take a publication to its endpoint; what fails comes back as the endpoint's delivery policy says."""
    gone = event.payload.get("Gone")
    target = Subscription(*gone) if gone else subscriptions.find(event.store, event.payload["Subscription"])
    topic = topics.by_arn(event.store, target.topic) if target is not None else None
    if target is None or topic is None:
        return None
    way = Way(event, topic, target, Publication(**event.payload["Publication"]))
    tries = event.payload.get("Tries", 0) + event.attempts
    slot = _slot(way)
    if slot is not None:
        with event.transaction():
            event.later(event.kind, {**event.payload, "Tries": tries, "Slot": True}, due=slot)
        return None
    outcome = await deliver(way)
    pause = _pause(way, tries) if outcome.again else None
    if pause is not None:
        return Retry(event.cloud.clock.now() + pause)
    await _finish(way, outcome, tries + 1)
    return None


@delivery("DeliverInOrder")
async def deliver_in_order(event: Event) -> Retry | None:
    """Take what a subscription of a FIFO topic has still to get to it, one after the other."""
    while True:
        target = subscriptions.find(event.store, event.payload["Subscription"])
        topic = topics.by_arn(event.store, target.topic) if target is not None else None
        head = topics.first_ordered(event.store, event.payload["Subscription"])
        if target is None or topic is None or head is None:
            return None
        now = event.cloud.clock.now()
        publication = Publication(**head.message)
        if publication.due > now:
            return Retry(publication.due)
        way = Way(event, topic, target, publication)
        outcome = await deliver(way)
        pause = _pause(way, publication.attempts) if outcome.again else None
        if pause is not None:
            due = event.cloud.clock.now() + pause
            waiting = {**head.message, "attempts": publication.attempts + 1, "due": due}
            with event.transaction():
                topics.change_ordered(event.store, head._replace(message=waiting))
            continue
        await _finish(way, outcome, publication.attempts + 1)
        with event.transaction():
            topics.drop_ordered(event.store, head.place)


def _pause(way: Way, tries: int) -> float | None:
    """How long to wait after so many tries; None when there is no other."""
    if way.target.protocol not in ("http", "https"):
        return http_policies.service_pause(tries)
    own, general = way.target.attributes.get("DeliveryPolicy"), way.topic.attributes.get("DeliveryPolicy")
    pauses = http_policies.pauses(http_policies.effective(own, general)["healthyRetryPolicy"])
    return pauses[tries] if tries < len(pauses) else None


def _slot(way: Way) -> float | None:
    """When a web server that wants only so many messages a second takes this one; None: now."""
    if way.target.protocol not in ("http", "https") or way.publication.type != NOTIFICATION:
        return None
    if way.event.payload.get("Slot") or way.event.attempts:
        return None
    own, general = way.target.attributes.get("DeliveryPolicy"), way.topic.attributes.get("DeliveryPolicy")
    rate = (http_policies.effective(own, general)["throttlePolicy"] or {}).get("maxReceivesPerSecond")
    if not rate:
        return None
    taken: dict[str, float] = way.event.cloud.keep.setdefault(_THROTTLES, {})
    if len(taken) > _MOST_THROTTLES:
        taken.clear()
    now = way.event.cloud.clock.now()
    slot = max(now, taken.get(way.target.arn, 0.0))
    taken[way.target.arn] = slot + 1.0 / rate
    return slot if slot > now else None


async def _finish(way: Way, outcome: Outcome, tries: int) -> None:
    """What was not delivered goes to the subscription's dead-letter queue; the topic's log is told either way."""
    policy, notified = way.target.attributes.get("RedrivePolicy"), way.publication.type == NOTIFICATION
    if notified:
        counted(way.event, way.topic, f"NumberOfNotifications{'Delivered' if outcome.delivered else 'Failed'}")
    if not outcome.delivered and policy and notified:
        queue = dead_letter_target(policy, way.topic.fifo, way.target.endpoint)
        try:
            await send_to_queue(way, queue)
            counted(way.event, way.topic, "NumberOfNotificationsRedrivenToDlq")
        except AwsError as error:
            counted(way.event, way.topic, "NumberOfNotificationsFailedToRedriveToDlq")
            log.warning("the dead-letter queue of %s was not reached: %s", way.target.arn, error.message)
    elif not outcome.delivered:
        log.info("%s got no message of %s: %s", way.target.endpoint, way.topic.arn, outcome.response)
    reports.leave(way, outcome, tries)


@delivery("DeliveryStatus")
async def write_status(event: Event) -> None:
    """Write what became of a delivery into the log that the topic's role may write."""
    await reports.write(event)


@delivery("Unconfirmed")
async def forget_unconfirmed(event: Event) -> None:
    """Delete a subscription that was not confirmed in time."""
    with event.transaction():
        found = subscriptions.find(event.store, event.payload["Subscription"])
        if found is not None and not found.confirmed and found.data.get("Expires", 0.0) <= event.now:
            subscribing.forget(event, found)
