"""The forms as they are asked for and sent: sign in, and the challenges after it."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import errors, measuring, people
from cloudarium.services.cognito_idp.hosted import joining, outside, passwordless, questions
from cloudarium.services.cognito_idp.hosted.steps import (
    TOO_LATE,
    authenticator,
    form,
    name_of,
    next_step,
    visit_of,
)
from cloudarium.services.cognito_idp.hosted.visitor import Refused, Visitor, check_origin, redirect
from cloudarium.services.cognito_idp.hosted.wishes import Wish, problem, wish_of
from cloudarium.services.cognito_idp.signin import challenges, onetime, proofs
from cloudarium.shared.errors import AwsError, NotBuilt

Data = dict[str, Any]
PATHS = questions.PATHS
_UNCONFIRMED = "Your account is not confirmed yet."


async def show(visitor: Visitor, path: str) -> HttpResponse:
    """A form, empty; the steps that come after a password begin with the password."""
    wish = _wish(visitor)
    if isinstance(wish, HttpResponse):
        return wish
    provider = outside.chosen(visitor, wish)
    if provider is not None and path == "/login":
        return outside.away(visitor, wish, provider)
    if path in questions.AFTERWARDS or not questions.leads_on(visitor, wish, path):
        return redirect(visitor.url("/login", **wish.query))
    return form(visitor, wish, path, name=wish.query.get("login_hint", ""))


async def take(visitor: Visitor, path: str) -> HttpResponse:
    """A form that was sent; what is wrong with it is said above it."""
    wish = _wish(visitor)
    if isinstance(wish, HttpResponse):
        return wish
    check_origin(visitor)
    if "COGNITO" not in wish.client.data["SupportedIdentityProviders"]:
        raise Refused("Login option is not available. Please try another one")
    try:
        return await _TAKERS[path](visitor, wish)
    except NotBuilt as error:
        raise Refused(error.message, 501) from None
    except AwsError as error:
        return _again(visitor, wish, path, error)


def _again(visitor: Visitor, wish: Wish, path: str, error: AwsError) -> HttpResponse:
    """The same form with what was wrong; a sign-in whose session is over begins anew."""
    said = error.message or error.code
    hidden = {name: visitor.form[name] for name in questions.CARRIED if visitor.form.get(name)}
    if path in questions.AFTERWARDS and said == errors.NotAuthorized.session().message:
        return form(visitor, wish, "/login", error=TOO_LATE)
    if path == "/mfaSetup":
        return authenticator(visitor, wish, hidden, error=said)
    return form(visitor, wish, path, error=said, hidden=hidden, name=hidden.get("username", ""))


def _wish(visitor: Visitor) -> Wish | HttpResponse:
    wish = wish_of(visitor)
    wrong = problem(wish)
    return wish.back(error=wrong) if wrong else wish


# ---- signing in ------------------------------------------------------------------------------------------------------


async def _login(visitor: Visitor, wish: Wish) -> HttpResponse:
    name = name_of(visitor)
    try:
        step = await proofs.by_password(visit_of(visitor, wish, PASSWORD=visitor.form.get("password", "")))
    except errors.UserNotFound as error:
        measuring.told(visitor.call, visitor.pool.id, wish.client.id, "SignIn", error)
        return form(visitor, wish, "/login", error=questions.WRONG, name=name)
    except errors.NotAuthorized as error:
        measuring.told(visitor.call, visitor.pool.id, wish.client.id, "SignIn", error)
        said = questions.WRONG if error.message in questions.NOT_TOLD else error.message
        return form(visitor, wish, "/login", error=said, name=name)
    except errors.NotConfirmed:
        user = people.find(visitor.call, visitor.pool, name)  # who knows the password is signed in with the code
        return joining.ask_code(visitor, wish, user, _UNCONFIRMED)
    except errors.ResetRequired:
        note = "Your password must be reset: use the code that you were sent."
        return form(visitor, wish, "/confirmForgotPassword", hidden={"username": name}, note=note)
    return await next_step(visitor, wish, step)


async def _challenge(visitor: Visitor, wish: Wish, name: str, session: str, **given: str) -> HttpResponse:
    visitor.call.input = {"Session": session}
    return await next_step(visitor, wish, await challenges.respond(visit_of(visitor, wish, **given), name))


async def _new_password(visitor: Visitor, wish: Wish) -> HttpResponse:
    given = {
        f"userAttributes.{name.removeprefix(questions.ATTRIBUTE)}": value
        for name, value in visitor.form.items()
        if name.startswith(questions.ATTRIBUTE) and value
    }
    password = visitor.form.get("password", "")
    session = visitor.form.get("session", "")
    return await _challenge(visitor, wish, "NEW_PASSWORD_REQUIRED", session, NEW_PASSWORD=password, **given)


async def _mfa(visitor: Visitor, wish: Wish) -> HttpResponse:
    code, session = visitor.form.get("code", "").strip(), visitor.form.get("session", "")
    return await _challenge(visitor, wish, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=code)


async def _mfa_setup(visitor: Visitor, wish: Wish) -> HttpResponse:
    given = {"Session": visitor.form.get("session", ""), "UserCode": visitor.form.get("code", "").strip()}
    made = await visitor.call.send("cognito-idp", "VerifySoftwareToken", given)
    return await _challenge(visitor, wish, "MFA_SETUP", made["Session"])


async def _mfa_code(visitor: Visitor, wish: Wish) -> HttpResponse:
    kind, session = visitor.form.get("kind", ""), visitor.form.get("session", "")
    if kind not in ("EMAIL_OTP", "SMS_MFA", "SMS_OTP"):
        raise errors.NotAuthorized.session()
    try:
        return await _challenge(visitor, wish, kind, session, **{f"{kind}_CODE": visitor.form.get("code", "").strip()})
    except errors.NotAuthorized as error:
        if error.message in questions.NOT_TOLD:  # somebody is locked out, who may have shown no password before
            raise errors.CodeMismatch(onetime.WRONG) from None
        raise


async def _mfa_choice(visitor: Visitor, wish: Wish) -> HttpResponse:
    answer, session = visitor.form.get("answer", ""), visitor.form.get("session", "")
    return await _challenge(visitor, wish, "SELECT_MFA_TYPE", session, ANSWER=answer)


_TAKERS = {
    "/login": _login,
    "/newPassword": _new_password,
    "/mfa": _mfa,
    "/mfaCode": _mfa_code,
    "/mfaChoice": _mfa_choice,
    "/mfaSetup": _mfa_setup,
    "/loginCode": passwordless.send,
    **joining.TAKERS,
}
