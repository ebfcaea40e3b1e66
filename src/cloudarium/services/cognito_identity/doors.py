"""The door `cognito-identity`: what the issuer of all identity pools' tokens publishes.

By path `/_aws/cognito-identity/.well-known/openid-configuration`. Browsers of any origin may call this service, as on
AWS.
"""

from __future__ import annotations

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.cors import ANY_PAGE, for_any_page
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.services.cognito_identity import tokens
from cloudarium.store import Store

_WELL_KNOWN = ".well-known"


async def issuer(call: Call) -> HttpResponse:
    """Answer one request for what the issuer publishes."""
    assert call.door is not None and call.request is not None
    if call.request.method not in ("GET", "HEAD"):
        return _json(405, {"message": "Method not allowed"})
    if call.door.id == _WELL_KNOWN and call.door.path == "/jwks_uri":
        await tokens.key(call.cloud)
        return _json(200, tokens.key_set(call.cloud))
    if call.door.id == _WELL_KNOWN and call.door.path == "/openid-configuration":
        return _json(200, _configuration(call))
    return _json(404, {"message": "Not found"})


def _configuration(call: Call) -> dict[str, object]:
    """What OpenID clients ask first. The issuer is AWS's; the keys are where this cloud can be reached."""
    return {
        "issuer": tokens.ISSUER,
        "jwks_uri": f"{call.cloud.door_url('cognito-identity', _WELL_KNOWN)}/jwks_uri",
        "authorization_endpoint": "",
        "subject_types_supported": ["public"],
        "response_types_supported": ["none"],
        "id_token_signing_alg_values_supported": ["RS512"],
    }


def _json(status: int, content: object) -> HttpResponse:
    headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
    return HttpResponse(status, headers, orjson.dumps(content))


def preflight(store: Store, request: HttpRequest) -> HttpResponse:
    """A browser asks whether it may call: any page may, for nobody is known by a cookie here."""
    return for_any_page(request)


def cors(store: Store, request: HttpRequest) -> dict[str, str]:
    """What an answer tells a browser."""
    return ANY_PAGE
