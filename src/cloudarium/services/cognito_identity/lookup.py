"""How operations find what they name: pools and identities, in one call's scope or by what nobody else has."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_identity import errors, records
from cloudarium.services.cognito_identity.records import Identity, Pool
from cloudarium.shared import paging


def pool_of(call: Call) -> Pool:
    """The pool that an administrator's call names."""
    found = records.find_pool(call.store, call.input["IdentityPoolId"])
    if found is None or found.scope != call.scope:
        raise errors.NotFound.pool(call.input["IdentityPoolId"])
    return found


def identity_of(call: Call) -> Identity:
    """The identity that an administrator's call names."""
    found = records.find_identity(call.store, call.input["IdentityId"])
    pool = records.find_pool(call.store, found.pool) if found is not None else None
    if found is None or pool is None or pool.scope != call.scope:
        raise errors.NotFound.identity(call.input["IdentityId"])
    return found


def public_identity(call: Call) -> tuple[Pool, Identity]:
    """The identity, and its pool, that a call names which nobody has to sign; the call goes on in the pool's scope."""
    identity = records.find_identity(call.store, call.input["IdentityId"])
    pool = records.find_pool(call.store, identity.pool) if identity is not None else None
    if identity is None or pool is None:
        raise errors.NotFound.identity(call.input["IdentityId"])
    call.scope = pool.scope
    return pool, identity


def after(call: Call) -> str:
    """The last id of the page before, "" for the first page."""
    token = call.input.get("NextToken")
    if not token:
        return ""
    try:
        last = paging.decode(token)
    except ValueError:
        last = None
    if not isinstance(last, str):
        raise errors.Invalid("Invalid NextToken.")
    return last
