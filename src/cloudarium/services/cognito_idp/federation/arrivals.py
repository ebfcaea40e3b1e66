"""Somebody whom a provider vouches for arrives: as a user who is there, as one linked, or as a new one."""

from __future__ import annotations

from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors, newcomers, people, triggers
from cloudarium.services.cognito_idp.federation import links
from cloudarium.services.cognito_idp.records import users
from cloudarium.services.cognito_idp.records.federation import Provider
from cloudarium.services.cognito_idp.records.pools import Client, Pool
from cloudarium.services.cognito_idp.records.users import Group, User
from cloudarium.services.cognito_idp.rules import attributes
from cloudarium.services.cognito_idp.rules import providers as rules
from cloudarium.shared import ids

Data = dict[str, Any]
_LONGEST_NAME = 128


class Arrival(NamedTuple):
    """Who arrives: of which provider, under which subject, with which of the pool's attributes."""

    pool: Pool
    client: Client
    provider: Provider
    subject: str
    attributes: dict[str, str]


def arrival(pool: Pool, client: Client, provider: Provider, claims: Data) -> Arrival:
    """Who has these claims. Raises where the pool cannot have such a user."""
    wanted = provider.data["AttributeMapping"]
    subject = claims.get(wanted["username"])
    if not isinstance(subject, str) or not subject:
        raise errors.Invalid(f"Invalid claim {wanted['username']}: it is the user name.")
    if not subject.isprintable() or " " in subject or len(f"{provider.name}_{subject}") > _LONGEST_NAME:
        raise errors.Invalid(f"Invalid claim {wanted['username']}: it cannot be part of a user name.")
    found = rules.mapped(pool.data, wanted, claims)
    rules.check_writable(client.data, found)
    return Arrival(pool, client, provider, subject, found)


async def enter(call: Call, who: Arrival) -> User:
    """The user who arrives, with what the provider says now. Raises when a function or the user's state says no."""
    user = _known(call, who)
    if user is None:
        said = await _pre_sign_up(call, who)
        user = _known(call, who)  # the function may have linked him with somebody
        if user is None:
            return await _made(call, who, said)
    if not user.enabled:
        raise errors.NotAuthorized("User is not enabled")
    pool, client = who.pool, who.client.id
    validation = {"validationData": None}
    await triggers.notify(call, pool, "PreAuthentication", "Authentication", user, client, **validation)
    with call.transaction():
        user = _updated(call, who, people.again(call, user))
    await triggers.notify(call, pool, "PostAuthentication", "Authentication", user, client, newDeviceUsed=False)
    return user


def _known(call: Call, who: Arrival) -> User | None:
    with call.transaction():
        found = links.linked(call, who.pool, who.provider, who.subject, who.attributes)
    if found is not None:
        return found
    own = users.find(call.store, who.pool.id, people.folded(who.pool, _name(who)))
    if own is not None and own.status != links.EXTERNAL and not _is_his(own, who):
        raise errors.Invalid("User already exists with provider user id")
    return own


def _is_his(user: User, who: Arrival) -> bool:
    return any(
        one["providerName"] == who.provider.name and one["userId"] == who.subject and one["primary"]
        for one in links.of(user)
    )


def _name(who: Arrival) -> str:
    return links.username(who.pool, who.provider.name, who.subject)


async def _pre_sign_up(call: Call, who: Arrival) -> Data:
    seen = {"cognito:email_alias": "", "cognito:phone_number_alias": "", **who.attributes}
    return await triggers.pre_sign_up(call, who.pool, "ExternalProvider", _name(who), who.client.id, seen, {})


async def _made(call: Call, who: Arrival, said: Data) -> User:
    pool = who.pool
    given = dict(who.attributes)
    for kind, flag in (("email", "autoVerifyEmail"), ("phone_number", "autoVerifyPhone")):
        if said.get(flag) is True and given.get(kind):
            given[f"{kind}_verified"] = "true"
    rules.check_required(pool.data, given)
    entry = rules.identity(who.provider.name, who.subject, True, call.now)
    full = {"sub": ids.uuid(), **given}
    with call.transaction():
        user = links.with_identities(newcomers.made(call, pool, _name(who), full, links.EXTERNAL, {}), [entry])
        if users.find(call.store, pool.id, user.key) is not None:
            raise errors.UsernameExists
        user = people.save(call, pool, user)
        users.join(call.store, _group(call, who), user)
    await triggers.notify(call, pool, "PostConfirmation", "ConfirmSignUp", user, who.client.id)
    return people.again(call, user)


def _group(call: Call, who: Arrival) -> Group:
    """The group of all who come by the provider; it is made with the first of them."""
    name = f"{who.pool.id}_{who.provider.name}"
    found = users.find_group(call.store, who.pool.id, name)
    if found is None:
        about = f"Autogenerated group for users who sign in using {who.provider.name}"
        times = {"CreationDate": call.now, "LastModifiedDate": call.now}
        found = Group(who.pool.id, name, {"Description": about, **times})
        users.put_group(call.store, found)
    return found


def _updated(call: Call, who: Arrival, user: User) -> User:
    """The user with the attributes as the provider says them now; what it says nothing of stays."""
    changes = {name: value for name, value in who.attributes.items() if user.attributes.get(name) != value}
    attributes.check_change(who.pool.data, changes)
    if not changes:
        return user
    return people.save(call, who.pool, user.with_attributes(**changes))
