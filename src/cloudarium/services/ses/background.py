"""Mail that other rooms send: a code, a link, a notice. It lands in the mail box like all mail."""

from __future__ import annotations

import logging

from cloudarium.gateway.background import Event, delivery
from cloudarium.mail import sending
from cloudarium.mail.addresses import NoAddress
from cloudarium.mail.desk import Desk
from cloudarium.mail.message import BadMessage, Content
from cloudarium.services.ses import errors

log = logging.getLogger("cloudarium")


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
