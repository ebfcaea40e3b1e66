"""The forms: sign in, the challenges after it, sign up, confirm, forgotten password."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import errors, lookup, tokens
from cloudarium.services.cognito_idp.hosted import outside, pages, questions
from cloudarium.services.cognito_idp.hosted.visitor import Refused, Visitor, check_origin, redirect
from cloudarium.services.cognito_idp.hosted.wishes import Wish, grant, problem, wish_of
from cloudarium.services.cognito_idp.records import sessions, users
from cloudarium.services.cognito_idp.signin import challenges, proofs
from cloudarium.services.cognito_idp.signin.visit import Visit
from cloudarium.shared.errors import AwsError, NotBuilt

Data = dict[str, Any]
PATHS = questions.PATHS
_LONGEST_NAME = 128
# What anybody may ask is answered the same whether or not there is such a user.
_TELLING = ("UserNotFoundException", "NotAuthorizedException", "InvalidParameterException", "LimitExceededException")
_NO_CODE = ("UserNotFoundException", "CodeMismatchException", "ExpiredCodeException", "NotAuthorizedException")
_UNCONFIRMED = "Your account is not confirmed yet."
_SENT = "If there is such an account, a code was sent to its address."


async def show(visitor: Visitor, path: str) -> HttpResponse:
    """A form, empty; the steps that come after a password begin with the password."""
    wish = _wish(visitor)
    if isinstance(wish, HttpResponse):
        return wish
    provider = outside.chosen(visitor, wish)
    if provider is not None and path == "/login":
        return outside.away(visitor, wish, provider)
    if path in questions.AFTERWARDS:
        return redirect(visitor.url("/login", **wish.query))
    return _form(visitor, wish, path, name=wish.query.get("login_hint", ""))


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
    hidden = {name: visitor.form[name] for name in ("session", "username") if visitor.form.get(name)}
    if path in questions.AFTERWARDS and said == errors.NotAuthorized.session().message:
        return _form(visitor, wish, "/login", error="The sign-in took too long. Please begin again.")
    if path == "/mfaSetup":
        return _authenticator(visitor, wish, hidden, error=said)
    return _form(visitor, wish, path, error=said, hidden=hidden, name=hidden.get("username", ""))


def _wish(visitor: Visitor) -> Wish | HttpResponse:
    wish = wish_of(visitor)
    wrong = problem(wish)
    return wish.back(error=wrong) if wrong else wish


def _form(visitor: Visitor, wish: Wish, path: str, **more: Any) -> HttpResponse:
    return pages.form(visitor, questions.form(visitor, wish, path, **more), wish.redirect)


def _name(visitor: Visitor) -> str:
    name = visitor.form.get("username", "")
    if not name or len(name) > _LONGEST_NAME:
        raise errors.Invalid("Please give a user name.")
    return name


def _visit(visitor: Visitor, wish: Wish, **given: str) -> Visit:
    name = _name(visitor)
    hashed = {"SECRET_HASH": lookup.secret_hash(wish.client, name)} if wish.client.secret is not None else {}
    return Visit(
        visitor.call, visitor.pool, wish.client, {"USERNAME": name, **hashed, **given}, admin=False, by_page=True
    )


# ---- signing in ------------------------------------------------------------------------------------------------------


async def _login(visitor: Visitor, wish: Wish) -> HttpResponse:
    name = _name(visitor)
    try:
        step = await proofs.by_password(_visit(visitor, wish, PASSWORD=visitor.form.get("password", "")))
    except errors.UserNotFound:
        return _form(visitor, wish, "/login", error=questions.WRONG, name=name)
    except errors.NotAuthorized as error:
        said = questions.WRONG if error.message in questions.NOT_TOLD else error.message
        return _form(visitor, wish, "/login", error=said, name=name)
    except errors.NotConfirmed:
        return _form(visitor, wish, "/confirmUser", hidden={"username": name}, note=_UNCONFIRMED)
    except errors.ResetRequired:
        note = "Your password must be reset: use the code that you were sent."
        return _form(visitor, wish, "/confirmForgotPassword", hidden={"username": name}, note=note)
    return await _next(visitor, wish, step)


async def _next(visitor: Visitor, wish: Wish, step: Data) -> HttpResponse:
    """After a step of the sign-in: the next form, or back to the client."""
    if "User" in step:
        user = users.find(visitor.call.store, visitor.pool.id, step["User"])
        if user is None:
            raise errors.UserNotFound
        done = await grant(visitor, wish, user, visitor.call.now)
        done.cookies = (visitor.sign_in(user),)
        return done
    hidden = {"session": step["Session"], "username": visitor.form.get("username", "")}
    name = step["ChallengeName"]
    if name == "MFA_SETUP":
        made = await visitor.call.send("cognito-idp", "AssociateSoftwareToken", {"Session": step["Session"]})
        return _authenticator(visitor, wish, {**hidden, "session": made["Session"]})
    paths = {"NEW_PASSWORD_REQUIRED": "/newPassword", "SOFTWARE_TOKEN_MFA": "/mfa"}
    if name not in paths:
        raise NotBuilt(f"the sign-in page of the challenge {name}")
    return _form(visitor, wish, paths[name], hidden=hidden, missing=questions.missing(step))


def _authenticator(visitor: Visitor, wish: Wish, hidden: dict[str, str], error: str = "") -> HttpResponse:
    """The page on which an app is set up: it shows the key of whoever the session is of."""
    call, pool = visitor.call, visitor.pool
    found = sessions.find_session(call.store, pool.id, tokens.digest(hidden.get("session", "")), call.now)
    waits = found is not None and found["challenge"] == "MFA_SETUP" and found["client"] == wish.client.id
    user = users.find(call.store, pool.id, found["user"]) if found is not None and waits else None
    if user is None or found is None or user.sub != found["sub"]:
        return _form(visitor, wish, "/login", error="The sign-in took too long. Please begin again.")
    label = f"{pool.data['Name']}\n{user.attributes.get('email') or user.username}"
    secret = user.data.get("totp_pending") or ""
    return _form(visitor, wish, "/mfaSetup", hidden=hidden, error=error, secret=secret, label=label)


async def _challenge(visitor: Visitor, wish: Wish, name: str, session: str, **given: str) -> HttpResponse:
    visitor.call.input = {"Session": session}
    return await _next(visitor, wish, await challenges.respond(_visit(visitor, wish, **given), name))


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


# ---- what anybody may ask: calls as every client makes them ----------------------------------------------------------


async def _ask(visitor: Visitor, wish: Wish, operation: str, **given: Any) -> Data:
    name = _name(visitor)
    hashed = {"SecretHash": lookup.secret_hash(wish.client, name)} if wish.client.secret is not None else {}
    asked = {"ClientId": wish.client.id, "Username": name, **hashed, **given}
    return await visitor.call.send("cognito-idp", operation, asked, scope=visitor.pool.scope)


async def _sign_up(visitor: Visitor, wish: Wish) -> HttpResponse:
    given = [
        {"Name": name.removeprefix(questions.ATTRIBUTE), "Value": value}
        for name, value in visitor.form.items()
        if name.startswith(questions.ATTRIBUTE)
    ]
    password = visitor.form.get("password", "")
    made = await _ask(visitor, wish, "SignUp", Password=password, UserAttributes=given)
    name = visitor.form["username"]
    if made["UserConfirmed"]:
        return _form(visitor, wish, "/login", note="Your account is ready. Please sign in.", name=name)
    sent = made.get("CodeDeliveryDetails")
    if sent is None:
        return _form(visitor, wish, "/login", note="An administrator has to confirm your account.", name=name)
    note = f"We have sent a code to {sent['Destination']}."
    return _form(visitor, wish, "/confirmUser", hidden={"username": name}, note=note)


async def _confirm(visitor: Visitor, wish: Wish) -> HttpResponse:
    await _ask(visitor, wish, "ConfirmSignUp", ConfirmationCode=visitor.form.get("code", "").strip())
    note = "Your account is confirmed. Please sign in."
    return _form(visitor, wish, "/login", note=note, name=visitor.form["username"])


async def _resend(visitor: Visitor, wish: Wish) -> HttpResponse:
    try:
        await _ask(visitor, wish, "ResendConfirmationCode")
    except NotBuilt:
        raise
    except AwsError as error:
        if error.code not in _TELLING:
            raise
    return _form(visitor, wish, "/confirmUser", hidden={"username": _name(visitor)}, note=_SENT)


async def _forgot(visitor: Visitor, wish: Wish) -> HttpResponse:
    try:
        await _ask(visitor, wish, "ForgotPassword")
    except NotBuilt:
        raise
    except AwsError as error:
        if error.code not in _TELLING:
            raise
    return _form(visitor, wish, "/confirmForgotPassword", hidden={"username": _name(visitor)}, note=_SENT)


async def _confirm_forgot(visitor: Visitor, wish: Wish) -> HttpResponse:
    code, password = visitor.form.get("code", "").strip(), visitor.form.get("password", "")
    try:
        await _ask(visitor, wish, "ConfirmForgotPassword", ConfirmationCode=code, Password=password)
    except AwsError as error:
        if error.code in _NO_CODE:
            raise errors.ExpiredCode from None
        raise
    note = "Your password is changed. Please sign in."
    return _form(visitor, wish, "/login", note=note, name=visitor.form["username"])


_TAKERS = {
    "/login": _login,
    "/newPassword": _new_password,
    "/mfa": _mfa,
    "/mfaSetup": _mfa_setup,
    "/signup": _sign_up,
    "/confirmUser": _confirm,
    "/resendcode": _resend,
    "/forgotPassword": _forgot,
    "/confirmForgotPassword": _confirm_forgot,
}
