"""Signing up and forgotten passwords: what anybody may ask who knows a client's id."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import codes, errors, migration, newcomers, people, sending, triggers
from cloudarium.services.cognito_idp.lookup import app, check_secret
from cloudarium.services.cognito_idp.records.pools import Client, Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes, clients, passwords
from cloudarium.services.cognito_idp.signin.visit import Visit

Data = dict[str, Any]
SEEN_NOWHERE = {
    "AnalyticsMetadata": "Pinpoint's counts, which nothing here shows.",
    "UserContextData": "What threat protection judges by; that is refused at the pool.",
}
_DISABLED = "User is disabled."


@operation("SignUp", ignores=SEEN_NOWHERE)
async def sign_up(call: Call) -> Data:
    """Make a user who has yet to confirm, and mail the code for that."""
    pool, client = app(call)
    name, given = call.input["Username"], attributes.from_list(call.input.get("UserAttributes"))
    check_secret(client, name, call.input.get("SecretHash"))
    if pool.data["AdminCreateUserConfig"].get("AllowAdminCreateUserOnly"):
        raise errors.NotAuthorized("SignUp is not permitted for this user pool")
    user = await _newcomer(call, pool, client, name, given)
    target = newcomers.address(pool, user)
    if target is not None and user.status != "CONFIRMED":
        sending.check(pool, target[0])
    with call.transaction():
        newcomers.check_free(call, pool, user)
        people.save(call, pool, user)
    answer: Data = {"UserConfirmed": user.status == "CONFIRMED", "UserSub": user.sub}
    if user.status == "CONFIRMED":
        await triggers.notify(call, pool, "PostConfirmation", "ConfirmSignUp", user, client.id)
        return answer
    if target is not None:
        sent = await codes.send(call, pool, user, "SignUp", "CustomMessage_SignUp", target, client.id)
        answer["CodeDeliveryDetails"] = sent
    if clients.allows(client.data, "USER_AUTH"):
        answer["Session"] = _visit(call, pool, client).begin(user, "SIGN_UP")
    return answer


def _visit(call: Call, pool: Pool, client: Client) -> Visit:
    """The sign-in that a sign-up with choice-based clients goes on as, if they want that."""
    return Visit(call, pool, client, {}, admin=False)


async def _newcomer(call: Call, pool: Pool, client: Client, name: str, given: dict[str, str]) -> User:
    password = call.input.get("Password")
    factors = pool.data["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"]
    if not password and factors == ["PASSWORD"]:
        raise errors.Invalid("Password is required.")
    if password:
        passwords.check(pool.data["Policies"]["PasswordPolicy"], password)
    username, full = newcomers.named(pool, name, given)
    attributes.check(pool.data, full)
    attributes.check_writable(client.data, given)
    attributes.check_required(pool.data, full)
    newcomers.check_free(call, pool, newcomers.made(call, pool, username, full, "UNCONFIRMED", {}))
    validation = attributes.from_list(call.input.get("ValidationData"))
    said = await triggers.pre_sign_up(call, pool, "SignUp", username, client.id, full, validation)
    for kind, flag in (("email", "autoVerifyEmail"), ("phone_number", "autoVerifyPhone")):
        if said.get(flag) is True and full.get(kind):
            full[f"{kind}_verified"] = "true"
    for kind in attributes.VERIFIABLE:
        if full.get(kind):
            full.setdefault(f"{kind}_verified", "false")
    status = "CONFIRMED" if said.get("autoConfirmUser") is True else "UNCONFIRMED"
    verifier = await people.verifier_of(pool, username, password) if password else None
    return newcomers.made(call, pool, username, full, status, {"password": verifier})


def _user(call: Call, pool: Pool, client: Client) -> User | None:
    """The user whom a call names; None when there is none and the client's answers hide that."""
    check_secret(client, call.input["Username"], call.input.get("SecretHash"))
    user = people.find(call, pool, call.input["Username"])
    if user is None and not people.hides(client):
        raise errors.UserNotFound("Username/client id combination not found.")
    return user


