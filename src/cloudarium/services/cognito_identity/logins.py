"""Logins: the tokens by which somebody proves who he is elsewhere, and the identity that this makes him."""

from __future__ import annotations

from typing import Any, NamedTuple

from cloudarium.gateway import issuers
from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.cognito_identity import errors, records, resources
from cloudarium.services.cognito_identity.records import Identity, Login, Pool
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_UNSUPPORTED = "Token is not from a supported provider of this identity pool."
_NOT_ONE = "Not a valid OpenId Connect identity token."


class Proof(NamedTuple):
    """A login that was proved: of which provider and client, and what its token says.

    `identity` is the identity that a token of the developer's own speaks of; it is no login of its own.
    """

    login: Login
    claims: Data
    client: str = ""
    arn: str = ""
    identity: str = ""

    @property
    def amr(self) -> list[str]:
        """By which means somebody proved who he is, as tokens say it."""
        provider, subject = self.login
        if self.identity:
            return [text for text in self.claims["amr"] if text != "authenticated"]
        kind = "OIDC" if self.arn else "CognitoSignIn"
        return [provider, f"{provider}:{kind}:{subject}"]


class _Trusted(NamedTuple):
    clients: list[str]
    thumbprints: list[str]
    arn: str = ""
    checks_server: bool = False


async def proved(call: Call, pool: Pool, but: str = "") -> list[Proof]:
    """The logins of a call, each proved by its provider's key; `but` names the one that needs no proof.

    Raises NotAuthorized for the first that is not proved.
    """
    given = call.input.get("Logins") or {}
    return [await _proof(call, pool, name, text) for name, text in given.items() if name != but]


async def _proof(call: Call, pool: Pool, provider: str, text: str) -> Proof:
    try:
        token = issuers.read(text)
    except issuers.Malformed:
        raise errors.NotAuthorized.login(_NOT_ONE) from None
    if token.claims.get("iss") != f"https://{provider}":
        raise errors.NotAuthorized.login("Issuer doesn't match providerName")
    for name in ("aud", "sub", "exp"):
        if name not in token.claims:
            raise errors.NotAuthorized.login(f"Missing a required claim: {name}")
    trusted = await _trusted(call, pool, provider)
    audience = token.claims.get("azp", token.claims["aud"])
    named = [one for one in (audience if isinstance(audience, list) else [audience]) if isinstance(one, str)]
    clients = [one for one in named if one in trusted.clients]
    if not clients:
        message = "Incorrect token audience." if trusted.arn else ""
        raise errors.NotAuthorized.login(message) if message else errors.NotAuthorized(_UNSUPPORTED)
    claims = await _signed(call, token, provider, trusted)
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise errors.NotAuthorized.login("Missing a required claim: sub")
    if trusted.checks_server and issuers.is_revoked(call.cloud, f"https://{provider}", claims):
        raise errors.NotAuthorized.login("Token is revoked.")
    if provider == resources.SERVICE and not _of_developer(pool, claims):
        raise errors.NotAuthorized(_UNSUPPORTED)
    return Proof(
        Login(provider, claims["sub"]),
        claims,
        clients[0],
        trusted.arn,
        claims["sub"] if provider == resources.SERVICE else "",
    )


def _of_developer(pool: Pool, claims: Data) -> bool:
    """Whether a token of identity pools was made for the developer's backend: a guest has such tokens as well."""
    start = f"{pool.data.get('DeveloperProviderName')}:{pool.id}:"
    means = claims.get("amr")
    return isinstance(means, list) and any(isinstance(each, str) and each.startswith(start) for each in means)


async def _trusted(call: Call, pool: Pool, provider: str) -> _Trusted:
    """Whose tokens of this provider the pool takes. Raises NotAuthorized for a provider that is none of the pool's."""
    if provider == resources.SERVICE:
        return _Trusted([pool.id], [])
    listed = [one for one in pool.data.get("CognitoIdentityProviders") or () if one.get("ProviderName") == provider]
    if listed:
        checks = any(one.get("ServerSideTokenCheck") for one in listed)
        return _Trusted([one.get("ClientId", "") for one in listed], [], checks_server=checks)
    arn = f"arn:aws:iam::{pool.scope.account}:oidc-provider/{provider}"
    if arn not in (pool.data.get("OpenIdConnectProviderARNs") or ()):
        raise errors.NotAuthorized(_UNSUPPORTED)
    wanted, as_ = {"OpenIDConnectProviderArn": arn}, Principal.root(pool.scope.account)
    try:
        found = await call.send("iam", "GetOpenIDConnectProvider", wanted, as_=as_, scope=pool.scope)
    except AwsError:
        raise errors.NotAuthorized(_UNSUPPORTED) from None
    return _Trusted(found["ClientIDList"], found["ThumbprintList"], arn)


