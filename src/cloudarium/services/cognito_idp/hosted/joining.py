"""The forms that anybody may send: sign up, confirm, another code, forgotten password.

Each is a call as every client makes it. Who has just shown a password is signed in once the account is confirmed, as
on AWS: a cookie remembers until then who that was.
"""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import errors, lookup, tokens
from cloudarium.services.cognito_idp.hosted import questions
from cloudarium.services.cognito_idp.hosted.steps import form, name_of, next_step, visit_of
from cloudarium.services.cognito_idp.hosted.visitor import Visitor
from cloudarium.services.cognito_idp.hosted.wishes import Wish
from cloudarium.services.cognito_idp.records import sessions, users
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.signin import finish
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError, NotBuilt

Data = dict[str, Any]
_COOKIE, _LIFE = "cognito-new", 3600
# What anybody may ask is answered the same whether or not there is such a user.
_TELLING = ("UserNotFoundException", "NotAuthorizedException", "InvalidParameterException", "LimitExceededException")
_NO_CODE = ("UserNotFoundException", "CodeMismatchException", "ExpiredCodeException", "NotAuthorizedException")
_SENT = "If there is such an account, a code was sent to its address."


def ask_code(visitor: Visitor, wish: Wish, user: User | None, note: str) -> HttpResponse:
    """The page that asks for a sign-up's code, of somebody who has just shown the password."""
    page = form(visitor, wish, "/confirmUser", hidden={"username": name_of(visitor)}, note=note)
    if user is not None:
        token = ids.token(64)
        data = {"challenge": "JOINING", "user": user.key, "sub": user.sub, "client": wish.client.id}
        call, id = visitor.call, tokens.digest(token)
        with call.transaction():
            sessions.put_session(call.store, visitor.pool.id, id, call.now + _LIFE, data, call.now)
        page.cookies = (*page.cookies, visitor.cookie(_COOKIE, token, _LIFE))
    return page


def _joined(visitor: Visitor, wish: Wish) -> User | None:
    """The user whose password this browser has shown, once; None where it has not, or for another client."""
    call, id = visitor.call, tokens.digest(visitor.cookies.get(_COOKIE, ""))
    found = sessions.find_session(call.store, visitor.pool.id, id, call.now)
    if found is None or found["challenge"] != "JOINING" or found["client"] != wish.client.id:
        return None
    with call.transaction():
        sessions.drop_session(call.store, visitor.pool.id, id)
    user = users.find(call.store, visitor.pool.id, found["user"])
    return user if user is not None and user.sub == found["sub"] else None


async def _ask(visitor: Visitor, wish: Wish, operation: str, **given: Any) -> Data:
    name = name_of(visitor)
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
    user = users.find_by_sub(visitor.call.store, visitor.pool.id, made["UserSub"])
    if made["UserConfirmed"] and user is not None:
        return await _signed_in(visitor, wish, user)
    sent = made.get("CodeDeliveryDetails")
    if sent is None:
        return form(visitor, wish, "/login", note="An administrator has to confirm your account.", name=name)
    note = f"We have sent a code to {sent['Destination']}."
    return ask_code(visitor, wish, user, note)


async def _signed_in(visitor: Visitor, wish: Wish, user: User) -> HttpResponse:
    visit = visit_of(visitor, wish)
    finish.check_may_enter(visit, user)
    return await next_step(visitor, wish, await finish.proceed(visit, user))


async def _confirm(visitor: Visitor, wish: Wish) -> HttpResponse:
    await _ask(visitor, wish, "ConfirmSignUp", ConfirmationCode=visitor.form.get("code", "").strip())
    user = _joined(visitor, wish)
    if user is not None and user.status == "CONFIRMED":
        done = await _signed_in(visitor, wish, user)
        done.cookies = (*done.cookies, visitor.cookie(_COOKIE, "", 0))
        return done
    note = "Your account is confirmed. Please sign in."
    return form(visitor, wish, "/login", note=note, name=visitor.form["username"])


async def _resend(visitor: Visitor, wish: Wish) -> HttpResponse:
    try:
        await _ask(visitor, wish, "ResendConfirmationCode")
    except NotBuilt:
        raise
    except AwsError as error:
        if error.code not in _TELLING:
            raise
    return form(visitor, wish, "/confirmUser", hidden={"username": name_of(visitor)}, note=_SENT)


async def _forgot(visitor: Visitor, wish: Wish) -> HttpResponse:
    try:
        await _ask(visitor, wish, "ForgotPassword")
    except NotBuilt:
        raise
    except AwsError as error:
        if error.code not in _TELLING:
            raise
    return form(visitor, wish, "/confirmForgotPassword", hidden={"username": name_of(visitor)}, note=_SENT)


async def _confirm_forgot(visitor: Visitor, wish: Wish) -> HttpResponse:
    code, password = visitor.form.get("code", "").strip(), visitor.form.get("password", "")
    try:
        await _ask(visitor, wish, "ConfirmForgotPassword", ConfirmationCode=code, Password=password)
    except AwsError as error:
        if error.code in _NO_CODE:
            raise errors.ExpiredCode from None
        raise
    note = "Your password is changed. Please sign in."
    return form(visitor, wish, "/login", note=note, name=visitor.form["username"])


TAKERS = {
    "/signup": _sign_up,
    "/confirmUser": _confirm,
    "/resendcode": _resend,
    "/forgotPassword": _forgot,
    "/confirmForgotPassword": _confirm_forgot,
}
