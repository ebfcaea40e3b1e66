"""JWT authorizers: tokens are proved with the issuer's published keys; what cannot be proved is refused.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway import issuers
from cloudarium.services.apigatewayv2.serving.visit import Refused, Visit

Data = dict[str, Any]


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


async def _proved(visit: Visit, text: str, issuer: str) -> Data:
    """The claims of a token that one of the issuer's keys signed."""
    try:
        token = issuers.read(text)
        return await issuers.prove(visit.call.cloud, token, issuer, issuers.RSA)  # AWS takes RSA only
    except issuers.Malformed as error:
        raise _invalid("the token is malformed") from error
    except issuers.UnsupportedAlgorithm as error:
        raise _invalid("the token's algorithm or key id is not supported") from error
    except issuers.WrongSignature as error:
        raise _invalid("the token's signature is invalid") from error
    except issuers.Unproved as error:
        raise _invalid("signing method or key is invalid") from error


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
