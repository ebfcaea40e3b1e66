"""Users as administrators make, see and change them."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import codes, errors, newcomers, people, resources, sending, triggers
from cloudarium.services.cognito_idp.lookup import pool_of
from cloudarium.services.cognito_idp.records import users
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes, filters, passwords
from cloudarium.services.cognito_idp.signin import factors
from cloudarium.shared import paging

Data = dict[str, Any]
_DAY = 86400.0
_PAGE = 60


def shown(user: User) -> Data:
    """A user as ListUsers and AdminCreateUser answer it."""
    return {"Username": user.username, "Attributes": people.attribute_list(user), **_state(user)}


def _state(user: User) -> Data:
    return {
        "UserCreateDate": user.created,
        "UserLastModifiedDate": user.modified,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }


# ---- making ----------------------------------------------------------------------------------------------------------


@operation("AdminCreateUser", on=resources.pool)
async def admin_create_user(call: Call) -> Data:
    """Make a user with a temporary password and mail it, or mail it anew to one who has not come yet."""
    pool, given = pool_of(call), call.input
    policy = pool.data["Policies"]["PasswordPolicy"]
    password = given.get("TemporaryPassword") or passwords.temporary(policy)
    passwords.check(policy, password)
    if given.get("MessageAction") == "RESEND":
        return await _resend(call, pool, password)
    username, full = newcomers.named(pool, given["Username"], attributes.from_list(given.get("UserAttributes")))
    attributes.check(pool.data, full)
    validation = attributes.from_list(given.get("ValidationData"))
    newcomers.check_free(call, pool, newcomers.made(call, pool, username, full, "UNCONFIRMED", {}))
    said = await triggers.pre_sign_up(call, pool, "AdminCreateUser", username, "", full, validation)
    for kind, flag in (("email", "autoVerifyEmail"), ("phone_number", "autoVerifyPhone")):
        if said.get(flag) is True and full.get(kind):
            full[f"{kind}_verified"] = "true"
    verifier = await people.verifier_of(pool, username, password)
    secret = {"password": verifier, "until": call.now + policy["TemporaryPasswordValidityDays"] * _DAY}
    user = newcomers.made(call, pool, username, full, "FORCE_CHANGE_PASSWORD", secret)
    force = bool(given.get("ForceAliasCreation"))
    media = _media(call, pool, user)
    with call.transaction():
        newcomers.check_free(call, pool, user, force)
        user = people.save(call, pool, user, force=force)
    await _invite(call, pool, user, password, media)
    return {"User": shown(user)}


def _media(call: Call, pool: Pool, user: User) -> list[tuple[str, str]]:
    """(kind, value) of where an invitation goes. Raises for what cannot be sent; asked before anything is kept.

    SMS is the default as on AWS; a pool that cannot send any, or a user without a telephone, has the mail instead.
    """
    if call.input.get("MessageAction") == "SUPPRESS":
        return []
    asked = call.input.get("DesiredDeliveryMediums") or []
    phone, email = user.attributes.get("phone_number"), user.attributes.get("email")
    reachable = pool.data.get("SmsConfiguration") or triggers.has(pool, "CustomSMSSender")
    found = [("phone_number", phone)] if phone and ("SMS" in asked or (not asked and reachable)) else []
    if email and ("EMAIL" in asked or (not asked and not found)):
        found.append(("email", email))
    for kind, _ in found:
        sending.check(pool, kind)
    return [(kind, value) for kind, value in found if value]


async def _resend(call: Call, pool: Pool, password: str) -> Data:
    user = people.named(call, pool)
    if user.status != "FORCE_CHANGE_PASSWORD":
        said = f"Resend not possible. {user.username} status is not FORCE_CHANGE_PASSWORD"
        raise errors.Unsupported("UnsupportedUserStateException", said)
    verifier = await people.verifier_of(pool, user.username, password)
    until = call.now + pool.data["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] * _DAY
    media = _media(call, pool, user)
    with call.transaction():
        user = people.save(call, pool, people.with_password(pool, people.again(call, user), verifier, until))
    await _invite(call, pool, user, password, media)
    return {"User": shown(user)}


async def _invite(call: Call, pool: Pool, user: User, password: str, media: list[tuple[str, str]]) -> None:
    """Send the invitation."""
    for address in media:
        message = await sending.prepared(call, pool, user, "CustomMessage_AdminCreateUser", address)
        with call.transaction():
            sending.leave(call, message, password)
        await sending.go(call, message, password)


# ---- seeing ----------------------------------------------------------------------------------------------------------


@operation("AdminGetUser", on=resources.pool)
def admin_get_user(call: Call) -> Data:
    """A user with all attributes."""
    user = people.named(call, pool_of(call))
    seen = {"Username": user.username, "UserAttributes": people.attribute_list(user)}
    return {**seen, **_state(user), **factors.shown(user)}


@operation("AdminGetUserAuthFactors", on=resources.pool)
def admin_get_user_auth_factors(call: Call) -> Data:
    """By what a user may sign in, and its second factors."""
    pool = pool_of(call)
    return auth_factors(pool, people.named(call, pool))


def auth_factors(pool: Pool, user: User) -> Data:
    """The factors of a user, as GetUserAuthFactors answers them."""
    first = [kind for kind in factors.first_factors(pool, user) if kind != "PASSWORD_SRP"]
    return {"Username": user.username, "ConfiguredUserAuthFactors": first, **factors.shown(user)}


@operation("ListUsers", on=resources.pool)
def list_users(call: Call) -> Data:
    """The users of a pool, or those whom a filter lets pass."""
    pool, given = pool_of(call), call.input
    passes = filters.compile_filter(given.get("Filter") or "")
    if not set(given.get("AttributesToGet") or ()) <= attributes.by_name(pool.data["SchemaAttributes"]).keys():
        raise errors.Invalid("One or more requested attributes do not exist.")
    limit = given["Limit"] if given.get("Limit") is not None else _PAGE
    limit = limit or _PAGE
    try:
        after = str(paging.decode(given["PaginationToken"])) if given.get("PaginationToken") else ""
    except ValueError:
        raise errors.Invalid("Invalid pagination token.") from None
    found = [user for user in users.listed(call.store, pool.id, after) if passes(user)]
    listed = [_chosen(shown(user), given.get("AttributesToGet")) for user in found[:limit]]
    token = {"PaginationToken": paging.encode(found[limit - 1].key)} if len(found) > limit else {}
    return {"Users": listed, **token}


def _chosen(user: Data, names: list[str] | None) -> Data:
    if names is None:
        return user
    return {**user, "Attributes": [one for one in user["Attributes"] if one["Name"] in names]}


# ---- changing --------------------------------------------------------------------------------------------------------


@operation("AdminConfirmSignUp", on=resources.pool)
async def admin_confirm_sign_up(call: Call) -> Data:
    """Confirm a sign-up without a code; the addresses are not proved by that."""
    pool = pool_of(call)
    user = people.named(call, pool)
    if user.status != "UNCONFIRMED":
        raise errors.NotAuthorized(f"User cannot be confirmed. Current status is {user.status}")
    with call.transaction():
        saved = people.save(call, pool, user._replace(status="CONFIRMED"))
    await triggers.notify(call, pool, "PostConfirmation", "ConfirmSignUp", saved, "")
    return {}


@operation("AdminSetUserPassword", on=resources.pool)
async def admin_set_user_password(call: Call) -> Data:
    """Set a user's password: for good, or one that must be changed at the next sign-in."""
    pool = pool_of(call)
    user = people.named(call, pool)
    policy = pool.data["Policies"]["PasswordPolicy"]
    passwords.check(policy, call.input["Password"])
    await people.check_history(pool, user, call.input["Password"])
    verifier = await people.verifier_of(pool, user.username, call.input["Password"])
    permanent = bool(call.input.get("Permanent"))
    until = None if permanent else call.now + policy["TemporaryPasswordValidityDays"] * _DAY
    with call.transaction():
        status = "CONFIRMED" if permanent else "FORCE_CHANGE_PASSWORD"
        changed = people.with_password(pool, people.again(call, user), verifier, until)
        people.save(call, pool, changed._replace(status=status))
    return {}


