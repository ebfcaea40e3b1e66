"""The forms: sign in, the challenges after it, sign up, confirm, forgotten password."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import errors, lookup
from cloudarium.services.cognito_idp.hosted import pages
from cloudarium.services.cognito_idp.hosted.authorize import Wish, grant, problem, wish_of
from cloudarium.services.cognito_idp.hosted.visitor import Visitor, check_origin, redirect
from cloudarium.services.cognito_idp.operations import signup
from cloudarium.services.cognito_idp.records import users
from cloudarium.services.cognito_idp.signin import challenges, proofs
from cloudarium.services.cognito_idp.signin.visit import Visit
from cloudarium.shared.errors import AwsError, NotBuilt

Data = dict[str, Any]
Fields = list[tuple[str, str, str, str]]
_NAME = ("username", "User name", "text", "username")
_PASSWORD = ("password", "Password", "password", "current-password")
_NEW = ("password", "New password", "password", "new-password")
_CODE = ("code", "Code from the message", "text", "one-time-code")
_APP = ("code", "Code of your authenticator app", "text", "one-time-code")


async def show(visitor: Visitor, path: str) -> HttpResponse:
    """A form, empty."""
    wish = _wish(visitor)
    return wish if isinstance(wish, HttpResponse) else _form(visitor, wish, path)


async def take(visitor: Visitor, path: str) -> HttpResponse:
    """A form that was sent; what is wrong with it is said above it."""
    wish = _wish(visitor)
    if isinstance(wish, HttpResponse):
        return wish
    check_origin(visitor)
    try:
        return await _TAKERS[path](visitor, wish)
    except NotBuilt as error:
        return pages.failed(error.message, 501)
    except AwsError as error:
        hidden: Data = {name: visitor.form[name] for name in ("session", "username") if name in visitor.form}
        return _form(visitor, wish, path, error=error.message or error.code, hidden=hidden)


def _wish(visitor: Visitor) -> Wish | HttpResponse:
    wish = wish_of(visitor)
    wrong = problem(wish)
    return wish.back(error=wrong) if wrong else wish


def _form(
    visitor: Visitor, wish: Wish, path: str, *, error: str = "", note: str = "", hidden: Data | None = None
) -> HttpResponse:
    def to(where: str) -> str:
        return visitor.url(where, **wish.query)

    open_to_all = not visitor.pool.data["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly")
    title, fields, button, kept, ways = _FORMS[path]
    links = {text: to(where) for text, where in ways.items() if where != "/signup" or open_to_all}
    shown = list(fields)
    if path == "/signup":
        shown = [_named(visitor), *_demanded(visitor), _NEW]
    elif shown and shown[0] == _NAME:
        shown[0] = _named(visitor)
    carried = {name: value for name, value in (hidden or {}).items() if name in kept}
    shown = [field for field in shown if field[0] not in carried]
    return pages.form(
        visitor, title, shown, button, action=to(path), hidden=carried, links=links, error=error, note=note
    )


def _named(visitor: Visitor) -> tuple[str, str, str, str]:
    kinds = visitor.pool.data.get("UsernameAttributes", [])
    if kinds == ["email"]:
        return ("username", "Email", "email", "username")
    return ("username", "Email or phone number" if kinds else "User name", "text", "username")


def _demanded(visitor: Visitor) -> Fields:
    data = visitor.pool.data
    wanted = {one["Name"] for one in data["SchemaAttributes"] if one.get("Required")} - {"sub"}
    wanted |= set(data.get("AutoVerifiedAttributes", ())) & {"email"}
    wanted -= set(data.get("UsernameAttributes", ()))
    return [
        (f"attribute.{name}", name.replace("_", " ").capitalize(), "email" if name == "email" else "text", "on")
        for name in sorted(wanted)
    ]


_BACK = {"Back to sign in": "/login"}
_FORMS: dict[str, tuple[str, Fields, str, tuple[str, ...], dict[str, str]]] = {
    "/login": (
        "Sign in", [_NAME, _PASSWORD], "Sign in", (), {"Sign up": "/signup", "Forgot your password?": "/forgotPassword"}
    ),
    "/newPassword": ("Choose a password", [_NEW], "Go on", ("session", "username"), _BACK),
    "/mfa": ("Second step", [_APP], "Sign in", ("session", "username"), _BACK),
    "/signup": ("Sign up", [_NAME, _NEW], "Sign up", (), _BACK),
    "/confirmUser": ("Confirm your account", [_NAME, _CODE], "Confirm", ("username",), _BACK),
    "/forgotPassword": ("Forgot your password?", [_NAME], "Send a code", (), _BACK),
    "/confirmForgotPassword": ("Set a new password", [_NAME, _CODE, _NEW], "Set it", ("username",), _BACK),
}  # fmt: skip
PATHS = frozenset(_FORMS)


def _visit(visitor: Visitor, wish: Wish, **given: str) -> Visit:
    name = visitor.form.get("username", "")
    hashed = {"SECRET_HASH": lookup.secret_hash(wish.client, name)} if wish.client.secret is not None else {}
    return Visit(
        visitor.call, visitor.pool, wish.client, {"USERNAME": name, **hashed, **given}, admin=False, by_page=True
    )


async def _next(visitor: Visitor, wish: Wish, step: Data) -> HttpResponse:
    """After a step of the sign-in: the next form, or back to the client."""
    if "User" in step:
        user = users.find(visitor.call.store, visitor.pool.id, step["User"])
        if user is None:
            raise errors.UserNotFound
        done = await grant(visitor, wish, user)
        done.cookies = (visitor.sign_in(user.key, user.sub),)
        return done
    hidden = {"session": step["Session"], "username": visitor.form.get("username", "")}
    paths = {"NEW_PASSWORD_REQUIRED": "/newPassword", "SOFTWARE_TOKEN_MFA": "/mfa"}
    if step["ChallengeName"] not in paths:
        raise NotBuilt(f"the sign-in page of the challenge {step['ChallengeName']}")
    return _form(visitor, wish, paths[step["ChallengeName"]], hidden=hidden)


async def _login(visitor: Visitor, wish: Wish) -> HttpResponse:
    try:
        step = await proofs.by_password(_visit(visitor, wish, PASSWORD=visitor.form.get("password", "")))
    except errors.UserNotFound:
        raise errors.NotAuthorized.wrong_password() from None
    except errors.NotConfirmed:
        return _form(visitor, wish, "/confirmUser", hidden=_username(visitor), note="Please confirm your account.")
    return await _next(visitor, wish, step)


async def _challenge(visitor: Visitor, wish: Wish, name: str, **given: str) -> HttpResponse:
    visitor.call.input = {"Session": visitor.form.get("session", "")}
    step = await challenges.respond(_visit(visitor, wish, **given), name)
    return await _next(visitor, wish, step)


async def _new_password(visitor: Visitor, wish: Wish) -> HttpResponse:
    return await _challenge(visitor, wish, "NEW_PASSWORD_REQUIRED", NEW_PASSWORD=visitor.form.get("password", ""))


async def _mfa(visitor: Visitor, wish: Wish) -> HttpResponse:
    return await _challenge(visitor, wish, "SOFTWARE_TOKEN_MFA", SOFTWARE_TOKEN_MFA_CODE=visitor.form.get("code", ""))


def _username(visitor: Visitor) -> dict[str, str]:
    return {"username": visitor.form.get("username", "")}


def _asked(visitor: Visitor, wish: Wish, **given: Any) -> None:
    """Make the visitor's call one of an operation that anybody may ask."""
    name = visitor.form.get("username", "")
    if not name or len(name) > 128:
        raise errors.Invalid("A user name must be given.")
    hashed = {"SecretHash": lookup.secret_hash(wish.client, name)} if wish.client.secret is not None else {}
    visitor.call.input = {"ClientId": wish.client.id, "Username": name, **hashed, **given}


