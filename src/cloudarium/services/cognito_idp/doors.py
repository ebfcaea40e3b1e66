"""The door `cognito-idp`: a pool's public keys and its OpenID configuration, below the path of its issuer.

By path `/_aws/cognito-idp/POOL/.well-known/jwks.json`. Browsers of any origin may call this service, as on AWS.
"""

from __future__ import annotations

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.services.cognito_idp import keys
from cloudarium.services.cognito_idp.records import pools
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.store import Store

_WELL_KNOWN = "/.well-known"


async def issuer(call: Call) -> HttpResponse:
    """Answer one request for what an issuer publishes."""
    assert call.door is not None and call.request is not None
    pool = pools.find(call.store, call.door.id)
    if call.request.method not in ("GET", "HEAD"):
        return _json(405, {"message": "Method not allowed"})
    if pool is None:
        return _json(404, {"message": "The specified user pool does not exist."})
    call.scope = pool.scope
    if call.door.path == f"{_WELL_KNOWN}/jwks.json":
        return _json(200, keys.published(call.cloud, pool.id))
    if call.door.path == f"{_WELL_KNOWN}/openid-configuration":
        return _json(200, _configuration(call, pool))
    return _json(404, {"message": "Not found"})


def _configuration(call: Call, pool: Pool) -> dict[str, object]:
    """What OpenID clients ask first. The issuer is AWS's; the keys are where this cloud can be reached."""
    return {
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": pool.issuer,
        "jwks_uri": f"{call.cloud.door_url('cognito-idp', pool.id)}{_WELL_KNOWN}/jwks.json",
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
    }


def _json(status: int, content: object) -> HttpResponse:
    headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
    return HttpResponse(status, headers, orjson.dumps(content))


def preflight(store: Store, request: HttpRequest) -> HttpResponse:
    """A browser asks whether it may call: any page may, for nobody is known by a cookie here."""
    headers = {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": request.headers.get("access-control-request-headers", "*"),
        "access-control-max-age": "172800",
    }
    return HttpResponse(200, headers)


def cors(store: Store, request: HttpRequest) -> dict[str, str]:
    """What an answer tells a browser."""
    return {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
    }
