"""Mail that arrives: what SES itself sends comes back in where receipt rules receive for the recipient's domain."""

from __future__ import annotations

from cloudarium.mail import records
from cloudarium.mail.desk import Desk
from cloudarium.mail.records import Mail
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

ACTIVE = "receipt-active"  # the kind under which an account's active rule set is kept


def places(store: Store) -> list[Scope]:
    """The accounts and regions that receive mail."""
    known = store.known("mail")
    if ACTIVE not in known:
        known[ACTIVE] = [scope for scope, _, _ in records.everywhere(store, ACTIVE)]
    found: list[Scope] = known[ACTIVE]
    return found


def pass_on(desk: Desk, mail: Mail, reached: tuple[str, ...], signed: bool) -> None:
    """Leave a sent message for those of its recipients that may be received for; part of the present transaction."""
    if not reached or not places(desk.store):
        return
    payload = {"mail": mail.message_id, "recipients": list(reached), "signed": signed}
    desk.store.outbox.put("ses", "Arrival", mail.scope, payload, desk.now, None, desk.trace)
