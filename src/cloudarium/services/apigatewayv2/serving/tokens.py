"""JWT authorizers: tokens are proved with the issuer's published keys; what cannot be proved is refused.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import http.client
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from cloudarium.services.apigatewayv2.serving.backends import fetch
from cloudarium.services.apigatewayv2.serving.visit import Refused, Visit

Data = dict[str, Any]
_KEYS = "apigatewayv2 issuers' keys"
_KEPT_FOR = 2 * 3600.0  # AWS caches an issuer's keys for two hours
_ASKED_AGAIN_AFTER = 30.0
_SECONDS = 1.5
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]  # AWS takes RSA only
_LONGEST = 16 * 1024


async def check(visit: Visit, authorizer: Data, value: str | None) -> None:
    """Raise Refused 401 unless the token is proved, 403 when it lacks the route's scopes."""
    if not value:
        raise Refused(401, "No token", {"www-authenticate": "Bearer"})
    token = value[7:] if value[:7].lower() == "bearer " else value
    configuration = authorizer["JwtConfiguration"]
    claims = await _proved(visit, token.strip(), configuration["Issuer"])
    problem = _problem(claims, configuration, visit.call.now)
    if problem:
        raise _invalid(problem)
    scopes = _scopes(claims)
    wanted = visit.match.route.get("AuthorizationScopes") or []
    if wanted and not set(wanted) & set(scopes):
        header = f'Bearer scope="{" ".join(wanted)}" error="insufficient_scope"'
        raise Refused(403, "insufficient_scope", {"www-authenticate": header})
    visit.authorizer = {"jwt": {"claims": _texts(claims), "scopes": scopes or None}}
    visit.log |= {f"authorizer.claims.{name}": text for name, text in _texts(claims).items()}


def _invalid(reason: str) -> Refused:
    header = f'Bearer scope="" error="invalid_token" error_description="{reason}"'
    return Refused(401, reason, {"www-authenticate": header})


async def _proved(visit: Visit, token: str, issuer: str) -> Data:
    """The claims of a token that one of the issuer's keys signed."""
    if len(token) > _LONGEST or not token.isascii():
        raise _invalid("the token is malformed")
    try:
        signed = jws.extract_compact(token.encode())
        header = signed.headers()
    except (JoseError, ValueError, RecursionError) as error:
        raise _invalid("the token is malformed") from error
    key_id = header.get("kid")
    if header.get("alg") not in _ALGORITHMS or not isinstance(key_id, str):
        raise _invalid("the token's algorithm or key id is not supported")
    key = await _key(visit, issuer, key_id)
    if key is None:
        raise _invalid("signing method or key is invalid")
    try:
        proved = jws.deserialize_compact(token.encode(), key, algorithms=_ALGORITHMS)
        claims = orjson.loads(proved.payload or b"")
    except (JoseError, ValueError) as error:
        raise _invalid("the token's signature is invalid") from error
    if not isinstance(claims, dict):
        raise _invalid("the token has no claims")
    return claims


async def _key(visit: Visit, issuer: str, key_id: str) -> RSAKey | None:
    kept: dict[str, tuple[float, dict[str, RSAKey]]] = visit.call.cloud.keep.setdefault(_KEYS, {})
    now = visit.call.now
    fetched, keys = kept.get(issuer, (float("-inf"), {}))
    age = now - fetched
    if not 0 <= age < _KEPT_FOR or (key_id not in keys and age > _ASKED_AGAIN_AFTER):
        keys = await _published_keys(issuer)
        if len(kept) > 1000:
            kept.clear()
        kept[issuer] = (now, keys)
    return keys.get(key_id)


async def _published_keys(issuer: str) -> dict[str, RSAKey]:
    """The issuer's RSA keys by id; none when it cannot be reached or publishes nonsense."""
    try:
        about = await _document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        published = await _document(str(about["jwks_uri"]))
        wanted = [key for key in published["keys"] if key.get("kty") == "RSA" and isinstance(key.get("kid"), str)]
        keys = KeySet.import_key_set({"keys": wanted}).keys if wanted else []
        return {str(key.kid): key for key in keys if isinstance(key, RSAKey)}
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError, JoseError):
        return {}


async def _document(url: str) -> Data:
    answer = await fetch("GET", url, {"accept": "application/json"}, b"", _SECONDS)
    if answer.status != 200:
        raise ValueError(f"{url} answered {answer.status}")
    return orjson.loads(answer.body)


def _problem(claims: Data, configuration: Data, now: float) -> str | None:
    """What is wrong with proved claims, None when nothing is."""
    if claims.get("iss") != configuration["Issuer"]:
        return "the token has an invalid issuer"
    audience = claims.get("aud", claims.get("client_id"))
    audiences = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(each, str) and each in configuration["Audience"] for each in audiences):
        return "the token has an invalid audience"
    expires: Any = claims.get("exp")
    if not _is_time(expires) or expires <= now:
        return "the token has expired"
    for name in ("nbf", "iat"):
        if name in claims and (not _is_time(claims[name]) or claims[name] > now + 1):
            return "the token is not valid yet"
    return None


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _scopes(claims: Data) -> list[str]:
    value = claims.get("scope", claims.get("scp", ""))
    return value.split() if isinstance(value, str) else [str(each) for each in value] if isinstance(value, list) else []


def _texts(claims: Data) -> dict[str, str]:
    """Claims as events show them: every value as text, a list as [a b]."""
    shown = {}
    for name, value in claims.items():
        if isinstance(value, bool):
            shown[name] = "true" if value else "false"
        elif isinstance(value, list):
            shown[name] = f"[{' '.join(str(each) for each in value)}]"
        else:
            shown[name] = value if isinstance(value, str) else orjson.dumps(value).decode()
    return shown
