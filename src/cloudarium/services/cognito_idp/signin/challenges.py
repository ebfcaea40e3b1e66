"""The answers to challenges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from cloudarium.services.cognito_idp import errors, guard, people
from cloudarium.services.cognito_idp.lookup import check_secret
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes, passwords, totp
from cloudarium.services.cognito_idp.signin import custom, factors, finish, onetime, proofs
from cloudarium.services.cognito_idp.signin.visit import Visit, is_ghost
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_ATTRIBUTE = "userAttributes."
Answer = Callable[[Visit], Awaitable[Data]]


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
    if is_ghost(user):
        known = name == user.username
    else:
        found = people.find(visit.call, visit.pool, name)
        known = found is not None and found.key == user.key
    if not known:
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
    for one in visit.pool.data["SchemaAttributes"]:
        if one.get("Required") and one["Name"] in given and user.attributes.get(one["Name"]):
            raise errors.Invalid(f"Cannot modify an already provided {one['Name']}")
    full = {**user.attributes, **given}
    attributes.check_required(visit.pool.data, full)
    await people.check_history(visit.pool, user, password)
    visit.end(str(token))
    verifier = await people.verifier_of(visit.pool, user.username, password)
    with visit.call.transaction():
        current = people.with_password(visit.pool, people.again(visit.call, user), verifier, None)
        changed = current._replace(status="CONFIRMED").with_data(attributes=full)
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
        if totp.matched_step(user.data["totp"], code, visit.call.now, 0) is not None:
            raise errors.ExpiredCode("Your software token has already been used once.")
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
    answer = visit.need("ANSWER")
    token = visit.call.input.get("Session")
    found, user = visit.session(token, "SELECT_CHALLENGE")
    _named(visit, user)
    if answer == "WEB_AUTHN":
        raise NotBuilt(f"cognito-idp first factor {answer}")
    if answer not in found["choice"]:
        raise errors.Invalid("The selected challenge is not available for the user.")
    return await _chosen(visit, answer, user, str(token))


async def _chosen(visit: Visit, answer: str, user: User, token: str) -> Data:
    if answer == "PASSWORD":
        done = await proofs.by_password(visit)
    elif answer == "PASSWORD_SRP":
        done = await proofs.begin_srp(visit)
    else:
        done = await onetime.ask(visit, user, answer, "Authentication", first=True)
    visit.end(token)
    return done


def _password(challenge: str) -> Answer:
    """The password, or its proof by SRP, as the first factor that PREFERRED_CHALLENGE or a choice asked for."""

    async def answer(visit: Visit) -> Data:
        token = visit.call.input.get("Session")
        _, user = visit.session(token, challenge)
        _named(visit, user)
        return await _chosen(visit, challenge, user, str(token))

    return answer


def _code(kind: str) -> Answer:
    async def answer(visit: Visit) -> Data:
        token = visit.call.input.get("Session")
        found, user = visit.session(token, kind)
        _named(visit, user)
        return await onetime.take(visit, kind, found, user, str(token))

    return answer


async def _select_mfa(visit: Visit) -> Data:
    token = visit.call.input.get("Session")
    found, user = visit.session(token, "SELECT_MFA_TYPE")
    _named(visit, user)
    answer = visit.need("ANSWER")
    answer = factors.EMAIL if answer == "EMAIL_MFA" else answer  # AWS's documents name it both ways
    if answer not in factors.asked(visit.pool, user):
        raise errors.Invalid("The selected MFA type is not available for the user.")
    done = await finish.second_factor(visit, user, answer, found["source"])
    visit.end(str(token))
    return done


_ANSWERS: dict[str, Answer] = {
    "NEW_PASSWORD_REQUIRED": _new_password,
    "SOFTWARE_TOKEN_MFA": _software_token,
    "MFA_SETUP": _mfa_setup,
    "SELECT_CHALLENGE": _select,
    "SELECT_MFA_TYPE": _select_mfa,
    "PASSWORD": _password("PASSWORD"),
    "PASSWORD_SRP": _password("PASSWORD_SRP"),
    **{kind: _code(kind) for kind in ("SMS_MFA", "EMAIL_OTP", "SMS_OTP")},
    "CUSTOM_CHALLENGE": custom.answered,
}
