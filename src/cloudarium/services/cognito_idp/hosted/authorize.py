"""/oauth2/authorize and /logout: who is sent to sign in, back to the client, or away to a provider."""

from __future__ import annotations

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import tokens
from cloudarium.services.cognito_idp.federation import links
from cloudarium.services.cognito_idp.hosted import outside
from cloudarium.services.cognito_idp.hosted.visitor import COOKIE, Refused, Visitor, redirect
from cloudarium.services.cognito_idp.hosted.wishes import grant, problem, wish_of
from cloudarium.services.cognito_idp.records import sessions
from cloudarium.services.cognito_idp.records.federation import Provider
from cloudarium.services.cognito_idp.records.users import User

_PROMPTS = ("", "none", "login", "select_account", "consent")


async def authorize(visitor: Visitor) -> HttpResponse:
    """Answer a client by the cookie of who is signed in, or ask to sign in."""
    wish = wish_of(visitor)
    wrong = problem(wish)
    if wrong:
        return wish.back(error=wrong)
    prompt = wish.query.get("prompt", "")
    if prompt not in _PROMPTS:
        return wish.back(error="invalid_request")
    provider = outside.chosen(visitor, wish)
    found = visitor.signed_in() if prompt in ("", "none") else None
    if found is not None and _fits(visitor, found.user, provider):
        return await grant(visitor, wish, found.user, found.since)
    if prompt == "none":
        return wish.back(error="login_required")
    if provider is not None:
        return outside.away(visitor, wish, provider)
    return redirect(visitor.url("/login", **wish.query))


def _fits(visitor: Visitor, user: User, provider: Provider | None) -> bool:
    """Whether who is signed in is whom the client asks for: somebody of the provider, if it names one."""
    named = visitor.query.get("identity_provider") or visitor.query.get("idp_identifier")
    return provider is None or not named or any(one["providerName"] == provider.name for one in links.of(user))


def log_out(visitor: Visitor) -> HttpResponse:
    """Forget who is signed in, and go where the client is allowed to send."""
    client = visitor.client()
    target = visitor.query.get("logout_uri")
    gone = (visitor.cookie(COOKIE, "", 0),)
    if target is not None and target not in client.data.get("LogoutURLs", []):
        raise Refused("An error was encountered with the requested page: the logout_uri is not one of the client.")
    if target is None:
        wish = wish_of(visitor)
        target = visitor.url("/login", **wish.query)
    with visitor.call.transaction():
        kept = visitor.cookies.get(COOKIE, "")
        sessions.drop_session(visitor.call.store, visitor.pool.id, tokens.digest(kept))
    return redirect(target, gone)
