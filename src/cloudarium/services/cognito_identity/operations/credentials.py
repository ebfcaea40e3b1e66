"""What anybody may ask for: an identity, its credentials or its token. Nobody signs these calls: the logins prove."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy.principal import Principal
from cloudarium.services.cognito_identity import errors, logins, lookup, records, resources, rules, tokens
from cloudarium.services.cognito_identity.logins import Proof
from cloudarium.services.cognito_identity.records import Identity, Pool
from cloudarium.shared.errors import AwsError, NotBuilt

Data = dict[str, Any]
_SESSION = "CognitoIdentityCredentials"
_GUESTS_ALLOW = [*(f"{service}:*" for service in rules.GUEST_SERVICES), *rules.GUEST_ACTIONS]
_GUESTS = orjson.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": _GUESTS_ALLOW, "Resource": "*"}]}
).decode()


@operation("GetId")
async def get_id(call: Call) -> Data:
    """The identity that has these logins; a new one for new logins, and for each guest."""
    pool = _pool(call)
    proofs = await logins.proved(call, pool)
    with call.transaction():
        pool = _pool(call)
        return {"IdentityId": logins.found_or_made(call, pool, proofs).id}


def _pool(call: Call) -> Pool:
    found, account = records.find_pool(call.store, call.input["IdentityPoolId"]), call.input.get("AccountId")
    if found is None or account not in (None, found.scope.account):
        raise errors.NotFound.pool(call.input["IdentityPoolId"])
    call.scope = found.scope
    return found


async def _entered(call: Call) -> tuple[Pool, Identity, list[Proof]]:
    """The pool, the identity as whom the call goes on, and what proved it."""
    pool, _ = lookup.public_identity(call)
    proofs = await logins.proved(call, pool)
    with call.transaction():
        pool, identity = lookup.public_identity(call)  # as they are now: proving took time
        return pool, logins.entered(call, pool, identity, proofs), proofs


@operation("GetCredentialsForIdentity")
async def get_credentials_for_identity(call: Call) -> Data:
    """Temporary credentials of the role that an identity gets (the enhanced flow)."""
    pool, identity, proofs = await _entered(call)
    custom = call.input.get("CustomRoleArn")
    role = _role(pool, proofs, custom) if proofs else rules.guest_role(pool.data, custom)
    token = await tokens.made(
        call, pool, identity, logins.amr(proofs), _session_tags(pool, proofs), tokens.BASIC_SECONDS
    )
    asked: Data = {"RoleArn": role, "RoleSessionName": _SESSION, "WebIdentityToken": token}
    if not proofs:
        asked |= {"Policy": _GUESTS, "PolicyArns": [{"arn": rules.GUEST_POLICY}]}
    as_ = Principal.service(resources.SERVICE, pool.scope.account)
    try:
        session = await call.send("sts", "AssumeRoleWithWebIdentity", asked, as_=as_, scope=pool.scope)
    except NotBuilt:
        raise
    except AwsError:
        raise errors.InvalidConfiguration from None
    made = session["Credentials"]
    shown = {name: made[name] for name in ("AccessKeyId", "SessionToken", "Expiration")}
    return {"IdentityId": identity.id, "Credentials": {**shown, "SecretKey": made["SecretAccessKey"]}}


def _role(pool: Pool, proofs: list[Proof], custom: str | None) -> str:
    """The role by the first login whose provider has a mapping."""
    mappings = pool.data.get("RoleMappings", {})
    for proof in proofs:
        provider = proof.login.provider
        for name in (f"{provider}:{proof.client}", provider, proof.arn):
            if name in mappings:
                return rules.mapped_role(pool.data, mappings[name], proof.claims, custom)
    return rules.mapped_role(pool.data, None, {}, custom)


def _session_tags(pool: Pool, proofs: list[Proof]) -> dict[str, str]:
    maps = pool.data.get("PrincipalTags", {})
    found: dict[str, str] = {}
    for proof in proofs:
        found |= rules.session_tags(maps.get(proof.login.provider, maps.get(proof.arn)), proof.claims)
        if proof.identity:
            found |= rules.own_tags(proof.claims)
    return found


@operation("GetOpenIdToken")
async def get_open_id_token(call: Call) -> Data:
    """A token of an identity, for AssumeRoleWithWebIdentity (the basic flow)."""
    pool, _ = lookup.public_identity(call)
    if not pool.data["AllowClassicFlow"]:
        raise errors.Invalid("Basic (classic) flow is not enabled, please use enhanced flow.")
    pool, identity, proofs = await _entered(call)
    carried = _session_tags(pool, proofs)
    token = await tokens.made(call, pool, identity, logins.amr(proofs), carried, tokens.BASIC_SECONDS)
    return {"IdentityId": identity.id, "Token": token}


@operation("UnlinkIdentity")
async def unlink_identity(call: Call) -> Data:
    """Take logins away from an identity, which these and others prove; with its last one it is disabled."""
    pool, _ = lookup.public_identity(call)
    proofs = await logins.proved(call, pool)
    if not proofs:
        raise errors.NotAuthorized.forbidden(call.input["IdentityId"])
    with call.transaction():
        pool, identity = lookup.public_identity(call)
        if logins.entered(call, pool, identity, proofs).id != identity.id:
            raise errors.NotAuthorized.other_logins()
        for login in records.logins(call.store, identity):
            if login.provider in call.input["LoginsToRemove"]:
                records.unlink(call.store, pool.id, login)
        left = records.logins(call.store, identity)
        records.put_identity(call.store, identity._replace(modified=call.now, disabled=int(not left)))
    return {}
