"""What the forms share: a page of the sign-in, the person who fills it in, and what comes after a step."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import errors, lookup, measuring, tokens
from cloudarium.services.cognito_idp.hosted import pages, questions
from cloudarium.services.cognito_idp.hosted.visitor import Visitor
from cloudarium.services.cognito_idp.hosted.wishes import Wish, grant
from cloudarium.services.cognito_idp.records import sessions, users
from cloudarium.services.cognito_idp.signin.visit import Visit
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_LONGEST_NAME = 128
_PATHS = {
    "NEW_PASSWORD_REQUIRED": "/newPassword", "SOFTWARE_TOKEN_MFA": "/mfa", "SMS_MFA": "/mfaCode",
    "EMAIL_OTP": "/mfaCode", "SELECT_MFA_TYPE": "/mfaChoice",
}  # fmt: skip
TOO_LATE = "The sign-in took too long. Please begin again."


def form(visitor: Visitor, wish: Wish, path: str, **more: Any) -> HttpResponse:
    """A page with the form of a path."""
    return pages.form(visitor, questions.form(visitor, wish, path, **more), wish.redirect)


def name_of(visitor: Visitor) -> str:
    """The user name in the form. Raises Invalid without one."""
    name = visitor.form.get("username", "")
    if not name or len(name) > _LONGEST_NAME:
        raise errors.Invalid("Please give a user name.")
    return name


def visit_of(visitor: Visitor, wish: Wish, **given: str) -> Visit:
    """A step of a sign-in by the page, which proves the client's secret itself."""
    name = name_of(visitor)
    hashed = {"SECRET_HASH": lookup.secret_hash(wish.client, name)} if wish.client.secret is not None else {}
    return Visit(
        visitor.call, visitor.pool, wish.client, {"USERNAME": name, **hashed, **given}, admin=False, by_page=True
    )


async def next_step(visitor: Visitor, wish: Wish, step: Data) -> HttpResponse:
    """After a step of the sign-in: the next form, or back to the client."""
    if "User" in step:
        user = users.find(visitor.call.store, visitor.pool.id, step["User"])
        if user is None:
            raise errors.UserNotFound
        done = await grant(visitor, wish, user, visitor.call.now)
        done.cookies = (*done.cookies, visitor.sign_in(user))
        measuring.told(visitor.call, visitor.pool.id, wish.client.id, "SignIn")
        return done
    hidden = {"session": step["Session"], "username": visitor.form.get("username", "")}
    name = step["ChallengeName"]
    if name == "MFA_SETUP":
        if "SOFTWARE_TOKEN_MFA" not in orjson.loads(step["ChallengeParameters"]["MFAS_CAN_SETUP"]):
            raise NotBuilt("the page that sets up a second factor other than an authenticator app")
        made = await visitor.call.send("cognito-idp", "AssociateSoftwareToken", {"Session": step["Session"]})
        return authenticator(visitor, wish, {**hidden, "session": made["Session"]})
    if name not in _PATHS:
        raise NotBuilt(f"the sign-in page of the challenge {name}")
    given = step["ChallengeParameters"]
    if name == "SELECT_MFA_TYPE":
        hidden["choices"] = ",".join(orjson.loads(given["MFAS_CAN_CHOOSE"]))
    to = given.get("CODE_DELIVERY_DESTINATION")
    note = f"We have sent a code to {to}." if to else ""
    return form(
        visitor, wish, _PATHS[name], hidden={**hidden, "kind": name}, note=note, missing=questions.missing(step)
    )


def authenticator(visitor: Visitor, wish: Wish, hidden: dict[str, str], error: str = "") -> HttpResponse:
    """The page on which an app is set up: it shows the key of whoever the session is of."""
    call, pool = visitor.call, visitor.pool
    found = sessions.find_session(call.store, pool.id, tokens.digest(hidden.get("session", "")), call.now)
    waits = found is not None and found["challenge"] == "MFA_SETUP" and found["client"] == wish.client.id
    user = users.find(call.store, pool.id, found["user"]) if found is not None and waits else None
    if user is None or found is None or user.sub != found["sub"]:
        return form(visitor, wish, "/login", error=TOO_LATE)
    label = f"{pool.data['Name']}\n{user.attributes.get('email') or user.username}"
    secret = user.data.get("totp_pending") or ""
    return form(visitor, wish, "/mfaSetup", hidden=hidden, error=error, secret=secret, label=label)
