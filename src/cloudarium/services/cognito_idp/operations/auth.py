"""Signing in, and taking tokens back."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, newcomers, resources, tokens
from cloudarium.services.cognito_idp.lookup import app, check_secret, client_of, pool_of, proves_secret
from cloudarium.services.cognito_idp.operations.signup import SEEN_NOWHERE
from cloudarium.services.cognito_idp.records import sessions
from cloudarium.services.cognito_idp.records.pools import Client
from cloudarium.services.cognito_idp.rules import clients
from cloudarium.services.cognito_idp.signin import challenges, custom, factors, finish, onetime, proofs, refresh
from cloudarium.services.cognito_idp.signin.visit import Visit, is_ghost
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_ADMIN_FLOWS = ("ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH")
_JUDGED = {**SEEN_NOWHERE, "ContextData": SEEN_NOWHERE["UserContextData"]}


@operation("InitiateAuth", ignores=SEEN_NOWHERE)
async def initiate_auth(call: Call) -> Data:
    """Begin a sign-in."""
    pool, client = app(call)
    if call.input["AuthFlow"] in _ADMIN_FLOWS:
        raise errors.Invalid("Initiate Auth method not supported.")
    return await _begin(Visit(call, pool, client, call.input.get("AuthParameters") or {}, admin=False))


@operation("AdminInitiateAuth", on=resources.pool, ignores=_JUDGED)
async def admin_initiate_auth(call: Call) -> Data:
    """Begin a sign-in as a server does, which signs its calls."""
    pool = pool_of(call)
    client = client_of(call, pool)
    if call.input["AuthFlow"] == "USER_PASSWORD_AUTH":
        raise errors.Invalid("Initiate Auth method not supported.")
    return await _begin(Visit(call, pool, client, call.input.get("AuthParameters") or {}, admin=True))


async def _begin(visit: Visit) -> Data:
    flow = visit.call.input["AuthFlow"]
    flow = "REFRESH_TOKEN_AUTH" if flow == "REFRESH_TOKEN" else flow
    if not clients.allows(visit.client.data, flow):
        if flow == "REFRESH_TOKEN_AUTH" and refresh.rotates(visit):
            raise errors.NotAuthorized.refresh_token()
        what = "Auth flow not enabled for this client"
        raise errors.Invalid(f"{flow} flow not enabled for this client" if not flow.startswith("ADMIN") else what)
    if visit.call.input.get("Session"):
        return await _signed_up(visit, flow)
    if flow in (*_ADMIN_FLOWS, "USER_PASSWORD_AUTH"):
        return await proofs.by_password(visit)
    if flow == "USER_SRP_AUTH":
        return await proofs.begin_srp(visit)
    if flow == "CUSTOM_AUTH":
        return await custom.begin(visit)
    if flow == "REFRESH_TOKEN_AUTH":
        return await _refresh(visit)
    return await _choose(visit)


async def _signed_up(visit: Visit, flow: str) -> Data:
    """Go on from a sign-up that was confirmed: the code for that has been the first proof."""
    token = visit.call.input["Session"]
    if flow != "USER_AUTH":
        raise errors.Invalid("Session is taken with the flow USER_AUTH alone.")
    _, user = visit.session(token, "SIGNED_UP")
    if visit.user() != user:
        raise errors.NotAuthorized.session()
    visit.end(token)
    finish.check_may_enter(visit, user)
    address = newcomers.address(visit.pool, user)
    return await finish.proceed(visit, user, proved=address[0] if address is not None else "")


async def _refresh(visit: Visit) -> Data:
    token = visit.need("REFRESH_TOKEN")
    if visit.client.secret is not None:
        kept, user = tokens.refreshed(visit.call, visit.client, token)
        # The hash is of the user name; AWS takes the sub too. Of a secret alone comes the message of a wrong hash.
        given = visit.given.get("SECRET_HASH")
        try:
            check_secret(visit.client, user.username, given)
        except errors.NotAuthorized:
            check_secret(visit.client, user.sub, given)
    return await refresh.refresh(visit, token)


async def _choose(visit: Visit) -> Data:
    """Choice-based sign-in: the preferred proof, or the list of what there is."""
    if visit.pool.data["UserPoolTier"] == "LITE":
        raise errors.NotInTier("Choice-based sign-in")
    preferred = visit.given.get("PREFERRED_CHALLENGE")
    if preferred == "PASSWORD" and visit.given.get("PASSWORD"):
        return await proofs.by_password(visit)
    if preferred == "PASSWORD_SRP" and visit.given.get("SRP_A"):
        return await proofs.begin_srp(visit)
    if preferred == "WEB_AUTHN":
        raise NotBuilt(f"cognito-idp first factor {preferred}")
    user = visit.user_or_ghost()
    choice = factors.first_factors(visit.pool, user)
    if preferred in ("PASSWORD", "PASSWORD_SRP") and preferred in choice:
        return {**finish.challenge(preferred, visit.begin(user, preferred), {}), "AvailableChallenges": choice}
    if preferred in choice:
        await proofs.pre_authentication(visit, user)
        if not is_ghost(user):
            finish.check_may_enter(visit, user)
        return await onetime.ask(visit, user, preferred, "Authentication", first=True)
    answer = finish.challenge("SELECT_CHALLENGE", visit.begin(user, "SELECT_CHALLENGE", choice=choice), {})
    return {**answer, "AvailableChallenges": choice}


@operation("RespondToAuthChallenge", ignores=SEEN_NOWHERE)
async def respond_to_auth_challenge(call: Call) -> Data:
    """Answer a challenge of a sign-in."""
    pool, client = app(call)
    visit = Visit(call, pool, client, call.input.get("ChallengeResponses") or {}, admin=False)
    return await challenges.respond(visit, call.input["ChallengeName"])


@operation("AdminRespondToAuthChallenge", on=resources.pool, ignores=_JUDGED)
async def admin_respond_to_auth_challenge(call: Call) -> Data:
    """Answer a challenge as a server does, which signs its calls."""
    pool = pool_of(call)
    visit = Visit(call, pool, client_of(call, pool), call.input.get("ChallengeResponses") or {}, admin=True)
    return await challenges.respond(visit, call.input["ChallengeName"])


# ---- tokens ----------------------------------------------------------------------------------------------------------


def _check_client_secret(call: Call, client: Client) -> None:
    """Raise unless the call proves the client's secret by naming it."""
    if client.secret is None:
        return
    if not proves_secret(client, call.input.get("ClientSecret") or ""):
        raise errors.NotAuthorized(f"Unable to verify secret for client {client.id}")