@operation("AdminResetUserPassword", on=resources.pool)
async def admin_reset_user_password(call: Call) -> Data:
    """Have a user set another password by a code that is mailed."""
    pool = pool_of(call)
    user = people.named(call, pool)
    if user.status not in ("CONFIRMED", "RESET_REQUIRED"):
        raise errors.NotAuthorized("User password cannot be reset in the current state.")
    target = newcomers.recovery(pool, user)
    if target is None:
        raise errors.Invalid(
            "Cannot reset password for the user as there is no registered/verified email or phone_number"
        )
    sending.check(pool, target[0])
    with call.transaction():
        people.save(call, pool, user._replace(status="RESET_REQUIRED"))
    await codes.send(call, pool, user, "ForgotPassword", "CustomMessage_ForgotPassword", target)
    return {}


@operation("AdminUpdateUserAttributes", on=resources.pool)
async def admin_update_user_attributes(call: Call) -> Data:
    """Set attributes of a user; an administrator may say that an address is proved."""
    pool = pool_of(call)
    user = people.named(call, pool)
    given = attributes.from_list(call.input["UserAttributes"])
    attributes.check(pool.data, given)
    attributes.check_change(pool.data, given)
    changed = user.with_attributes(**_unproved(user, given))
    emptied = [name for name, value in given.items() if value == ""]
    kept = {name: value for name, value in changed.attributes.items() if name not in emptied}
    verifies = "phone_number" in pool.data.get("AutoVerifiedAttributes", ()) and given.get("phone_number")
    if verifies and changed.attributes.get("phone_number_verified") != "true":
        sending.check(pool, "phone_number")
    with call.transaction():
        saved = people.save(call, pool, changed.with_data(attributes=kept))
    for kind in pool.data.get("AutoVerifiedAttributes", ()):
        if given.get(kind) and saved.attributes.get(f"{kind}_verified") != "true":
            source = "CustomMessage_UpdateUserAttribute"
            await codes.send(call, pool, saved, f"Verify {kind}", source, (kind, given[kind]))
    return {}