async def _sign_up(visitor: Visitor, wish: Wish) -> HttpResponse:
    given = [
        {"Name": name.removeprefix("attribute."), "Value": value}
        for name, value in visitor.form.items()
        if name.startswith("attribute.")
    ]
    _asked(visitor, wish, Password=visitor.form.get("password", ""), UserAttributes=given)
    made = await signup.sign_up(visitor.call)
    if made["UserConfirmed"]:
        return _form(visitor, wish, "/login", note="Your account is ready. Please sign in.")
    sent = made.get("CodeDeliveryDetails")
    note = f"We have sent a code to {sent['Destination']}." if sent else "An administrator has to confirm you."
    return _form(visitor, wish, "/confirmUser", hidden=_username(visitor), note=note)


async def _confirm(visitor: Visitor, wish: Wish) -> HttpResponse:
    _asked(visitor, wish, ConfirmationCode=visitor.form.get("code", ""))
    await signup.confirm_sign_up(visitor.call)
    return _form(visitor, wish, "/login", note="Your account is confirmed. Please sign in.")


async def _forgot(visitor: Visitor, wish: Wish) -> HttpResponse:
    _asked(visitor, wish)
    sent = (await signup.forgot_password(visitor.call))["CodeDeliveryDetails"]
    note = f"We have sent a code to {sent['Destination']}."
    return _form(visitor, wish, "/confirmForgotPassword", hidden=_username(visitor), note=note)


async def _confirm_forgot(visitor: Visitor, wish: Wish) -> HttpResponse:
    _asked(visitor, wish, ConfirmationCode=visitor.form.get("code", ""), Password=visitor.form.get("password", ""))
    await signup.confirm_forgot_password(visitor.call)
    return redirect(visitor.url("/login", **wish.query))


_TAKERS = {
    "/login": _login,
    "/newPassword": _new_password,
    "/mfa": _mfa,
    "/signup": _sign_up,
    "/confirmUser": _confirm,
    "/forgotPassword": _forgot,
    "/confirmForgotPassword": _confirm_forgot,
}
