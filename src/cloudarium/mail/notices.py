"""Notices of an identity: what happened to its mail, told to the topics that it names, in AWS's JSON.

Source: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from __future__ import annotations

from cloudarium.mail import events, identities, records
from cloudarium.mail.desk import Data, Desk
from cloudarium.mail.events import KINDS, Happening
from cloudarium.mail.records import Mail
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope

_KINDS = frozenset({"BOUNCE", "COMPLAINT", "DELIVERY"})
_HEADERS = ("headersTruncated", "headers", "commonHeaders")


def tell(desk: Desk, mail: Mail, raw: bytes, happenings: list[Happening]) -> None:
    """Leave what happened to a message for the topics of its sender's identity; part of the present transaction."""
    arn = mail.data["SourceArn"]
    place = arns.parse(arn)
    name = place.resource.removeprefix("identity/") if place is not None else ""
    scope = Scope(place.account, place.region) if place is not None else desk.scope
    data = records.get(desk.store, scope, identities.KIND, identities.normal(name))
    topics = (data or {}).get("Topics")
    if not data or not topics:
        return
    for each in happenings:
        topic = topics.get(KINDS[each.kind].word) if each.kind in _KINDS else None
        if topic:
            headers = data.get("TopicHeaders", {}).get(KINDS[each.kind].word, False)
            payload = {"topic": topic, "identity": arn, "message": _told(desk, mail, raw, each, headers)}
            desk.store.outbox.put("ses", "Notice", scope, payload, desk.now, None, desk.trace)


def _told(desk: Desk, mail: Mail, raw: bytes, happening: Happening, headers: bool) -> Data:
    kind = KINDS[happening.kind]
    whole = events.mail_object(mail, raw)
    shown = {name: value for name, value in whole.items() if name != "tags" and (headers or name not in _HEADERS)}
    shown |= {"sourceIp": desk.peer, "callerIdentity": desk.caller}
    return {"notificationType": kind.word, kind.member: happening.detail, "mail": shown}
