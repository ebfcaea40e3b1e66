"""A user's token at an HTTP API whose JWT authorizer trusts the pool, as on AWS by the issuer's URL."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.services.cognito_idp.conftest import PoolAt


@pytest.fixture
def api(cloud, client, pool) -> str:
    """The URL of a route that the pool's access tokens open."""
    apis = client("apigatewayv2")
    id = apis.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    authorizer = apis.create_authorizer(
        ApiId=id, Name="users", AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer, "Audience": [pool.client]},
    )["AuthorizerId"]  # fmt: skip
    integration = apis.create_integration(
        ApiId=id, IntegrationType="HTTP_PROXY", IntegrationMethod="GET", PayloadFormatVersion="1.0",
        IntegrationUri=f"{cloud.url}/_cloudarium/health",
    )["IntegrationId"]  # fmt: skip
    apis.create_route(
        ApiId=id, RouteKey="GET /me", Target=f"integrations/{integration}", AuthorizationType="JWT",
        AuthorizerId=authorizer,
    )  # fmt: skip
    apis.create_stage(ApiId=id, StageName="$default", AutoDeploy=True)
    return f"{cloud.url}/_aws/execute-api/{id}/me"


def status(url: str, token: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"authorization": token})) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_only_tokens_of_the_pool_and_its_client_open_a_route(idp: Any, pool: PoolAt, api: str) -> None:
    other = PoolAt(idp)
    for each in (pool, other):
        each.user()
    found = pool.tokens()
    assert status(api, f"Bearer {found['AccessToken']}") == 200
    assert status(api, found["IdToken"]) == 200
    assert status(api, other.tokens()["AccessToken"]) == 401
    head, body, _ = found["AccessToken"].split(".")
    for forged in (f"eyJhbGciOiJub25lIn0.{body}.", f"{head}.{body}.AAAA", "nonsense"):
        assert status(api, forged) == 401
    pool.client = pool.make_client()
    assert status(api, pool.tokens()["AccessToken"]) == 401
