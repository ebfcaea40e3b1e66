"""Tokens: made as AWS shapes them, and proved when they come back."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors, keys
from cloudarium.services.cognito_idp.records import pools, sessions, users
from cloudarium.services.cognito_idp.records.pools import Client, Pool
from cloudarium.services.cognito_idp.records.sessions import Refresh
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes, clients, providers
from cloudarium.shared import ids

Data = dict[str, Any]
SELF = "aws.cognito.signin.user.admin"
_LONGEST = 16 * 1024
_REVOKED_FOR = 86400.0  # an access token lives no longer than a day
# What AWS's refresh tokens begin with: they are encrypted for AWS alone, here they are random.
_OPAQUE = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ"
# What no function may put into a token or take out of it, beside all that AWS reserves.
RESERVED = frozenset(
    ("acr", "amr", "at_hash", "auth_time", "azp", "exp", "iat", "iss", "jti", "nbf", "nonce", "origin_jti", "sub")
    + ("token_use", "cognito:username", "identities", "username", "client_id", "device_key", "event_id", "version")
)
_AUDIENCE = frozenset(("aud", "scope"))


class SignIn(NamedTuple):
    """One sign-in, from which tokens come: who, by which client, since when."""

    user: User
    origin: str
    auth_time: float
    scopes: tuple[str, ...] = (SELF,)
    nonce: str = ""
    by_page: bool = False


class Overrides(NamedTuple):
    """What a PreTokenGeneration function changes."""

    identity: Data = {}
    access: Data = {}
    removed_identity: tuple[str, ...] = ()
    removed_access: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    groups: Data | None = None


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(call: Call, pool: Pool, use: str, claims: Data) -> str:
    """A token with these claims, signed by the pool's key for its kind."""
    kid, key = keys.of(call.cloud, pool.id)[use]
    head = _encoded(orjson.dumps({"kid": kid, "alg": "RS256"}))
    text = f"{head}.{_encoded(orjson.dumps(claims))}"
    return f"{text}.{_encoded(key.sign(text.encode(), PKCS1v15(), hashes.SHA256()))}"


def digest(token: str) -> str:
    """What an opaque token is kept under."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def group_claims(call: Call, user: User) -> Data:
    """The groups of a user as tokens name them: the strongest first, and its role preferred."""
    found = sorted(users.groups_of(call.store, user), key=lambda group: group.data.get("Precedence", 2**31))
    if not found:
        return {}
    roles = [group.data["RoleArn"] for group in found if group.data.get("RoleArn")]
    claims: Data = {"cognito:groups": [group.name for group in found]}
    if roles:
        claims["cognito:roles"] = roles
        first = [group for group in found if group.data.get("Precedence") == found[0].data.get("Precedence")]
        strongest = {group.data["RoleArn"] for group in first if group.data.get("RoleArn")}
        if len(strongest) == 1:  # two roles of the same precedence: none is preferred
            claims["cognito:preferred_role"] = strongest.pop()
    return claims


def made(call: Call, pool: Pool, client: Client, sign_in: SignIn, overrides: Overrides) -> Data:
    """ID and access token of a sign-in, as AuthenticationResult has them."""
    now, user = int(call.now), sign_in.user
    groups = group_claims(call, user) if overrides.groups is None else overrides.groups
    shared: Data = {"sub": user.sub, "iss": pool.issuer, "origin_jti": sign_in.origin, "event_id": call.request_id}
    shared |= {"auth_time": int(sign_in.auth_time), "iat": now}
    identity = {**_attribute_claims(client, sign_in), **groups, **shared, "cognito:username": user.username}
    identity |= {"aud": client.id, "token_use": "id", "exp": now + clients.life(client.data, "IdToken")}
    scopes = overrides.scopes if overrides.scopes is not None else sign_in.scopes
    access = {**shared, "client_id": client.id, "token_use": "access", "scope": " ".join(scopes)}
    if "cognito:groups" in groups:
        access["cognito:groups"] = groups["cognito:groups"]
    access |= {"exp": now + clients.life(client.data, "AccessToken"), "username": user.username}
    if sign_in.nonce:
        identity["nonce"] = sign_in.nonce
    if sign_in.by_page:
        access["version"] = 2
    identity = _overridden({**identity, "jti": ids.uuid()}, overrides.identity, overrides.removed_identity)
    access = _overridden({**access, "jti": ids.uuid()}, overrides.access, overrides.removed_access)
    made: Data = {
        "AccessToken": signed(call, pool, "access", access),
        "ExpiresIn": clients.life(client.data, "AccessToken"),
        "TokenType": "Bearer",
    }
    if sign_in.by_page:
        if "openid" not in sign_in.scopes:  # OAuth 2.0 alone has no ID tokens
            return made
        identity["at_hash"] = _encoded(hashlib.sha256(made["AccessToken"].encode()).digest()[:16])
    return {**made, "IdToken": signed(call, pool, "id", identity)}


def machine(call: Call, pool: Pool, client: Client, scopes: tuple[str, ...], overrides: Overrides) -> str:
    """An access token of a client itself, without a user."""
    now = int(call.now)
    allowed = scopes if overrides.scopes is None else overrides.scopes
    claims = {
        "sub": client.id, "token_use": "access", "scope": " ".join(allowed), "auth_time": now, "iss": pool.issuer,
        "exp": now + clients.life(client.data, "AccessToken"), "iat": now, "version": 2, "jti": ids.uuid(),
        "client_id": client.id,
    }  # fmt: skip
    return signed(call, pool, "access", _overridden(claims, overrides.access, overrides.removed_access))


def _overridden(claims: Data, added: Data, removed: tuple[str, ...]) -> Data:
    kept = {name: value for name, value in claims.items() if name not in removed or name in RESERVED | _AUDIENCE}
    return {**kept, **{name: value for name, value in added.items() if name not in RESERVED | _AUDIENCE}}


def _attribute_claims(client: Client, sign_in: SignIn) -> Data:
    found: Data = dict(attributes.readable(client.data, sign_in.user.attributes))
    if sign_in.by_page:
        found = attributes.scoped(found, sign_in.scopes)
    for name in ("email_verified", "phone_number_verified"):
        if name in found:
            found[name] = found[name] == "true"
    if "address" in found:
        found["address"] = {"formatted": found["address"]}
    if "identities" in found:
        found["identities"] = providers.claimed(found["identities"])
    return found


def fresh(call: Call, pool: Pool, client: Client, sign_in: SignIn, expires: float | None = None) -> str:
    """A new refresh token of a sign-in; one that takes another's place expires with it."""
    token = ".".join((_OPAQUE, ids.token(342), ids.token(16), ids.token(700), ids.token(22)))
    until = call.now + clients.life(client.data, "RefreshToken") if expires is None else expires
    data = {"client": client.id, "auth_time": sign_in.auth_time, "scopes": sign_in.scopes}
    data |= {"by_page": True} if sign_in.by_page else {}
    kept = Refresh(pool.id, digest(token), sign_in.origin, sign_in.user.key, until, data)
    sessions.put_refresh(call.store, kept, call.now)
    return token


