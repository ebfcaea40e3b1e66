"""Links: that somebody of an outside provider is a user whom the pool has already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors, people
from cloudarium.services.cognito_idp.records import federation, users
from cloudarium.services.cognito_idp.records.federation import Link, Provider
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import providers as rules

Data = dict[str, Any]
EXTERNAL = "EXTERNAL_PROVIDER"
_MOST = 5
_NOT_SIGNED_UP = "Merging is not currently supported, provide a SourceUser that has not been signed up in order to link"
_LOCAL = (
    "Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, only as a "
    "DestinationUser"
)


def username(pool: Pool, provider: str, subject: str) -> str:
    """What somebody of a provider is called in a pool: in lower case where names are the same in any."""
    return people.folded(pool, f"{provider}_{subject}")


def with_identities(user: User, entries: list[Data]) -> User:
    """The user with these identities elsewhere."""
    kept = {name: value for name, value in user.attributes.items() if name != "identities"}
    return user.with_data(attributes={**kept, **({"identities": orjson.dumps(entries).decode()} if entries else {})})


def of(user: User) -> list[Data]:
    """Whom a user is elsewhere."""
    return rules.identities(user.attributes.get("identities"))


def _provider(call: Call, pool: Pool, given: Mapping[str, str], which: str) -> Provider:
    name = given.get("ProviderName") or ""
    found = federation.find_provider(call.store, pool.id, name)
    if found is None:
        raise errors.Invalid(f"Invalid {which}: the identity provider {name} does not exist in the user pool.")
    return found


def _destination(call: Call, pool: Pool, given: Mapping[str, str]) -> User:
    value = given.get("ProviderAttributeValue") or ""
    if (given.get("ProviderName") or rules.OWN) == rules.OWN:
        found = users.find(call.store, pool.id, people.folded(pool, value))
    else:
        provider = _provider(call, pool, given, "DestinationUser")
        found = users.find(call.store, pool.id, people.folded(pool, username(pool, provider.name, value)))
    if found is None:
        raise errors.UserNotFound
    return found


def link(call: Call, pool: Pool, destination: Mapping[str, str], source: Mapping[str, str]) -> None:
    """Link somebody of a provider, the source, with a user, the destination. Raises as AWS refuses it."""
    if source.get("ProviderName") == rules.OWN:
        raise errors.Invalid(_LOCAL)
    provider = _provider(call, pool, source, "SourceUser")
    attribute, value = source.get("ProviderAttributeName") or "", source.get("ProviderAttributeValue") or ""
    if not attribute or not value:
        raise errors.Invalid("Invalid SourceUser: ProviderAttributeName and ProviderAttributeValue are required.")
    if attribute != rules.SUBJECT and attribute not in provider.data["AttributeMapping"]:
        raise errors.Invalid(f"Invalid SourceUser: the attribute {attribute} is not mapped.")
    user = _destination(call, pool, destination)
    if attribute == rules.SUBJECT:
        there = users.find(call.store, pool.id, people.folded(pool, username(pool, provider.name, value)))
        if there is not None:
            raise errors.Invalid(_NOT_SIGNED_UP if there.status == EXTERNAL else _LOCAL)
    known = federation.find_link(call.store, pool.id, provider.name, attribute, value)
    if known is not None and known.user != user.key:
        raise errors.AliasExists("linked identity")
    entries = of(user)
    if known is None and len([one for one in entries if not one["primary"]]) >= _MOST:
        raise errors.LimitExceeded("The maximum number of linked identities has been reached.")
    federation.put_link(call.store, Link(pool.id, provider.name, attribute, value, user.key))
    if attribute == rules.SUBJECT:
        _add(call, pool, user, provider.name, value)


def _add(call: Call, pool: Pool, user: User, provider: str, subject: str) -> User:
    entries = of(user)
    if any(one["providerName"] == provider and one["userId"] == subject for one in entries):
        return user
    entries.append(rules.identity(provider, subject, False, call.now))
    return people.save(call, pool, with_identities(user, entries))


def linked(call: Call, pool: Pool, provider: Provider, subject: str, attributes: Mapping[str, str]) -> User | None:
    """The user with whom somebody of a provider is linked, by the subject or by an attribute; None without a link."""
    found = federation.find_link(call.store, pool.id, provider.name, rules.SUBJECT, subject)
    if found is None:
        for name in federation.links_at(call.store, pool.id, provider.name):
            value = attributes.get(name)
            found = found or (value and federation.find_link(call.store, pool.id, provider.name, name, value)) or None
    user = users.find(call.store, pool.id, found.user) if found else None
    if user is None or found is None:
        return None
    if found.attribute != rules.SUBJECT:  # from now on known by the subject, whatever becomes of the attribute
        federation.remove_link(call.store, found)
        federation.put_link(call.store, found._replace(attribute=rules.SUBJECT, value=subject))
    return _add(call, pool, user, provider.name, subject)


def unlink(call: Call, pool: Pool, given: Mapping[str, str]) -> None:
    """Take a link away; of a user of the pool itself, the password."""
    name, value = given.get("ProviderName") or "", given.get("ProviderAttributeValue") or ""
    attribute = given.get("ProviderAttributeName") or rules.SUBJECT
    if name == rules.OWN:
        _disable(call, pool, attribute, value)
        return
    provider = _provider(call, pool, given, "User")
    found = federation.find_link(call.store, pool.id, provider.name, attribute, value)
    if found is None:
        own = users.find(call.store, pool.id, people.folded(pool, username(pool, provider.name, value)))
        if attribute != rules.SUBJECT or own is None:
            raise errors.UserNotFound
        people.save(call, pool, own._replace(enabled=False))
        return
    federation.remove_link(call.store, found)
    user = users.find(call.store, pool.id, found.user)
    if user is not None and attribute == rules.SUBJECT:
        kept = [one for one in of(user) if (one["providerName"], one["userId"]) != (provider.name, value)]
        people.save(call, pool, with_identities(user, kept))


def _disable(call: Call, pool: Pool, attribute: str, name: str) -> None:
    """Take the password of a user of the pool away."""
    user = users.find(call.store, pool.id, people.folded(pool, name)) if attribute == rules.SUBJECT else None
    if user is None or user.status == EXTERNAL:
        raise errors.UserNotFound
    people.save(call, pool, user.with_data(password=None))
