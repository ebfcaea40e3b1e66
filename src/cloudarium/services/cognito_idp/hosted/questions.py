"""What each page asks: its fields, its words, and the ways to other pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from cloudarium.services.cognito_idp.hosted import outside
from cloudarium.services.cognito_idp.hosted.pages import Field, Form
from cloudarium.services.cognito_idp.hosted.visitor import Visitor
from cloudarium.services.cognito_idp.hosted.wishes import Wish

Data = dict[str, Any]
ATTRIBUTE = "attribute."
WRONG = "Incorrect username or password. After several wrong attempts, wait a while before the next one."
# Said of users who are there alone: that somebody is locked out, that a password must be set by the administrator.
NOT_TOLD = frozenset(("Incorrect username or password.", "Password attempts exceeded"))
_PASSWORD = Field("password", "Password", "password", "current-password")
_CODE = Field("code", "Code", "code", "one-time-code")
_BACK = {"Back to sign in": "/login"}


class _Question(NamedTuple):
    title: str
    button: str
    lead: str
    asks: tuple[str, ...]
    carries: tuple[str, ...] = ()
    ways: Mapping[str, str] = _BACK


_KEPT = ("session", "username")
CARRIED = (*_KEPT, "kind", "choices")
_QUESTIONS = {
    "/login": _Question(
        "Sign in", "Sign in", "to continue to {client}", ("username", "password"),
        ways={"Forgot your password?": "/forgotPassword", "Create an account": "/signup"},
    ),
    "/signup": _Question(
        "Create an account", "Sign up", "to continue to {client}", ("username", "attributes", "first"),
        ways={"Have an account already? Sign in": "/login"},
    ),
    "/confirmUser": _Question(
        "Confirm your account", "Confirm", "Enter the code that we sent you.", ("username", "code"), ("username",),
        {"Send another code": "/resendcode", **_BACK},
    ),
    "/resendcode": _Question("Send another code", "Send a code", "We send it to your address.", ("username",)),
    "/forgotPassword": _Question(
        "Forgot your password?", "Send a code", "We send a code to your address, with which you set a new one.",
        ("username",),
    ),
    "/confirmForgotPassword": _Question(
        "Set a new password", "Change password", "Enter the code that we sent you.", ("username", "code", "new"),
        ("username",), {"Send another code": "/forgotPassword", **_BACK},
    ),
    "/newPassword": _Question(
        "Choose a password", "Continue", "This is your first sign-in: choose a password of your own.",
        ("new", "missing"), _KEPT,
    ),
    "/mfa": _Question(
        "Enter your code", "Sign in", "Open your authenticator app and enter the code that it shows.", ("code",), _KEPT,
    ),
    "/mfaCode": _Question("Enter your code", "Sign in", "Enter the code that we sent you.", ("code",), CARRIED),
    "/mfaChoice": _Question(
        "Choose a second step", "Continue", "How do you want to prove that it is you?", ("answer",), CARRIED,
    ),
    "/mfaSetup": _Question(
        "Set up your app", "Continue", "Scan this picture with an authenticator app and enter the code that it shows.",
        ("code",), _KEPT,
    ),
}  # fmt: skip
PATHS = frozenset(_QUESTIONS)
AFTERWARDS = frozenset(path for path, question in _QUESTIONS.items() if question.carries in (_KEPT, CARRIED))


def form(
    visitor: Visitor, wish: Wish, path: str, *, error: str = "", note: str = "", name: str = "",
    hidden: Mapping[str, str] | None = None, missing: tuple[str, ...] = (), secret: str = "", label: str = "",
) -> Form:  # fmt: skip
    """A page's form; `name` is the user name as it was given, `hidden` what the page has to carry on."""
    question = _QUESTIONS[path]
    carried = {key: value for key, value in (hidden or {}).items() if key in question.carries}
    fields: list[Field] = []
    for one in question.asks:
        if one == "answer":
            fields.append(_choice(carried.get("choices", "")))
        elif one not in carried:
            fields += _fields(visitor, one, name, missing)
    lead = question.lead.format(client=wish.client.data["ClientName"])
    links = {text: visitor.url(where, **wish.query) for text, where in question.ways.items() if _open(visitor, where)}
    action = visitor.url(path, **wish.query)
    elsewhere = _elsewhere(visitor, wish) if path in ("/login", "/signup") else {}
    if "COGNITO" not in wish.client.data["SupportedIdentityProviders"]:
        fields, links = [], {}
    return Form(
        question.title, fields, question.button, action, lead, carried, links, error, note, secret, label, elsewhere
    )


