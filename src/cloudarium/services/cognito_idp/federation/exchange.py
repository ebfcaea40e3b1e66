"""What a provider says of a person: the code becomes tokens, the ID token is proved, userInfo is asked.

A provider's answer is a stranger's: nothing of it is believed before its key has proved it.
"""

from __future__ import annotations

import http.client
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from cloudarium.gateway import issuers
from cloudarium.gateway.call import Call
from cloudarium.gateway.fetch import Answer, fetch
from cloudarium.services.cognito_idp.records.federation import Provider

Data = dict[str, Any]
_SECONDS = 3.0
_SKEW = 60.0
_LONGEST_SAID = 300
_FAILED = "Exception processing authorization code"


class Failed(Exception):
    """The provider did not vouch for anybody; the OAuth 2.0 error that the client is told."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code
        self.said = said


class Asked(NamedTuple):
    """What the provider was asked with, to which its answer must fit."""

    redirect: str
    nonce: str
    verifier: str


async def person(call: Call, provider: Provider, code: str, asked: Asked) -> Data:
    """The claims of whoever a code is of. Raises Failed."""
    details = provider.data["ProviderDetails"]
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": asked.redirect,
        "client_id": details["client_id"], "code_verifier": asked.verifier,
    }  # fmt: skip
    if details.get("client_secret"):  # AWS knows client_secret_post alone
        form["client_secret"] = details["client_secret"]
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = await _ask("POST", details["token_url"], kind, urlencode(form).encode())
    if answer.status != 200:
        raise Failed("invalid_request", f"{provider.name} Error - {answer.status} {_error(answer)}".strip())
    made = _object(answer)
    claims = await _proved(call, details, made.get("id_token"), asked.nonce)
    told = await _user_info(provider, made.get("access_token"))
    if told.get("sub", claims["sub"]) != claims["sub"]:
        raise Failed("invalid_request", "The userInfo endpoint speaks of somebody else than the id_token.")
    return {**claims, **told}


async def _ask(method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Answer:
    try:
        return await fetch(method, url, {"accept": "application/json", **headers}, body, _SECONDS)
    except (OSError, ValueError, http.client.HTTPException):  # unreachable, forbidden, slow, or no HTTP
        raise Failed("server_error", _FAILED) from None


def _object(answer: Answer) -> Data:
    try:
        found = orjson.loads(answer.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failed("server_error", _FAILED)
    return found


def _error(answer: Answer) -> str:
    try:
        found = _object(answer)
    except Failed:
        return ""
    words = [found.get("error"), found.get("error_description")]
    return " ".join(word for word in words if isinstance(word, str))[:_LONGEST_SAID]


async def _proved(call: Call, details: Data, text: object, nonce: str) -> Data:
    """The claims of an ID token of this provider, made for this pool and this very sign-in. Raises Failed."""
    issuer = details["oidc_issuer"]
    try:
        token = issuers.read(text if isinstance(text, str) else "")
        if token.claims.get("iss") != issuer:
            said = str(token.claims.get("iss"))[:_LONGEST_SAID]
            raise Failed("invalid_request", f"Bad id_token issuer {said}")
        inside = issuers.is_inside(call.cloud, issuer)
        keys_at = "" if inside else details["jwks_uri"]
        claims = await issuers.prove(call.cloud, token, issuer, issuers.RSA_AND_EC, keys_at=keys_at)
    except issuers.Unreachable:
        raise Failed("server_error", _FAILED) from None
    except issuers.Unproved:
        raise Failed("invalid_request", "Bad id_token signature") from None
    _check(call, claims, details["client_id"], nonce)
    return claims


def _check(call: Call, claims: Data, client: str, nonce: str) -> None:
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if client not in named or (len(named) > 1 and claims.get("azp") != client):
        raise Failed("invalid_request", "Bad id_token audience")
    expires: Any = claims.get("exp")
    starts: Any = claims.get("nbf", 0)
    if not _is_time(expires) or not _is_time(starts):
        raise Failed("invalid_request", "Bad id_token expiry")
    if expires + _SKEW <= call.now or starts - _SKEW > call.now:
        raise Failed("invalid_request", "Bad id_token expiry")
    if claims.get("nonce") != nonce:
        raise Failed("invalid_request", "Bad id_token nonce")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise Failed("invalid_request", "Bad id_token subject")


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


async def _user_info(provider: Provider, token: object) -> Data:
    details = provider.data["ProviderDetails"]
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise Failed("server_error", _FAILED)
    bearer = {"authorization": f"Bearer {token}"}
    answer = await _ask(details["attributes_request_method"], details["attributes_url"], bearer)
    if answer.status != 200:
        raise Failed("invalid_request", f"{provider.name} Error - {answer.status} {_error(answer)}".strip())
    return _object(answer)
