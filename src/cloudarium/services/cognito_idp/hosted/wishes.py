"""What a client asks for by sending a browser here: who may be sent back where, and with what."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import tokens
from cloudarium.services.cognito_idp.hosted.visitor import Refused, Visitor, offered, redirect
from cloudarium.services.cognito_idp.records import sessions
from cloudarium.services.cognito_idp.records.pools import Client
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.signin import finish
from cloudarium.services.cognito_idp.signin.visit import Visit
from cloudarium.services.cognito_idp.tokens import SignIn
from cloudarium.shared import ids
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_CODE_LIFE = 5 * 60.0
_ASKED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "prompt", "login_hint",
)  # fmt: skip
_WITH_OPENID = frozenset(("email", "phone", "profile"))
_KINDS = {"code": "code", "token": "implicit"}


class Wish(NamedTuple):
    """What a client asks for: tokens or a code for a redirect that is its own."""

    client: Client
    redirect: str
    kind: str
    scopes: tuple[str, ...]
    offered: frozenset[str]
    query: dict[str, str]

    def back(self, **answer: str) -> HttpResponse:
        """Send the browser back to the client."""
        state = {"state": self.query["state"]} if self.query.get("state") else {}
        mark = "#" if self.kind == "token" else "&" if "?" in self.redirect else "?"
        return redirect(f"{self.redirect}{mark}{urlencode({**answer, **state})}")


def wish_of(visitor: Visitor) -> Wish:
    """What the query asks for. Raises Refused where it is not even known whom to answer."""
    client = visitor.client()
    allowed = client.data.get("CallbackURLs", [])
    target = visitor.query.get("redirect_uri") or client.data.get("DefaultRedirectURI") or ""
    if target not in allowed:  # exactly one of the client's own: nobody is sent elsewhere
        raise Refused("An error was encountered with the requested page: redirect_mismatch")
    if visitor.query.get("resource"):
        raise NotBuilt(f"sign-in with resource={visitor.query['resource'][:100]}")
    if not client.data.get("SupportedIdentityProviders"):
        raise Refused("Login pages unavailable. Please contact an administrator.")
    given = visitor.query.get("scope", "").split()
    allowed = offered(visitor.call.store, client)
    query = {name: visitor.query[name] for name in _ASKED if name in visitor.query}
    return Wish(
        client, target, visitor.query.get("response_type", ""), tuple(given or allowed), frozenset(allowed), query
    )


def problem(wish: Wish) -> str:
    """What is wrong with a wish whose client can be told so, "" when nothing is."""
    data = wish.client.data
    if wish.kind not in _KINDS:
        return "unsupported_response_type" if wish.kind else "invalid_request"
    if not data.get("AllowedOAuthFlowsUserPoolClient") or _KINDS[wish.kind] not in data.get("AllowedOAuthFlows", []):
        return "unauthorized_client"
    if not set(wish.scopes) <= wish.offered:
        return "invalid_scope"
    if _WITH_OPENID & set(wish.scopes) and "openid" not in wish.scopes:
        return "invalid_scope"  # "can only be requested if openid scope is also requested", the authorize endpoint
    method = wish.query.get("code_challenge_method")
    if (method is not None or "code_challenge" in wish.query) and (
        method != "S256" or not 43 <= len(wish.query.get("code_challenge", "")) <= 128
    ):
        return "invalid_request"
    return ""


async def grant(visitor: Visitor, wish: Wish, user: User, since: float) -> HttpResponse:
    """Give the client what it asked for on behalf of a user who signed in at that time."""
    call, pool = visitor.call, visitor.pool
    nonce = wish.query.get("nonce", "")
    if wish.kind == "code":
        code = ids.uuid()
        data = {
            "challenge": "CODE", "client": wish.client.id, "user": user.key, "sub": user.sub, "nonce": nonce,
            "redirect": wish.redirect, "scopes": wish.scopes, "proof": wish.query.get("code_challenge"),
            "since": since,
        }  # fmt: skip
        with call.transaction():
            sessions.put_session(call.store, pool.id, tokens.digest(code), call.now + _CODE_LIFE, data, call.now)
        return wish.back(code=code)
    sign_in = SignIn(user, ids.uuid(), since, wish.scopes, nonce, by_page=True)
    overrides = await finish.before_tokens(Visit(call, pool, wish.client, {}, admin=False), sign_in, "HostedAuth")
    made = tokens.made(call, pool, wish.client, sign_in, overrides)
    answer = {"access_token": made["AccessToken"], "token_type": "Bearer", "expires_in": str(made["ExpiresIn"])}
    if "IdToken" in made:
        answer["id_token"] = made["IdToken"]
    return wish.back(**answer)
