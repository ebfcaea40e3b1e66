"""Users as operations find and change them: by any of their names, with their passwords and addresses."""

from __future__ import annotations

import asyncio
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors
from cloudarium.services.cognito_idp.records import sessions, users
from cloudarium.services.cognito_idp.records.pools import Client, Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes, srp

Data = dict[str, Any]
_HOUR = 3600.0


def folded(pool: Pool, name: str) -> str:
    """A name as it is compared."""
    return name.lower() if pool.folds else name


def find(call: Call, pool: Pool, name: str) -> User | None:
    """The user whom a name, a sub or another name by which the pool lets sign in means."""
    key = folded(pool, name)
    found = users.find(call.store, pool.id, key)
    if found is not None:
        return found
    for kind in alias_kinds(pool):
        found = users.find_by_alias(call.store, pool.id, kind, alias_value(pool, kind, name))
        if found is not None:
            return found
    return users.find_by_sub(call.store, pool.id, name)


def named(call: Call, pool: Pool) -> User:
    """The user whom an administrator's call names. Raises when there is none."""
    found = find(call, pool, call.input["Username"])
    if found is None:
        raise errors.UserNotFound
    return found


def hides(client: Client) -> bool:
    """Whether the client's answers do not tell which users exist."""
    return client.data.get("PreventUserExistenceErrors") == "ENABLED"


# ---- aliases ---------------------------------------------------------------------------------------------------------


def alias_kinds(pool: Pool) -> list[str]:
    """The attributes by which users of a pool sign in beside their names."""
    return [*pool.data.get("UsernameAttributes", ()), *pool.data.get("AliasAttributes", ())]


def alias_value(pool: Pool, kind: str, value: str) -> str:
    """An alias as it is compared; an email address is the same in any case where names are."""
    return value if kind == "phone_number" else folded(pool, value)


def aliases_of(pool: Pool, user: User) -> dict[str, str]:
    """The other names that a user has by right: addresses as aliases only when they are verified.

    Who comes by a provider alone has none: several may have one address.
    """
    found: dict[str, str] = {}
    if user.status == "EXTERNAL_PROVIDER":
        return found
    for kind in alias_kinds(pool):
        value = user.attributes.get(kind, "")
        free = kind == "preferred_username" or kind in pool.data.get("UsernameAttributes", ())
        if value and (free or user.attributes.get(f"{kind}_verified") == "true"):
            found[kind] = alias_value(pool, kind, value)
    if user.status == "UNCONFIRMED":
        return {kind: value for kind, value in found.items() if kind in pool.data.get("UsernameAttributes", ())}
    return found


def save(call: Call, pool: Pool, user: User, *, force: bool = False) -> User:
    """Keep a changed user with its aliases. Raises when another user has one, unless it is to be taken."""
    changed = user._replace(modified=call.now)
    aliases = aliases_of(pool, changed)
    for kind, value in aliases.items():
        other = users.find_by_alias(call.store, pool.id, kind, value)
        if other is not None and other.key != user.key and not force:
            raise errors.AliasExists(kind)
        if other is not None and other.key != user.key:
            users.put(call.store, other.with_attributes(**{f"{kind}_verified": "false"}))
    users.put(call.store, changed)
    users.set_aliases(call.store, changed, aliases)
    return changed


def again(call: Call, user: User) -> User:
    """The user as it is now, after others had a turn."""
    found = users.find(call.store, user.pool, user.key)
    if found is None or found.sub != user.sub:
        raise errors.UserNotFound
    return found


# ---- passwords -------------------------------------------------------------------------------------------------------


async def verifier_of(pool: Pool, name: str, password: str) -> Data:
    """What to keep of a password of the user with this name."""
    made = await asyncio.to_thread(srp.verifier_of, pool.id, name, password)
    return made._asdict()


def kept_verifier(user: User) -> srp.Verifier | None:
    """What is kept of a user's password, None for one who has none."""
    kept = user.data.get("password")
    return srp.Verifier(**kept) if kept else None


async def knows_password(user: User, password: str) -> bool:
    """Whether it is the user's password."""
    kept = kept_verifier(user)
    return kept is not None and await asyncio.to_thread(srp.matches, kept, user.pool, user.username, password)


def with_password(pool: Pool, user: User, verifier: Data, until: float | None) -> User:
    """The user with another password; earlier ones are kept as far as the pool forbids to use them again."""
    size = pool.data["Policies"]["PasswordPolicy"].get("PasswordHistorySize") or 0
    before = [user.data["password"]] if user.data.get("password") else []
    earlier = [*before, *user.data.get("earlier", [])][: max(size - 1, 0)]
    return user.with_data(password=verifier, until=until, earlier=earlier)


async def check_history(pool: Pool, user: User, password: str) -> None:
    """Raise for a password that is one of the latest, where the pool keeps a history."""
    size = pool.data["Policies"]["PasswordPolicy"].get("PasswordHistorySize") or 0
    kept = [user.data["password"]] if user.data.get("password") else []
    for one in [*kept, *user.data.get("earlier", [])][:size]:
        if await asyncio.to_thread(srp.matches, srp.Verifier(**one), user.pool, user.username, password):
            raise errors.PasswordUsed


# ---- tokens ----------------------------------------------------------------------------------------------------------


def sign_out(call: Call, user: User) -> None:
    """Take back every token of a user."""
    for origin in sessions.origins(call.store, user.pool, user.key):
        sessions.revoke(call.store, user.pool, origin, call.now + 24 * _HOUR, call.now)


def attribute_list(user: User) -> list[dict[str, str]]:
    """A user's attributes as administrators see them."""
    return attributes.to_list(user.attributes)