def _unproved(user: User, given: dict[str, str]) -> dict[str, str]:
    """The changes, and that a changed address is not proved unless the change says so."""
    found = dict(given)
    for kind in attributes.VERIFIABLE:
        if given.get(kind) and given[kind] != user.attributes.get(kind):
            found.setdefault(f"{kind}_verified", "false")
    return found


@operation("AdminDeleteUserAttributes", on=resources.pool)
def admin_delete_user_attributes(call: Call) -> Data:
    """Take attributes away from a user."""
    pool = pool_of(call)
    people.save(call, pool, without(pool, people.named(call, pool), call.input["UserAttributeNames"]))
    return {}


def without(pool: Pool, user: User, names: list[str]) -> User:
    """The user without some attributes. Raises for those that the pool has not, or demands."""
    known = attributes.by_name(pool.data["SchemaAttributes"])
    unknown = [f"user.{name}: Attribute does not exist in the schema.\n" for name in names if name not in known]
    if unknown:
        raise errors.Invalid(f"Invalid user attributes: {''.join(unknown)}")
    for name in names:
        if known[name].get("Required"):
            raise errors.Invalid(f"user.{name}: The attribute is required\n")
    gone = {*names, *(f"{name}_verified" for name in names if name in attributes.VERIFIABLE)}
    kept = {name: value for name, value in user.attributes.items() if name not in gone}
    return user.with_data(attributes=kept)


@operation("AdminDeleteUser", on=resources.pool)
def admin_delete_user(call: Call) -> Data:
    """Delete a user; what was given to it is worth nothing from here on."""
    user = people.named(call, pool_of(call))
    people.sign_out(call, user)
    users.remove(call.store, user)
    return {}


@operation("AdminDisableUser", on=resources.pool)
def admin_disable_user(call: Call) -> Data:
    """Lock a user out and take back what was given to it."""
    pool = pool_of(call)
    user = people.named(call, pool)
    people.sign_out(call, user)
    people.save(call, pool, user._replace(enabled=False))
    return {}


@operation("AdminEnableUser", on=resources.pool)
def admin_enable_user(call: Call) -> Data:
    """Let a user in again."""
    pool = pool_of(call)
    people.save(call, pool, people.named(call, pool)._replace(enabled=True))
    return {}


@operation("AdminUserGlobalSignOut", on=resources.pool)
def admin_user_global_sign_out(call: Call) -> Data:
    """Take back every token of a user."""
    people.sign_out(call, people.named(call, pool_of(call)))
    return {}
