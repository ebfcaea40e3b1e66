"""Codes for one sign-in: a second factor by SMS or mail, or the first one in place of a password."""

from __future__ import annotations

import hmac
from typing import Any

from cloudarium.services.cognito_idp import codes, errors, guard, sending
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules.messages import AUTHENTICATION
from cloudarium.services.cognito_idp.signin import factors, finish
from cloudarium.services.cognito_idp.signin.visit import Visit, is_ghost

Data = dict[str, Any]
_WRONG = "Invalid code or auth state for the user."
_FIRST_DIGITS, _SECOND_DIGITS = 8, 6


async def ask(visit: Visit, user: User, kind: str, source: str, *, first: bool = False) -> Data:
    """Send a code and ask for it."""
    address = factors.ADDRESSES[kind]
    if is_ghost(user):
        session = visit.begin(user, kind, code="", source=source, first=first)
        return _asked(kind, session, codes.pretended(visit.pool, user.username), user)
    message = await sending.prepared(
        visit.call, visit.pool, user, AUTHENTICATION, (address, user.attributes[address]), visit.client.id
    )
    code = codes.fresh(_FIRST_DIGITS if first else _SECOND_DIGITS)
    with visit.call.transaction():
        codes.limit(visit.call, user, f"sent {kind}", often=True)
        session = visit.begin(user, kind, code=code, source=source, first=first)
        sending.leave(visit.call, message, code)
    await sending.go(visit.call, message, code)
    return _asked(kind, session, codes.details(address, user.attributes[address]), user)


def _asked(kind: str, session: str, sent: Data, user: User) -> Data:
    parameters = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": sent["DeliveryMedium"],
        "CODE_DELIVERY_DESTINATION": sent["Destination"],
        "USER_ID_FOR_SRP": user.username,
    }
    return finish.challenge(kind, session, parameters)


async def take(visit: Visit, kind: str, found: Data, user: User, token: str) -> Data:
    """The code of such a challenge: the next step, or the tokens."""
    code = visit.need(f"{kind}_CODE")
    if is_ghost(user):
        raise errors.CodeMismatch(_WRONG)
    guard.check_not_locked(visit.call, user)
    guard.failed(visit.call, user)  # counted before it is looked at, as a password
    if not hmac.compare_digest(found["code"].encode(), code.encode(errors="replace")):
        raise errors.CodeMismatch(_WRONG)
    guard.passed(visit.call, user)
    visit.end(token)
    if found["first"]:
        finish.check_may_enter(visit, user)
        return await finish.proceed(visit, user, proved=factors.ADDRESSES[kind])
    return await finish.admit(visit, user, found["source"])
