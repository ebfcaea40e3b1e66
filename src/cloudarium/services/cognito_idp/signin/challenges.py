"""The answers to challenges."""

from __future__ import annotations

from typing import Any

from cloudarium.services.cognito_idp import errors, guard, people
from cloudarium.services.cognito_idp.lookup import check_secret
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes, passwords, totp
from cloudarium.services.cognito_idp.signin import custom, finish, proofs
from cloudarium.services.cognito_idp.signin.visit import Visit
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_ATTRIBUTE = "userAttributes."


async def respond(visit: Visit, name: str) -> Data:
    """Take the answer to a challenge: the next one, or the tokens."""
    if name == "PASSWORD_VERIFIER":
        user, then = await proofs.check_srp(visit)
        if then == "custom":
            before = [{"challengeName": "SRP_A", "challengeResult": True, "challengeMetadata": None}]
            before.append({"challengeName": "PASSWORD_VERIFIER", "challengeResult": True, "challengeMetadata": None})
            return await custom.next_step(visit, user, before)
        return await finish.proceed(visit, user)
    answer = _ANSWERS.get(name)
    if answer is None:
        raise NotBuilt(f"cognito-idp challenge {name}")
    return await answer(visit)


def _named(visit: Visit, user: User) -> None:
    """Raise unless the answer names the session's user and proves the client's secret."""
    name = visit.need("USERNAME")
    check_secret(visit.client, name, visit.given.get("SECRET_HASH"))
    found = people.find(visit.call, visit.pool, name)
    if found is None or found.key != user.key:
        raise errors.NotAuthorized.session()


async def _new_password(visit: Visit) -> Data:
    token = visit.call.input.get("Session")
    _, user = visit.session(token, "NEW_PASSWORD_REQUIRED")
    _named(visit, user)
    password = visit.need("NEW_PASSWORD")
    passwords.check(visit.pool.data["Policies"]["PasswordPolicy"], password)
    given = {name.removeprefix(_ATTRIBUTE): value for name, value in visit.given.items() if name.startswith(_ATTRIBUTE)}
    attributes.check(visit.pool.data, given)
    attributes.check_writable(visit.client.data, given)
    full = {**user.attributes, **given}
    attributes.check_required(visit.pool.data, full)
    visit.end(str(token))
    verifier = await people.verifier_of(visit.pool, user.username, password)
    with visit.call.transaction():
        current = people.again(visit.call, user)
        changed = current._replace(status="CONFIRMED").with_data(attributes=full, password=verifier, until=None)
        saved = people.save(visit.call, visit.pool, changed)
    return await finish.proceed(visit, saved, "NewPasswordChallenge")


async def _software_token(visit: Visit) -> Data:
    token = visit.call.input.get("Session")
    found, user = visit.session(token, "SOFTWARE_TOKEN_MFA")
    _named(visit, user)
    guard.check_not_locked(visit.call, user)
    code = visit.need("SOFTWARE_TOKEN_MFA_CODE")
    step = totp.matched_step(user.data["totp"], code, visit.call.now, user.data.get("totp_used", 0))
    if step is None:
        guard.failed(visit.call, user)
        raise errors.CodeMismatch("Invalid code received for user")
    visit.end(str(token))
    with visit.call.transaction():
        saved = people.save(visit.call, visit.pool, people.again(visit.call, user).with_data(totp_used=step))
    return await finish.admit(visit, saved, found.get("source", "Authentication"))


async def _mfa_setup(visit: Visit) -> Data:
    token = visit.call.input.get("Session")
    found, user = visit.session(token, "MFA_SET_UP")
    _named(visit, user)
    visit.end(str(token))
    return await finish.admit(visit, user, found.get("source", "Authentication"))


async def _select(visit: Visit) -> Data:
    token = visit.call.input.get("Session")
    _, user = visit.session(token, "SELECT_CHALLENGE")
    _named(visit, user)
    answer = visit.need("ANSWER")
    if answer not in ("PASSWORD", "PASSWORD_SRP"):
        raise NotBuilt(f"cognito-idp first factor {answer}")
    if answer == "PASSWORD":
        done = await proofs.by_password(visit)
    else:
        done = await proofs.begin_srp(visit)
    visit.end(str(token))
    return done


_ANSWERS = {
    "NEW_PASSWORD_REQUIRED": _new_password,
    "SOFTWARE_TOKEN_MFA": _software_token,
    "MFA_SETUP": _mfa_setup,
    "SELECT_CHALLENGE": _select,
    "CUSTOM_CHALLENGE": custom.answered,
}