@operation("ConfirmSignUp", ignores=SEEN_NOWHERE)
async def confirm_sign_up(call: Call) -> Data:
    """Confirm a sign-up by the code that was mailed; the address that got it is proved by that."""
    pool, client = app(call)
    user = _user(call, pool, client)
    if user is None:
        raise errors.ExpiredCode
    if user.status != "UNCONFIRMED":
        raise errors.NotAuthorized(f"User cannot be confirmed. Current status is {user.status}")
    session = call.input.get("Session")
    if session and _visit(call, pool, client).session(session, "SIGN_UP")[1].key != user.key:
        raise errors.NotAuthorized.session()
    codes.check(call, user, "SignUp", call.input["ConfirmationCode"])
    target = newcomers.address(pool, user)
    confirmed = user._replace(status="CONFIRMED")
    if target is not None:
        confirmed = confirmed.with_attributes(**{f"{target[0]}_verified": "true"})
    with call.transaction():
        saved = people.save(call, pool, confirmed, force=bool(call.input.get("ForceAliasCreation")))
        codes.used(call, user, "SignUp")
    await triggers.notify(call, pool, "PostConfirmation", "ConfirmSignUp", saved, client.id)
    if not session:
        return {}
    visit = _visit(call, pool, client)
    visit.end(session)
    return {"Session": visit.begin(saved, "SIGNED_UP")}


@operation("ResendConfirmationCode", ignores=SEEN_NOWHERE)
async def resend_confirmation_code(call: Call) -> Data:
    """Mail another code for a sign-up; the earlier one is worth nothing from here on."""
    pool, client = app(call)
    user = _user(call, pool, client)
    if user is None:
        return {"CodeDeliveryDetails": codes.pretended(pool, call.input["Username"])}
    if user.status != "UNCONFIRMED":
        raise errors.Invalid("User is already confirmed.")
    target = newcomers.address(pool, user)
    if target is None:
        raise errors.Invalid("Cannot resend codes. Auto verification not turned on.")
    sent = await codes.send(call, pool, user, "SignUp", "CustomMessage_ResendCode", target, client.id)
    return {"CodeDeliveryDetails": sent}


@operation("ForgotPassword", ignores=SEEN_NOWHERE)
async def forgot_password(call: Call) -> Data:
    """Mail a code with which a user may set another password."""
    pool, client = app(call)
    name = call.input["Username"]
    check_secret(client, name, call.input.get("SecretHash"))
    if newcomers.by_administrators(pool):
        raise errors.NotAuthorized("Contact administrator to reset password.")
    if triggers.has(pool, "UserMigration") and people.find(call, pool, name) is None:
        await migration.migrate(call, pool, client, name, None)
    user = _user(call, pool, client)
    target = newcomers.recovery(pool, user) if user is not None else None
    if user is None or (people.hides(client) and (not user.enabled or target is None)):
        return {"CodeDeliveryDetails": codes.pretended(pool, call.input["Username"])}
    if not user.enabled:
        raise errors.NotAuthorized(_DISABLED)
    if user.status in ("FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"):
        raise errors.NotAuthorized("User password cannot be reset in the current state.")
    if target is None:
        raise errors.Invalid(
            "Cannot reset password for the user as there is no registered/verified email or phone_number"
        )
    sent = await codes.send(call, pool, user, "ForgotPassword", "CustomMessage_ForgotPassword", target, client.id)
    return {"CodeDeliveryDetails": sent}


@operation("ConfirmForgotPassword", ignores=SEEN_NOWHERE)
async def confirm_forgot_password(call: Call) -> Data:
    """Set another password by the code that was mailed."""
    pool, client = app(call)
    user = _user(call, pool, client)
    passwords.check(pool.data["Policies"]["PasswordPolicy"], call.input["Password"])
    if user is None or (people.hides(client) and not user.enabled):
        raise errors.CodeMismatch  # as the developer guide says it, "Managing user existence error responses"
    if not user.enabled:
        raise errors.NotAuthorized(_DISABLED)
    codes.check(call, user, "ForgotPassword", call.input["ConfirmationCode"])
    await people.check_history(pool, user, call.input["Password"])
    with call.transaction():
        codes.used(call, user, "ForgotPassword")
    verifier = await people.verifier_of(pool, user.username, call.input["Password"])
    with call.transaction():
        changed = people.with_password(pool, people.again(call, user), verifier, None)
        saved = people.save(call, pool, changed._replace(status="CONFIRMED"))
    await triggers.notify(call, pool, "PostConfirmation", "ConfirmForgotPassword", saved, client.id)
    return {}