# ---- proving ---------------------------------------------------------------------------------------------------------


class Bearer(NamedTuple):
    """Who an access token is of, and which of the pool's clients asked for it."""

    pool: Pool
    client: Client
    user: User
    claims: Data


def bearer(call: Call, scope: str = SELF) -> Bearer:
    """Who the call's AccessToken is of; the call goes on in the pool's scope. Raises unless it is proved and holds."""
    pool, claims = _proved(call, call.input["AccessToken"])
    client = pools.find_client(call.store, str(claims.get("client_id", "")))
    if claims.get("token_use") != "access" or client is None or client.pool != pool.id:
        raise errors.NotAuthorized.access_token()
    if claims["exp"] <= call.now:
        raise errors.NotAuthorized("Access Token has expired")
    if sessions.is_revoked(call.store, pool.id, str(claims.get("origin_jti", ""))):
        raise errors.NotAuthorized("Access Token has been revoked")
    if scope not in str(claims.get("scope", "")).split():
        raise errors.NotAuthorized("Access Token does not have required scopes")
    user = users.find_by_sub(call.store, pool.id, str(claims.get("sub", "")))
    if user is None:
        raise errors.UserNotFound
    if not user.enabled:
        raise errors.NotAuthorized("User is disabled.")
    call.scope = pool.scope
    return Bearer(pool, client, user, claims)


def _proved(call: Call, token: str) -> tuple[Pool, Data]:
    """The pool and the claims of a token that this very pool's key for access tokens signed by RS256."""
    refused = errors.NotAuthorized.access_token()
    if len(token) > _LONGEST or not token.isascii() or token.count(".") != 2:
        raise refused
    text, _, signature = token.rpartition(".")
    head, claims = (_decoded(part) for part in text.split("."))
    issuer = claims.get("iss")
    pool = pools.find(call.store, issuer.rpartition("/")[2]) if isinstance(issuer, str) else None
    if pool is None or issuer != pool.issuer or head.get("alg") != "RS256":
        raise refused
    kid, key = keys.of(call.cloud, pool.id)["access"]
    if head.get("kid") != kid:
        raise refused
    try:
        proof = base64.urlsafe_b64decode(signature + "==")
        key.public_key().verify(proof, text.encode(), PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise errors.NotAuthorized("Could not verify signature for Access Token") from None
    return pool, claims


def _decoded(part: str) -> Data:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(part + "=="))
    except (binascii.Error, ValueError):
        raise errors.NotAuthorized.access_token() from None
    if not isinstance(found, dict):
        raise errors.NotAuthorized.access_token()
    return found


def refreshed(call: Call, client: Client, token: str) -> tuple[Refresh, User]:
    """The refresh token of this client that a text is, and whose. Raises unless it holds."""
    kept = sessions.find_refresh(call.store, client.pool, digest(token))
    if kept is None or kept.data["client"] != client.id:
        raise errors.NotAuthorized.refresh_token()
    if kept.data.get("revoked"):
        raise errors.NotAuthorized("Refresh Token has been revoked")
    if kept.expires <= call.now:
        raise errors.NotAuthorized("Refresh Token has expired")
    user = users.find(call.store, client.pool, kept.user)
    if user is None:
        raise errors.NotAuthorized.refresh_token()
    if not user.enabled:
        raise errors.NotAuthorized("User is disabled.")
    return kept, user


def revoke(call: Call, pool: Pool, origin: str) -> None:
    """Take back all tokens of a sign-in."""
    sessions.revoke(call.store, pool.id, origin, call.now + _REVOKED_FOR, call.now)