@operation("GetTokensFromRefreshToken", ignores={"DeviceKey": "Devices are not remembered: no token is bound to one."})
async def get_tokens_from_refresh_token(call: Call) -> Data:
    """Fresh tokens for a refresh token, with rotation a new refresh token too."""
    pool, client = app(call)
    _check_client_secret(call, client)
    return await refresh.refresh(Visit(call, pool, client, {}, admin=False), call.input["RefreshToken"])


@operation("RevokeToken", refuses=("RevokeAssociatedSessions",))
def revoke_token(call: Call) -> Data:
    """Take back a refresh token and every token that came of it; twice is once, an unknown one is no error."""
    pool, client = app(call)
    _check_client_secret(call, client)
    if not client.data.get("EnableTokenRevocation", True):
        said = f"Revocation is not enabled for the client {client.id}."
        raise errors.Unsupported("UnsupportedOperationException", said)
    if call.input["Token"].count(".") == 2:  # an access or ID token
        raise errors.Unsupported("UnsupportedTokenTypeException", "Unsupported token type")
    kept = sessions.find_refresh(call.store, pool.id, tokens.digest(call.input["Token"]))
    if kept is not None and kept.data["client"] != client.id:
        raise errors.Unsupported("UnauthorizedException", "Unauthorized client")
    if kept is not None:
        tokens.revoke(call, pool, kept.origin)
    return {}
