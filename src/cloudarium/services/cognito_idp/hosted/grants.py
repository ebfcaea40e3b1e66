"""/oauth2/token, /oauth2/revoke and /oauth2/userInfo: what programs ask."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any
from urllib.parse import unquote

import orjson

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import errors, tokens
from cloudarium.services.cognito_idp.hosted.visitor import Visitor, offered
from cloudarium.services.cognito_idp.lookup import proves_secret
from cloudarium.services.cognito_idp.records import pools, sessions, users
from cloudarium.services.cognito_idp.records.pools import Client
from cloudarium.services.cognito_idp.rules import attributes, clients
from cloudarium.services.cognito_idp.signin import finish, refresh
from cloudarium.services.cognito_idp.signin.visit import Visit
from cloudarium.services.cognito_idp.tokens import SignIn
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_SHARED = {"content-type": "application/json;charset=UTF-8", "cache-control": "no-store"}


class Denied(Exception):
    """An OAuth 2.0 error: its code, and the status that goes with it."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


def answer(status: int, content: Data | None, **headers: str) -> HttpResponse:
    """A JSON answer that nobody keeps and any page may read."""
    shared = {**_SHARED, "access-control-allow-origin": "*", **headers}
    return HttpResponse(status, shared, orjson.dumps(content) if content is not None else b"")


def _client(visitor: Visitor) -> Client:
    """The client that the request proves to be, by Basic or by its form. Raises Denied."""
    assert visitor.call.request is not None
    id, secret = visitor.form.get("client_id", ""), visitor.form.get("client_secret", "")
    header = visitor.call.request.headers.get("authorization", "")
    if header[:6].lower() == "basic ":
        try:
            id, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise Denied("invalid_client") from None
        id, secret = unquote(id), unquote(secret)
    found = pools.find_client(visitor.call.store, id)
    if found is None or found.pool != visitor.pool.id:
        raise Denied("invalid_client")
    if found.secret is not None and not proves_secret(found, secret):
        raise Denied("invalid_client")
    return found


async def token(visitor: Visitor) -> HttpResponse:
    """Tokens for a code, for a refresh token, or for the client itself."""
    try:
        client = _client(visitor)
        kind = visitor.form.get("grant_type", "")
        if kind == "authorization_code":
            return answer(200, await _by_code(visitor, client))
        if kind == "refresh_token":
            return answer(200, await _by_refresh(visitor, client))
        if kind == "client_credentials":
            return answer(200, await _by_itself(visitor, client))
        raise Denied("unsupported_grant_type" if kind else "invalid_request")
    except Denied as denied:
        return answer(denied.status, {"error": denied.code})
    except AwsError as error:  # a trigger's no, or a token that holds no longer
        trigger = isinstance(error, errors.LambdaFailed)
        return answer(400, {"error": "invalid_request" if trigger else "invalid_grant"})


def _proves(kept: str | None, verifier: str) -> bool:
    if kept is None:
        return not verifier
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(kept.encode(), made.encode())


async def _by_code(visitor: Visitor, client: Client) -> Data:
    call, pool = visitor.call, visitor.pool
    id = tokens.digest(visitor.form.get("code", ""))
    found = sessions.find_session(call.store, pool.id, id, call.now)
    if found is None or found["challenge"] != "CODE" or found["client"] != client.id:
        raise Denied("invalid_grant")
    with call.transaction():  # the client uses its code up by its first try, right or wrong
        there = sessions.drop_session(call.store, pool.id, id)
    if not there or found["redirect"] != visitor.form.get("redirect_uri"):
        raise Denied("invalid_grant")
    if not _proves(found["proof"], visitor.form.get("code_verifier", "")):
        raise Denied("invalid_grant")
    user = users.find(call.store, pool.id, found["user"])
    if user is None or user.sub != found["sub"] or not user.enabled:
        raise Denied("invalid_grant")
    sign_in = SignIn(user, ids.uuid(), found["since"], tuple(found["scopes"]), found["nonce"], by_page=True)
    overrides = await finish.before_tokens(Visit(call, pool, client, {}, admin=False), sign_in, "HostedAuth")
    with call.transaction():
        made = tokens.made(call, pool, client, sign_in, overrides)
        made["RefreshToken"] = tokens.fresh(call, pool, client, sign_in)
    return _shown(made)


def _shown(made: Data) -> Data:
    found = {"access_token": made["AccessToken"], "expires_in": made["ExpiresIn"], "token_type": "Bearer"}
    if "IdToken" in made:
        found["id_token"] = made["IdToken"]
    if "RefreshToken" in made:
        found["refresh_token"] = made["RefreshToken"]
    return found


async def _by_refresh(visitor: Visitor, client: Client) -> Data:
    given = visitor.form.get("refresh_token", "")
    visit = Visit(visitor.call, visitor.pool, client, {}, admin=False)
    return _shown((await refresh.refresh(visit, given))["AuthenticationResult"])


async def _by_itself(visitor: Visitor, client: Client) -> Data:
    """A token of the client, without a user; only a client with a secret can be known."""
    data = client.data
    if client.secret is None or "client_credentials" not in data.get("AllowedOAuthFlows", []):
        raise Denied("unauthorized_client")
    allowed = offered(visitor.call.store, client)
    scopes = visitor.form.get("scope", "").split() or allowed
    if not scopes or not set(scopes) <= set(allowed):
        raise Denied("invalid_scope")
    visit = Visit(visitor.call, visitor.pool, client, {}, admin=False)
    overrides = await finish.before_machine_token(visit, tuple(scopes))
    made = tokens.machine(visitor.call, visitor.pool, client, tuple(scopes), overrides)
    return {"access_token": made, "expires_in": clients.life(data, "AccessToken"), "token_type": "Bearer"}


def revoke(visitor: Visitor) -> HttpResponse:
    """Take back a refresh token and all that came of it."""
    try:
        client = _client(visitor)
    except Denied as denied:
        return answer(denied.status, {"error": denied.code})
    given = visitor.form.get("token", "")
    if not given or not client.data.get("EnableTokenRevocation", True):
        return answer(400, {"error": "invalid_request"})
    if given.count(".") == 2:  # an access or ID token
        return answer(400, {"error": "unsupported_token_type"})
    kept = sessions.find_refresh(visitor.call.store, visitor.pool.id, tokens.digest(given))
    if kept is not None and kept.data["client"] != client.id:
        return answer(400, {"error": "unauthorized_client"})
    if kept is not None:
        with visitor.call.transaction():
            tokens.revoke(visitor.call, visitor.pool, kept.origin)
    return answer(200, None)


def user_info(visitor: Visitor) -> HttpResponse:
    """What the user's access token lets its bearer know."""
    call = visitor.call
    assert call.request is not None
    header = call.request.headers.get("authorization", "")
    if header[:7].lower() != "bearer ":
        return _unknown("invalid_request", 400)
    call.input = {"AccessToken": header[7:].strip()}
    try:
        found = tokens.bearer(call, "openid")
    except AwsError:
        return _unknown("invalid_token", 401)
    if found.pool.id != visitor.pool.id:
        return _unknown("invalid_token", 401)
    readable = attributes.readable(found.client.data, found.user.attributes)
    let_through = attributes.scoped(readable, str(found.claims.get("scope", "")).split())
    return answer(200, {**let_through, "username": found.user.username})


def _unknown(code: str, status: int) -> HttpResponse:
    about = f'Bearer error="{code}"'
    return answer(status, {"error": code}, **{"www-authenticate": about})
