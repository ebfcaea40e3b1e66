"""Developer identities: users whom the developer's own backend knows and vouches for with its signature."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_identity import errors, logins, lookup, records, resources, tokens
from cloudarium.services.cognito_identity.logins import Proof
from cloudarium.services.cognito_identity.records import Identity, Login, Pool
from cloudarium.shared import paging, tags

Data = dict[str, Any]


def _provider(pool: Pool) -> str:
    name: str | None = pool.data.get("DeveloperProviderName")
    if not name:
        raise errors.Invalid("The identity pool has no developer provider.")
    return name


def _of_pool(call: Call, pool: Pool) -> Identity:
    """The identity that a call names, which must be the pool's."""
    found = records.find_identity(call.store, call.input["IdentityId"])
    if found is None or found.pool != pool.id:
        raise errors.NotFound.identity(call.input["IdentityId"])
    return found


@operation("GetOpenIdTokenForDeveloperIdentity", on=resources.pool)
async def get_open_id_token_for_developer_identity(call: Call) -> Data:
    """A token for a user of the developer's own; the first one makes an identity of him, or links him to one."""
    given = call.input
    pool = lookup.pool_of(call)
    login = _login(pool, given["Logins"])
    proofs = await logins.proved(call, pool, but=login.provider)
    carried = given.get("PrincipalTags") or {}
    wrong = tags.problem(carried)
    if wrong:
        raise errors.Invalid(wrong)
    with call.transaction():
        identity = logins.linked(call, _registered(call, pool, login, proofs), proofs)
    name = login.provider
    amr = ["authenticated", name, f"{name}:{pool.id}:{login.subject}", *logins.amr(proofs)[1:]]
    seconds = given.get("TokenDuration") or tokens.DEVELOPER_SECONDS
    return {"IdentityId": identity.id, "Token": await tokens.made(call, pool, identity, amr, carried, seconds)}


def _login(pool: Pool, given: dict[str, str]) -> Login:
    provider = _provider(pool)
    if provider not in given:
        raise errors.Invalid("Please include a login of the identity pool's developer provider.")
    return Login(provider, given[provider])


def _registered(call: Call, pool: Pool, login: Login, proofs: list[Proof]) -> Identity:
    """The identity of a developer's user, who is linked to the one that the call names or to a new one.

    What else was proved in the call must be the same identity's, or nobody's yet.
    """
    known, other = records.identity_of(call.store, pool.id, login), logins.one_owner(call, pool, proofs)
    named = call.input.get("IdentityId")
    if other is not None and other.id != (named or (known or other).id):
        raise errors.Conflict("Logins are already linked to different identities.")
    if not named:
        identity = known or other or logins.added(call, pool)
    else:
        identity = _of_pool(call, pool)
        if known is not None and known.id != identity.id:
            message = "The developer user identifier is already registered with another identity."
            raise errors.DeveloperUserRegistered(message)
    if known is None:
        records.link(call.store, identity, login)
        records.put_identity(call.store, identity._replace(modified=call.now, disabled=0))
    return identity


@operation("LookupDeveloperIdentity", on=resources.pool)
def lookup_developer_identity(call: Call) -> Data:
    """The identity of a developer's user, and all users that it is; by either of them, or whether both belong."""
    given, pool = call.input, lookup.pool_of(call)
    user, id = given.get("DeveloperUserIdentifier"), given.get("IdentityId")
    if not user and not id:
        raise errors.Invalid("Please provide an IdentityId or a DeveloperUserIdentifier.")
    provider = _provider(pool)
    identity = _of_pool(call, pool) if id else None
    if user:
        named = records.identity_of(call.store, pool.id, Login(provider, user))
        if named is None:
            raise errors.NotFound(f"Developer user identifier '{user}' not found.")
        if identity is not None and identity.id != named.id:
            raise errors.Conflict("The developer user identifier belongs to another identity.")
        identity = named
    assert identity is not None
    last, most = lookup.after(call), given.get("MaxResults") or 60
    users = [one.subject for one in records.logins(call.store, identity) if one.provider == provider]
    left = [name for name in users if name > last]
    answer: Data = {"IdentityId": identity.id, "DeveloperUserIdentifierList": [user] if user else left[:most]}
    return {**answer, **({"NextToken": paging.encode(left[most - 1])} if not user and len(left) > most else {})}


@operation("MergeDeveloperIdentities", on=resources.pool)
def merge_developer_identities(call: Call) -> Data:
    """Make two identities of developer's users one: the destination's, which gets all logins of the source's."""
    given, pool = call.input, lookup.pool_of(call)
    if given["DeveloperProviderName"] != _provider(pool):
        raise errors.Invalid("The developer provider name is not the identity pool's.")
    found = []
    for member in ("SourceUserIdentifier", "DestinationUserIdentifier"):
        identity = records.identity_of(call.store, pool.id, Login(_provider(pool), given[member]))
        if identity is None:
            raise errors.NotFound(f"Developer user identifier '{given[member]}' not found.")
        found.append(identity)
    source, destination = found
    if source.id == destination.id:
        raise errors.Invalid("The users belong to the same identity.")
    for login in records.logins(call.store, source):
        records.link(call.store, destination, login)
    records.remove_identity(call.store, source)
    records.put_identity(call.store, destination._replace(modified=call.now))
    return {"IdentityId": destination.id}


@operation("UnlinkDeveloperIdentity", on=resources.pool)
def unlink_developer_identity(call: Call) -> Data:
    """Take a developer's user away from an identity; with its last login it is disabled."""
    given, pool = call.input, lookup.pool_of(call)
    identity = _of_pool(call, pool)
    login = Login(given["DeveloperProviderName"], given["DeveloperUserIdentifier"])
    if login not in records.logins(call.store, identity):
        raise errors.NotFound(f"Developer user identifier '{login.subject}' not found.")
    records.unlink(call.store, pool.id, login)
    left = records.logins(call.store, identity)
    records.put_identity(call.store, identity._replace(modified=call.now, disabled=int(not left)))
    return {}
