"""Tokens of issuers: who made a JSON Web Token is proved with the keys that its issuer publishes.

An issuer of this cloud is asked inside: a room that is one has an issuer.py with `key_set(cloud, issuer)`, its public
keys or None for an issuer that it is not, and, where it can tell, `revoked(store, issuer, claims)`. Of any other the
OpenID configuration is fetched. Nothing is believed of a token before its signature is proved but whom to ask.
"""

from __future__ import annotations

import http.client
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from cloudarium.gateway.fetch import fetch
from cloudarium.gateway.rooms import rooms_with

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

Data = dict[str, Any]
Keys = dict[str, RSAKey | ECKey]
RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
RSA_AND_EC = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
_KEYS = "issuers' keys"
_KEPT_FOR = 2 * 3600.0  # AWS caches an issuer's keys for two hours
_ASKED_AGAIN_AFTER = 30.0
_SECONDS = 1.5
_LONGEST = 20_000
_MOST_KEPT = 1000


class Unproved(Exception):
    """A token that is none, or not its issuer's; the class says what failed."""


class Malformed(Unproved):
    """Not a signed JSON Web Token with claims."""


class UnsupportedAlgorithm(Unproved):
    """Signed by an algorithm that is not taken, or by no key that is named: `none`, a shared secret."""


class Unreachable(Unproved):
    """The issuer does not answer."""


class NoKey(Unproved):
    """The issuer answers, but publishes no such key."""


class WrongSignature(Unproved):
    """The issuer's key did not sign this."""


class Token(NamedTuple):
    """A token as it was sent, with what it says of itself; nothing is proved yet."""

    text: str
    header: Data
    claims: Data


def read(text: str) -> Token:
    """What a token says of itself. Raises Malformed."""
    if len(text) > _LONGEST or not text.isascii():
        raise Malformed
    try:
        signed = jws.extract_compact(text.encode())
        header, claims = signed.headers(), orjson.loads(signed.payload or b"")
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise Malformed
    return Token(text, header, claims)


async def prove(
    cloud: Cloud, token: Token, issuer: str, algorithms: Collection[str], thumbprints: Sequence[str] = (),
    keys_at: str = "",
) -> Data:  # fmt: skip
    """The claims of a token that one of the issuer's keys signed. Raises Unproved.

    `thumbprints` are of certificates that the issuer's server may have, whoever signed them. `keys_at` is where its
    keys are, for an issuer whose configuration is not to be asked.
    """
    key_id = token.header.get("kid")
    if token.header.get("alg") not in algorithms or not isinstance(key_id, str):
        raise UnsupportedAlgorithm
    key = await _key(cloud, issuer, key_id, thumbprints, keys_at)
    try:
        proved = jws.deserialize_compact(token.text.encode(), key, algorithms=list(algorithms))
        claims = orjson.loads(proved.payload or b"")
    except (JoseError, ValueError) as error:
        raise WrongSignature from error
    return claims


def is_revoked(cloud: Cloud, issuer: str, claims: Data) -> bool:
    """Whether an issuer of this cloud has taken back what it said in a token; of any other nobody knows."""
    found = (module for _, module in rooms_with("issuer") if hasattr(module, "revoked"))
    return any(module.revoked(cloud.store, issuer, claims) for module in found)


def is_inside(cloud: Cloud, issuer: str) -> bool:
    """Whether that is an issuer of this cloud."""
    return _inside(cloud, issuer) is not None


async def _key(cloud: Cloud, issuer: str, key_id: str, thumbprints: Sequence[str], keys_at: str) -> RSAKey | ECKey:
    found = _inside(cloud, issuer) if not keys_at else None
    if found is None:
        found = await _outside(cloud, issuer, key_id, thumbprints, keys_at)
    if key_id not in found:
        raise NoKey
    return found[key_id]


def _inside(cloud: Cloud, issuer: str) -> Keys | None:
    """The keys of an issuer of this cloud, None when it is none."""
    for _, module in rooms_with("issuer"):
        published = module.key_set(cloud, issuer)
        if published is not None:
            return _imported(published)
    return None


async def _outside(cloud: Cloud, issuer: str, key_id: str, thumbprints: Sequence[str], keys_at: str) -> Keys:
    """The keys of an issuer somewhere, which is not asked each time; nor is one that just failed."""
    kept: dict[Any, tuple[float, Keys, Unproved | None]] = cloud.keep.setdefault(_KEYS, {})
    now, place = cloud.clock.now(), (issuer, keys_at, *thumbprints)
    fetched, keys, failure = kept.get(place, (float("-inf"), {}, None))
    age = now - fetched
    if not 0 <= age < _KEPT_FOR or (key_id not in keys and age > _ASKED_AGAIN_AFTER):
        try:
            keys, failure = await _published(issuer, thumbprints, keys_at), None
        except Unproved as error:
            keys, failure = {}, error
        if len(kept) > _MOST_KEPT:
            kept.clear()
        kept[place] = (now, keys, failure)
    if failure is not None:
        raise type(failure) from failure
    return keys


async def _published(issuer: str, thumbprints: Sequence[str], keys_at: str) -> Keys:
    """The issuer's keys by id. Raises Unreachable when it does not answer, NoKey when it publishes nonsense."""
    try:
        if not keys_at:
            about = await _document(f"{issuer.rstrip('/')}/.well-known/openid-configuration", thumbprints)
            keys_at = str(about["jwks_uri"])
        return _imported(await _document(keys_at, thumbprints))
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable from error
    except (ValueError, KeyError, TypeError, AttributeError, JoseError) as error:
        raise NoKey from error


def _imported(published: Data) -> Keys:
    """Those of a key set's keys that can sign tokens, by their ids."""
    wanted: list[Any] = [
        key for key in published["keys"] if key.get("kty") in ("RSA", "EC") and isinstance(key.get("kid"), str)
    ]
    keys = KeySet.import_key_set({"keys": wanted}).keys if wanted else []
    return {str(key.kid): key for key in keys if isinstance(key, RSAKey | ECKey)}


async def _document(url: str, thumbprints: Sequence[str]) -> Data:
    answer = await fetch("GET", url, {"accept": "application/json"}, b"", _SECONDS, thumbprints)
    if answer.status != 200:
        raise ValueError(f"{url} answered {answer.status}")
    return orjson.loads(answer.body)