def _elsewhere(visitor: Visitor, wish: Wish) -> dict[str, str]:
    """The providers by which a person may sign in, each with the way to it."""
    return {
        each.name: visitor.url("/oauth2/authorize", **wish.query, identity_provider=each.name)
        for each in outside.offered(visitor, wish)
    }


_FACTORS = {
    "SOFTWARE_TOKEN_MFA": "A code from my authenticator app",
    "SMS_MFA": "A code by text message",
    "EMAIL_OTP": "A code by email",
}


def _choice(listed: str) -> Field:
    """One of the second factors that a person has."""
    options = {kind: _FACTORS[kind] for kind in listed.split(",") if kind in _FACTORS}
    return Field("answer", "Second step", "choice", "off", options=options)


def _open(visitor: Visitor, where: str) -> bool:
    return where != "/signup" or not visitor.pool.data["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly")


def _fields(visitor: Visitor, one: str, name: str, missing: tuple[str, ...]) -> list[Field]:
    data = visitor.pool.data
    if one == "username":
        return [_username(data, name)]
    if one == "attributes":
        return [_attribute(each, visitor.form) for each in _demanded(data)]
    if one == "missing":
        given = tuple(key.removeprefix(ATTRIBUTE) for key in visitor.form if key.startswith(ATTRIBUTE))
        return [_attribute(each, visitor.form) for each in missing or given]
    if one in ("new", "first"):
        said = "New password" if one == "new" else "Password"
        return [Field("password", said, "password", "new-password", _policy(data))]
    return [_PASSWORD if one == "password" else _CODE]


def _username(data: Data, name: str) -> Field:
    kinds = data.get("UsernameAttributes", [])
    if kinds == ["email"]:
        return Field("username", "Email", "email", "username", value=name)
    said = {0: "User name", 1: "Phone number", 2: "Email or phone number"}[len(kinds)]
    return Field("username", said, "tel" if len(kinds) == 1 else "text", "username", value=name)


def _attribute(name: str, given: Mapping[str, str]) -> Field:
    kind = {"email": "email", "phone_number": "tel", "birthdate": "date", "website": "url"}.get(name, "text")
    fill = {"email": "email", "phone_number": "tel", "name": "name", "given_name": "given-name"}
    fill |= {"family_name": "family-name", "birthdate": "bday", "nickname": "nickname", "address": "street-address"}
    said = name.removeprefix("custom:").replace("_", " ").capitalize()
    return Field(
        f"{ATTRIBUTE}{name}", said, kind, fill.get(name, "on"), value=given.get(f"{ATTRIBUTE}{name}", "")[:2048]
    )


def _demanded(data: Data) -> list[str]:
    wanted = {one["Name"] for one in data["SchemaAttributes"] if one.get("Required")} - {"sub"}
    wanted |= set(data.get("AutoVerifiedAttributes", ())) & {"email"}
    return sorted(wanted - set(data.get("UsernameAttributes", ())))


def missing(step: Data) -> tuple[str, ...]:
    """The attributes without which a new password is not taken."""
    found = orjson.loads(step["ChallengeParameters"].get("requiredAttributes", "[]"))
    return tuple(name.removeprefix("userAttributes.") for name in found)


def _policy(data: Data) -> str:
    policy = data["Policies"]["PasswordPolicy"]
    kinds = {"RequireUppercase": "an upper case letter", "RequireLowercase": "a lower case letter"}
    kinds |= {"RequireNumbers": "a number", "RequireSymbols": "a symbol"}
    wanted = [said for name, said in kinds.items() if policy.get(name)]
    listed = " and ".join([", ".join(wanted[:-1]), wanted[-1]] if len(wanted) > 1 else wanted)
    return f"At least {policy['MinimumLength']} characters{f', with {listed}' if listed else ''}."
