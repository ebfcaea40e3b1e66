"""Codes that prove an address or replace a password: made, sent, checked, and limited on the clock."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors, sending
from cloudarium.services.cognito_idp.records import sessions
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.sessions import Attempts, Code
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes
from cloudarium.shared import ids

Data = dict[str, Any]
_HOUR = 3600.0
_LIVES = {"ForgotPassword": _HOUR}
_LIFE = 24 * _HOUR
_MOST_OFTEN = 20
_MOST = 5  # codes asked for, and wrong ones given, in an hour; AWS says 5 to 20 by its judgement of the risk


def limit(call: Call, user: User, kind: str, *, often: bool = False) -> None:
    """Count an attempt of a kind. Raises when there were too many within the hour; `often` allows more."""
    found = sessions.attempts(call.store, user.pool, user.key, kind)
    if call.now - found.latest >= _HOUR:
        found = Attempts(0, call.now)
    if found.tries >= (_MOST_OFTEN if often else _MOST):
        raise errors.LimitExceeded
    sessions.set_attempts(call.store, user.pool, user.key, kind, found._replace(tries=found.tries + 1))


async def send(
    call: Call, pool: Pool, user: User, purpose: str, source: str, address: tuple[str, str], client: str = ""
) -> Data:
    """Make a code for a purpose and send it to an address (its kind and value); CodeDeliveryDetails."""
    message = await sending.prepared(call, pool, user, source, address, client)
    with call.transaction():
        limit(call, user, f"sent {purpose}")
        code = fresh(6)
        sessions.put_code(call.store, pool.id, user.key, purpose, Code(code, call.now + _LIVES.get(purpose, _LIFE)))
        sending.leave(call, message, code)
    await sending.go(call, message, code)
    return details(*address)


def fresh(digits: int) -> str:
    """A new code."""
    return f"{ids.integer(0, 10**digits - 1):0{digits}d}"


def details(kind: str, value: str) -> Data:
    """Where a code went to, masked."""
    medium = "EMAIL" if kind == "email" else "SMS"
    return {"Destination": attributes.masked(kind, value), "DeliveryMedium": medium, "AttributeName": kind}


def pretended(pool: Pool, name: str) -> Data:
    """Where a code would go to if there were such a user: the same each time for a name.

    Source: the developer guide, "Managing user existence error responses": the name and what the pool verifies decide.
    """
    letters = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    verified = pool.data.get("AutoVerifiedAttributes", ())
    if (name[:1] == "+" and name[1:].isdecimal()) or ("phone_number" in verified and "email" not in verified):
        number = f"+*******{int(letters[:8], 16) % 10_000:04d}"
        return {"Destination": number, "DeliveryMedium": "SMS", "AttributeName": "phone_number"}
    return {"Destination": f"{letters[0]}***@{letters[1]}***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}


def check(call: Call, user: User, purpose: str, code: str) -> None:
    """Raise unless it is the code that was sent for the purpose and still holds; the attempt is counted for good."""
    found = sessions.find_code(call.store, user.pool, user.key, purpose)
    if found is None:  # there is nothing to guess
        raise errors.ExpiredCode
    with call.transaction():
        limit(call, user, f"tried {purpose}")
    if found.expires <= call.now:
        raise errors.ExpiredCode
    if not hmac.compare_digest(found.code.encode(), code.encode(errors="replace")):
        raise errors.CodeMismatch


def used(call: Call, user: User, purpose: str) -> None:
    """Forget a code that was right, and the attempts before it."""
    sessions.drop_code(call.store, user.pool, user.key, purpose)
    sessions.forget_attempts(call.store, user.pool, user.key, f"tried {purpose}")
