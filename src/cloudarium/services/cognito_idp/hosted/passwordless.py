"""Signing in by a code that is sent, in place of the password, where the pool and its client allow it."""

from __future__ import annotations

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import errors, people
from cloudarium.services.cognito_idp.hosted.steps import form, name_of, visit_of
from cloudarium.services.cognito_idp.hosted.visitor import Visitor
from cloudarium.services.cognito_idp.hosted.wishes import Wish
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.signin import factors, finish, onetime, proofs
from cloudarium.services.cognito_idp.signin.visit import Visit, is_ghost
from cloudarium.shared.errors import AwsError

_SENT = "If there is such an account, a code was sent to its address."


async def send(visitor: Visitor, wish: Wish) -> HttpResponse:
    """Send a code and ask for it; whoever cannot have one is asked too, so that nobody learns who is there."""
    kinds = factors.first_codes(visitor.pool, wish.client)
    kind = visitor.form.get("answer") or (kinds[0] if len(kinds) == 1 else "")
    if kind not in kinds:
        raise errors.Invalid("The selected challenge is not available for the user.")
    visit = visit_of(visitor, wish)
    found = people.find(visit.call, visit.pool, name_of(visitor))
    user = found if found is not None and _may(visit, found, kind) else visit.ghost(name_of(visitor))
    await proofs.pre_authentication(visit, user)
    try:
        step = await onetime.ask(visit, user, kind, "Authentication", first=True)
    except errors.LimitExceeded:
        step = await onetime.ask(visit, visit.ghost(user.username), kind, "Authentication", first=True)
    hidden = {"session": step["Session"], "username": visitor.form["username"], "kind": kind}
    return form(visitor, wish, "/mfaCode", hidden=hidden, note=_SENT)


def _may(visit: Visit, user: User, kind: str) -> bool:
    if is_ghost(user) or kind not in factors.first_factors(visit.pool, user):
        return False
    try:
        finish.check_may_enter(visit, user)
    except AwsError:
        return False
    return True
