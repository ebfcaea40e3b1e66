"""Where OpenID Connect providers are: their configuration, which a pool publishes and reads of others."""

from __future__ import annotations

import http.client
from typing import Any

import orjson

from cloudarium.cloud import Cloud
from cloudarium.gateway.fetch import fetch
from cloudarium.services.cognito_idp import errors
from cloudarium.services.cognito_idp.records import oauth, pools
from cloudarium.services.cognito_idp.records.pools import Pool

Data = dict[str, Any]
WELL_KNOWN = "/.well-known"
_SECONDS = 3.0


def configuration(cloud: Cloud, pool: Pool) -> Data:
    """What OpenID clients ask first. The issuer is AWS's; the keys are where this cloud can be reached."""
    domain = oauth.domain_of(cloud.store, pool.id)
    found: Data = {} if domain is None else _endpoints(cloud.door_url("auth", domain.name))
    return {
        **found,
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": pool.issuer,
        "jwks_uri": f"{cloud.door_url('cognito-idp', pool.id)}{WELL_KNOWN}/jwks.json",
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
    }


def _endpoints(base: str) -> Data:
    return {
        "authorization_endpoint": f"{base}/oauth2/authorize",
        "end_session_endpoint": f"{base}/logout",
        "revocation_endpoint": f"{base}/oauth2/revoke",
        "token_endpoint": f"{base}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{base}/oauth2/userInfo",
    }


async def of_issuer(cloud: Cloud, issuer: str) -> Data:
    """What an issuer says of itself; a pool of this cloud is asked inside. Raises Invalid when it says nothing."""
    pool = pools.find(cloud.store, issuer.rpartition("/")[2])
    if pool is not None and pool.issuer == issuer:
        return configuration(cloud, pool)
    try:
        url = f"{issuer.rstrip('/')}{WELL_KNOWN}/openid-configuration"
        answer = await fetch("GET", url, {"accept": "application/json"}, b"", _SECONDS)
        found = orjson.loads(answer.body) if answer.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException):
        found = None
    if not isinstance(found, dict):
        raise errors.Invalid("Unable to contact well-known endpoint")
    return found
