"""Without a request: event destinations are told, and mail that other rooms send lands in the mail box."""

from __future__ import annotations

import logging

from cloudarium.gateway.background import Event, delivery
from cloudarium.mail import publishing, sending
from cloudarium.mail.addresses import NoAddress
from cloudarium.mail.desk import Desk
from cloudarium.mail.message import BadMessage, Content
from cloudarium.services.ses import errors
from cloudarium.shared.errors import AwsError, NotBuilt

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
