"""What a user does with its own access token."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import codes, errors, guard, people, sending, tokens
from cloudarium.services.cognito_idp.operations.admin import auth_factors, without
from cloudarium.services.cognito_idp.records import users
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes, passwords
from cloudarium.services.cognito_idp.signin import factors

Data = dict[str, Any]


@operation("GetUser")
def get_user(call: Call) -> Data:
    """The user itself, with what its client may read."""
    found = tokens.bearer(call)
    readable = attributes.readable(found.client.data, found.user.attributes)
    seen = {"Username": found.user.username, "UserAttributes": attributes.to_list(readable)}
    return {**seen, **factors.shown(found.user)}


@operation("GetUserAuthFactors")
def get_user_auth_factors(call: Call) -> Data:
    """By what the user may sign in, and its second factors."""
    found = tokens.bearer(call)
    return auth_factors(found.pool, found.user)


@operation("UpdateUserAttributes")
async def update_user_attributes(call: Call) -> Data:
    """Set attributes; a new address has to be proved by a code, where the pool asks for it before it counts."""
    found = tokens.bearer(call)
    pool, user = found.pool, found.user
    given = attributes.from_list(call.input["UserAttributes"])
    attributes.check(pool.data, given)
    attributes.check_writable(found.client.data, given)
    attributes.check_change(pool.data, given)
    changed = _changed(pool, user, given)
    asked = [
        kind
        for kind in pool.data.get("AutoVerifiedAttributes", ())
        if given.get(kind) and given[kind] != user.attributes.get(kind)
    ]
    for kind in asked:
        sending.check(pool, kind)
    with call.transaction():
        saved = people.save(call, pool, changed)
    sent = []
    for kind in asked:
        source = "CustomMessage_UpdateUserAttribute"
        target = (kind, given[kind])
        sent.append(await codes.send(call, pool, saved, f"Verify {kind}", source, target, found.client.id))
    return {"CodeDeliveryDetailsList": sent}


def _changed(pool: Pool, user: User, given: dict[str, str]) -> User:
    waits = pool.data["UserAttributeUpdateSettings"].get("AttributesRequireVerificationBeforeUpdate", ())
    attribute, pending = dict(user.attributes), dict(user.data.get("pending", {}))
    for name, value in given.items():
        if name in attributes.VERIFIABLE and value != user.attributes.get(name):
            if name in waits and value:
                pending[name] = value
                continue
            attribute[f"{name}_verified"] = "false"
        attribute[name] = value
    kept = {name: value for name, value in attribute.items() if value != ""}
    return user.with_data(attributes=kept, pending=pending)


@operation("DeleteUserAttributes")
def delete_user_attributes(call: Call) -> Data:
    """Take attributes away."""
    found = tokens.bearer(call)
    attributes.check_writable(found.client.data, call.input["UserAttributeNames"])
    people.save(call, found.pool, without(found.pool, found.user, call.input["UserAttributeNames"]))
    return {}


@operation("GetUserAttributeVerificationCode")
async def get_user_attribute_verification_code(call: Call) -> Data:
    """Mail a code that proves an address."""
    found = tokens.bearer(call)
    kind = call.input["AttributeName"]
    value = found.user.data.get("pending", {}).get(kind) or found.user.attributes.get(kind)
    if kind not in attributes.VERIFIABLE or not value:
        raise errors.Invalid(f"Cannot verify attribute {kind}.")
    source = "CustomMessage_VerifyUserAttribute"
    sent = await codes.send(call, found.pool, found.user, f"Verify {kind}", source, (kind, value), found.client.id)
    return {"CodeDeliveryDetails": sent}


@operation("VerifyUserAttribute")
async def verify_user_attribute(call: Call) -> Data:
    """Prove an address by the code that was mailed to it; one that waited for that takes the old one's place."""
    found = tokens.bearer(call)
    kind = call.input["AttributeName"]
    codes.check(call, found.user, f"Verify {kind}", call.input["Code"])
    pending = dict(found.user.data.get("pending", {}))
    value = pending.pop(kind, None) or found.user.attributes.get(kind, "")
    changed = found.user.with_attributes(**{kind: value, f"{kind}_verified": "true"}).with_data(pending=pending)
    with call.transaction():
        people.save(call, found.pool, changed)
        codes.used(call, found.user, f"Verify {kind}")
    return {}


@operation("ChangePassword")
async def change_password(call: Call) -> Data:
    """Set another password by the present one; wrong ones lock out like those at a sign-in."""
    found = tokens.bearer(call)
    user, proposed = found.user, call.input["ProposedPassword"]
    if not call.input.get("PreviousPassword"):
        raise errors.Invalid("PreviousPassword is required.")
    passwords.check(found.pool.data["Policies"]["PasswordPolicy"], proposed)
    await guard.check_password(call, user, call.input["PreviousPassword"])
    await people.check_history(found.pool, user, proposed)
    verifier = await people.verifier_of(found.pool, user.username, proposed)
    with call.transaction():
        people.save(call, found.pool, people.with_password(found.pool, people.again(call, user), verifier, None))
    return {}


@operation("DeleteUser")
def delete_user(call: Call) -> Data:
    """Delete the user itself."""
    found = tokens.bearer(call)
    people.sign_out(call, found.user)
    users.remove(call.store, found.user)
    return {}


@operation("GlobalSignOut")
def global_sign_out(call: Call) -> Data:
    """Take back every token of the user."""
    people.sign_out(call, tokens.bearer(call).user)
    return {}
