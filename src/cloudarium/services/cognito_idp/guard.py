"""Wrong passwords and codes: counted per user, and from the fifth on the user is locked out for a while."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors, people
from cloudarium.services.cognito_idp.records import sessions
from cloudarium.services.cognito_idp.records.sessions import Attempts
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import passwords

_KIND = "password"


def check_not_locked(call: Call, user: User) -> None:
    """Raise while the user is locked out; such an attempt does not count."""
    found = sessions.attempts(call.store, user.pool, user.key, _KIND)
    if call.now < passwords.locked_until(found.tries, found.latest):
        raise errors.NotAuthorized("Password attempts exceeded")


def failed(call: Call, user: User) -> None:
    """Count a wrong password or code, in a transaction of its own: the call itself fails."""
    with call.transaction():
        found = sessions.attempts(call.store, user.pool, user.key, _KIND)
        count = 1 if passwords.forgotten(found.latest, call.now) else found.tries + 1
        sessions.set_attempts(call.store, user.pool, user.key, _KIND, Attempts(count, call.now))


def passed(call: Call, user: User) -> None:
    """Forget the wrong ones."""
    with call.transaction():
        sessions.forget_attempts(call.store, user.pool, user.key, _KIND)


async def check_password(call: Call, user: User, password: str) -> None:
    """Raise unless it is the user's password and the user is not locked out."""
    check_not_locked(call, user)
    if user.status == "RESET_REQUIRED" and people.kept_verifier(user) is None:  # imported: there is nothing to guess
        raise errors.ResetRequired
    failed(call, user)  # counted before it is looked at: many guesses at the same time are many guesses
    if not await people.knows_password(user, password):
        raise errors.NotAuthorized.wrong_password()
    passed(call, user)
