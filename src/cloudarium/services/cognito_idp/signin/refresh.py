"""Fresh tokens for a refresh token, which a client may have replaced each time."""

from __future__ import annotations

from typing import Any

from cloudarium.services.cognito_idp import errors, people, tokens
from cloudarium.services.cognito_idp.records import sessions
from cloudarium.services.cognito_idp.signin import finish
from cloudarium.services.cognito_idp.signin.visit import Visit
from cloudarium.services.cognito_idp.tokens import SignIn

Data = dict[str, Any]


def rotates(visit: Visit) -> bool:
    """Whether the client's refresh tokens are used once."""
    return visit.client.data.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"


async def refresh(visit: Visit, token: str) -> Data:
    """ID and access token for a refresh token; with rotation a new one of those too."""
    call, pool, client = visit.call, visit.pool, visit.client
    kept, user = tokens.refreshed(call, client, token)
    _check_not_rotated(visit, kept)
    sign_in = SignIn(user, kept.origin, kept.data["auth_time"], tuple(kept.data["scopes"]))
    sign_in = sign_in._replace(by_page=kept.data.get("by_page", False))
    overrides = await finish.before_tokens(visit, sign_in, "RefreshTokens")
    with call.transaction():
        kept, _ = tokens.refreshed(call, client, token)
        _check_not_rotated(visit, kept)
        result = tokens.made(call, pool, client, sign_in._replace(user=people.again(call, user)), overrides)
        if rotates(visit):
            result["RefreshToken"] = tokens.fresh(call, pool, client, sign_in, kept.expires)
            if "rotated" not in kept.data:
                sessions.put_refresh(call.store, kept._replace(data={**kept.data, "rotated": call.now}), call.now)
    return {"AuthenticationResult": result}


def _check_not_rotated(visit: Visit, kept: sessions.Refresh) -> None:
    """Raise for a token whose place another has taken, once the time for a second try is over."""
    if "rotated" not in kept.data:
        return
    grace = visit.client.data.get("RefreshTokenRotation", {}).get("RetryGracePeriodSeconds", 0)
    if visit.call.now >= kept.data["rotated"] + grace:
        raise errors.TokenReused
