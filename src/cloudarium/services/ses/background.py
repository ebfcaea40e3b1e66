"""Without a request: event destinations are told, and mail that other rooms send lands in the mail box."""

from __future__ import annotations

import asyncio
import logging

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.mail import events, publishing, records, relay, sending
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
    desk = Desk.of(event, errors.CODES)
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


_PATIENCE = 840 * 60.0  # seconds for which SES tries to deliver: "up to 14 hours"


@delivery("Relay")
async def relay_mail(event: Event) -> Retry | None:
    """Hand a message to the configured mail server; with growing pauses while it does not take it."""
    address, sent = event.cloud.settings.get(relay.SETTING), records.mail(event.store, event.payload["mail"])
    if not address or sent is None:  # the setting was taken away, or the mail box was emptied
        return None
    recipients = [each for each in event.payload["recipients"] if not _received_here(event, each)]
    source = "" if sent.data["Operation"] in sending.REPORTS else sent.data["ReturnPath"]
    raw = event.store.blobs.whole(sent.raw)
    server = relay.read(address)
    try:
        found = await asyncio.to_thread(server.hand_over, source, recipients, raw) if recipients else None
    except relay.Later as error:
        found = relay.Outcome({}, dict.fromkeys(recipients, str(error)))
    if found is None:
        return None
    refused, later = found
    if later and event.now - event.payload["at"] > _PATIENCE:
        refused, later = {**refused, **{each: f"4.4.7 Message expired: {said}" for each, said in later.items()}}, {}
    with event.transaction():
        if refused:
            sending.bounce(Desk.of(event, errors.CODES), sent, raw, refused)
        if later:
            pause = min(15 * 2.0 ** event.payload.get("tried", 0), 3600.0)
            again = {**event.payload, "recipients": list(later), "tried": event.payload.get("tried", 0) + 1}
            event.later("Relay", again, due=event.now + pause)
    if later:
        log.info("ses: the mail server %s does not take a message now: %s", server, next(iter(later.values())))
    return None


def _received_here(event: Event, recipient: str) -> bool:
    place = receipts.receiver(event.store, recipient, event.scope)
    return place is not None and bool(receipts.matching(event.store, place, [recipient]))
