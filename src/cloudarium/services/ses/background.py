"""Without a request: event destinations are told, and mail that other rooms send lands in the mail box."""

from __future__ import annotations

import logging

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.mail import events, publishing, records, sending
from cloudarium.mail.addresses import NoAddress
from cloudarium.mail.desk import Desk
from cloudarium.mail.message import BadMessage, Content
from cloudarium.services.ses import actions, errors, receipts, receiving
from cloudarium.services.ses.setup import Caller
from cloudarium.shared.errors import AwsError, NotBuilt
from cloudarium.shared.scope import Scope

log = logging.getLogger("cloudarium")


@delivery("MailEvent")
async def mail_event(event: Event) -> None:
    """Tell the first of the events to their destination, and leave the others for after it.

    What the other side refuses for good is dropped, as on AWS.
    """
    first, *others = event.payload["events"]
    try:
        await publishing.publish(event.send, event.scope, event.payload, first)
    except AwsError as error:
        if not isinstance(error, NotBuilt) and ((error.status or 400) >= 500 or error.status == 429):
            raise
        log.info("ses: an event destination of %s was not told: %s", event.payload["set"], error.code)
    if others:
        with event.transaction():
            event.later("MailEvent", {**event.payload, "events": others})


@delivery("Mail")
async def mail(event: Event) -> None:
    """Put {source, to, subject, text, html} into the mail box; it is the cloud's own mail, so no identity is asked."""
    given = event.payload
    desk = Desk(event.store, event.scope, event.now, errors.CODES, event.cloud.endpoint)
    content = Content(given["subject"], given.get("text"), given.get("html"))
    try:
        with event.transaction():
            sending.post(desk, given["source"], given["to"], content, "mail of a service")
    except (NoAddress, BadMessage):  # it will not become better by trying again
        log.exception("a mail of a service could not be written")


@delivery("Notice")
async def notice(event: Event) -> None:
    """Tell a topic what happened to a message of its identity; what it refuses for good is dropped, as on AWS."""
    given = event.payload
    try:
        await Caller(event, given["identity"]).publish(given["topic"], _NOTICE, given["message"])
    except AwsError as error:
        if not isinstance(error, NotBuilt) and ((error.status or 400) >= 500 or error.status == 429):
            raise
        log.info("ses: the topic %s of an identity was not told: %s", given["topic"], error.code)


_NOTICE = "Amazon SES Email Event Notification"
_LONGEST_TRY = 4 * 3600.0  # seconds after which an action that keeps failing is left out


@delivery("Arrival")
async def arrival(event: Event) -> None:
    """Take a message that SES itself has sent in for those recipients for whom an account receives mail."""
    sent = records.mail(event.store, event.payload["mail"])
    if sent is None:
        return
    places: dict[Scope, list[str]] = {}
    for each in event.payload["recipients"]:
        place = receipts.receiver(event.store, each, event.scope)
        if place is not None and receipts.matching(event.store, place, [each]):
            places.setdefault(place, []).append(each)
    if not places:
        return
    raw = event.store.blobs.whole(sent.raw)
    dkim = "PASS" if event.payload["signed"] else "GRAY"
    with event.transaction():
        for place, recipients in places.items():
            source = sent.data["ReturnPath"]
            how = receiving.Arrival(source, recipients, events.OUTGOING, events.REPORTER, "PASS", dkim)
            receiving.take(event.store, place, event.now, event.trace, how, raw)


@delivery("Receipt")
async def receipt(event: Event) -> Retry | None:
    """Do one action of the receipt rules with an arrived mail, and leave the next one."""
    try:
        ended = await actions.do(event)
    except AwsError as error:
        if not isinstance(error, NotBuilt) and event.now - event.payload["at"] < _LONGEST_TRY:
            return Retry(event.now + min(2.0**event.attempts, 300.0))
        log.warning("ses: an action of the receipt rule %s is given up: %s", event.payload["steps"][0]["rule"], error)
        ended = actions.GOES_ON
    left = actions.left(event.payload, ended)
    if left is not None:
        with event.transaction():
            event.later("Receipt", left)
    return None