async def _signed(call: Call, token: issuers.Token, provider: str, trusted: _Trusted) -> Data:
    try:
        issuer = f"https://{provider}"
        claims = await issuers.prove(call.cloud, token, issuer, issuers.RSA_AND_EC, trusted.thumbprints)
    except issuers.Unreachable:
        raise errors.ExternalService(f"Couldn't reach the identity provider {provider}.") from None
    except issuers.Unproved:
        raise errors.NotAuthorized.login("Couldn't verify signed token.") from None
    expires, now = claims["exp"], int(call.now)
    if not _is_time(expires):
        raise errors.NotAuthorized.login(_NOT_ONE)
    if expires <= call.now:
        raise errors.NotAuthorized.login(f"Token expired: {int(expires)} >= {now}")
    starts: Any = claims.get("nbf", 0)
    if not _is_time(starts) or starts > call.now:
        raise errors.NotAuthorized.login("Token is not valid yet.")
    return claims


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


# ---- identities ------------------------------------------------------------------------------------------------------


def added(call: Call, pool: Pool) -> Identity:
    """A new identity."""
    made = Identity(pool.id, f"{pool.scope.region}:{ids.uuid()}", call.now, call.now)
    records.put_identity(call.store, made)
    return made


def _owner(call: Call, pool: Pool, proof: Proof) -> Identity | None:
    """Whose login that is, None for nobody's yet."""
    if not proof.identity:
        return records.identity_of(call.store, pool.id, proof.login)
    found = records.find_identity(call.store, proof.identity)
    if found is None or found.pool != pool.id:
        raise errors.NotFound.identity(proof.identity)
    if found.disabled:
        raise errors.NotAuthorized.forbidden(found.id)
    return found


def one_owner(call: Call, pool: Pool, proofs: list[Proof]) -> Identity | None:
    """The identity that has one of these logins. Raises ResourceConflict when they are two identities'."""
    found = {owner.id: owner for proof in proofs if (owner := _owner(call, pool, proof)) is not None}
    if len(found) > 1:
        raise errors.Conflict("Logins are already linked to different identities.")
    return next(iter(found.values()), None)


def linked(call: Call, identity: Identity, proofs: list[Proof]) -> Identity:
    """The identity, with these logins as well."""
    known = set(records.logins(call.store, identity))
    fresh = [proof.login for proof in proofs if not proof.identity and proof.login not in known]
    for login in fresh:
        records.link(call.store, identity, login)
    if not fresh:
        return identity
    identity = identity._replace(modified=call.now, disabled=0)
    records.put_identity(call.store, identity)
    return identity


def found_or_made(call: Call, pool: Pool, proofs: list[Proof]) -> Identity:
    """The identity that has these logins, a new one when none has; without logins a new guest, where there are such."""
    if not proofs:
        if not pool.data["AllowUnauthenticatedIdentities"]:
            raise errors.NotAuthorized.guests()
        return added(call, pool)
    return linked(call, one_owner(call, pool, proofs) or added(call, pool), proofs)


def entered(call: Call, pool: Pool, identity: Identity, proofs: list[Proof]) -> Identity:
    """The identity as whom a call goes on: the one it names, which its logins must prove.

    A guest who signs in becomes the identity that has the login already, or else takes the login along.
    """
    own = records.logins(call.store, identity)
    if not proofs:
        if own or identity.disabled:
            raise errors.NotAuthorized.forbidden(identity.id)
        if not pool.data["AllowUnauthenticatedIdentities"]:
            raise errors.NotAuthorized.guests()
        return identity
    owner = one_owner(call, pool, proofs)
    if identity.disabled and owner is None:
        raise errors.NotAuthorized.forbidden(identity.id)
    if own and (owner is None or owner.id != identity.id):
        raise errors.NotAuthorized.other_logins()
    return linked(call, owner or identity, proofs)


def amr(proofs: list[Proof]) -> list[str]:
    """By which means an identity proved itself, as its tokens say it."""
    if not proofs:
        return ["unauthenticated"]
    return ["authenticated", *(text for proof in proofs for text in proof.amr)]
