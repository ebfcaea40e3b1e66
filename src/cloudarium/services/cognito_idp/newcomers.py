"""How a user comes to be: names and addresses checked, kept, and told apart from those that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors, people
from cloudarium.services.cognito_idp.records import users
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.shared import ids

Data = dict[str, Any]


def named(pool: Pool, name: str, attributes: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """(user name, attributes) of a new user; where the name is an address, the user name is the sub.

    Raises when the name is no address but must be one, or is one and must not.
    """
    sub = ids.uuid()
    kinds = pool.data.get("UsernameAttributes", ())
    if not kinds:
        if "@" in name and "email" in pool.data.get("AliasAttributes", ()):
            raise errors.Invalid("Username cannot be of email format, since user pool is configured for email alias.")
        if "," in name:
            raise errors.Invalid("Username must not contain a comma.")
        return name, {"sub": sub, **attributes}
    kind = "email" if "@" in name else "phone_number"
    if kind not in kinds:
        raise errors.Invalid(_NAMES[kinds[0] if len(kinds) == 1 else "both"])
    if attributes.get(kind, name) != name:
        raise errors.Invalid(f"User Name and {kind} must be the same.")
    return sub, {"sub": sub, **attributes, kind: name}


_NAMES = {
    "email": "Username should be an email.",
    "phone_number": "Username should be a phone number.",
    "both": "Username should be either an email or a phone number.",
}


def check_free(call: Call, pool: Pool, user: User, force: bool = False) -> None:
    """Raise when the name is taken, or in pools whose names are addresses the address."""
    if users.find(call.store, pool.id, user.key) is not None:
        raise errors.UsernameExists
    for kind in pool.data.get("UsernameAttributes", ()):
        value = user.attributes.get(kind)
        if value and users.find_by_alias(call.store, pool.id, kind, people.alias_value(pool, kind, value)):
            raise errors.UsernameExists(f"An account with the given {kind} already exists.")
    for kind, value in people.aliases_of(pool, user).items():
        if users.find_by_alias(call.store, pool.id, kind, value) is not None and not force:
            raise errors.AliasExists(kind)


def made(call: Call, pool: Pool, username: str, attributes: Mapping[str, str], status: str, data: Data) -> User:
    """A new user, not kept yet."""
    key = people.folded(pool, username)
    everything = {"attributes": dict(attributes), **data}
    return User(pool.id, key, username, attributes["sub"], status, True, call.now, call.now, everything)


def address(pool: Pool, user: User) -> tuple[str, str] | None:
    """(kind, value) of where the code for a sign-up goes: the first address that the pool verifies, email first."""
    verified = pool.data.get("AutoVerifiedAttributes", ())
    kinds = [kind for kind in ("phone_number", "email") if kind in verified and user.attributes.get(kind)]
    if "email" in kinds:
        kinds = ["email"]
    return (kinds[0], user.attributes[kinds[0]]) if kinds else None


def by_administrators(pool: Pool) -> bool:
    """Whether nobody but an administrator gives new passwords."""
    setting = pool.data.get("AccountRecoverySetting", {}).get("RecoveryMechanisms") or []
    return [one["Name"] for one in setting] == ["admin_only"]


def recovery(pool: Pool, user: User) -> tuple[str, str] | None:
    """(kind, value) of the verified address by which a user gets a new password."""
    setting = pool.data.get("AccountRecoverySetting", {}).get("RecoveryMechanisms")
    if setting:
        order = [each["Name"].removeprefix("verified_") for each in sorted(setting, key=lambda one: one["Priority"])]
    else:
        order = ["phone_number", "email"]
    for kind in order:
        if user.attributes.get(kind) and user.attributes.get(f"{kind}_verified") == "true":
            return kind, user.attributes[kind]
    return None
