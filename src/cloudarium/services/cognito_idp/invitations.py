"""Invitations: what a user is told who did not sign up, by which ways, and with which password."""

from __future__ import annotations

from collections.abc import Sequence

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import sending, triggers
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import User

Media = list[tuple[str, str]]


def media(pool: Pool, user: User, asked: Sequence[str]) -> Media:
    """(kind, value) of where an invitation goes. Raises for what cannot be sent; asked before anything is kept.

    SMS is the default as on AWS; a pool that cannot send any, or a user without a telephone, has the mail instead.
    """
    phone, email = user.attributes.get("phone_number"), user.attributes.get("email")
    found = [("phone_number", phone)] if phone and ("SMS" in asked or (not asked and calls(pool))) else []
    if email and ("EMAIL" in asked or (not asked and not found)):
        found.append(("email", email))
    for kind, _ in found:
        sending.check(pool, kind)
    return [(kind, value) for kind, value in found if value]


def calls(pool: Pool) -> bool:
    """Whether a pool sends to telephones at all."""
    return bool(pool.data.get("SmsConfiguration") or triggers.has(pool, "CustomSMSSender"))


async def send(call: Call, pool: Pool, user: User, password: str, to: Media) -> None:
    """Send an invitation with a password."""
    for address in to:
        message = await sending.prepared(call, pool, user, "CustomMessage_AdminCreateUser", address)
        with call.transaction():
            sending.leave(call, message, password)
        await sending.go(call, message, password)
